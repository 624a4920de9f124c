package client

import (
	"context"
	"io"
	"net/http"
	"strings"
)

// Raw sends a request that this package has no method for. path is the escaped path below /api/v2 with its query; body may
// be nil. A refusal is an answer like any other: the caller reads the status and closes the body. A failed request is not
// repeated.
func (c *Client) Raw(ctx context.Context, method, path string, header http.Header, body io.Reader) (*http.Response, error) {
	address := strings.TrimRight(c.BaseURL, "/") + "/api/v2/" + strings.TrimLeft(path, "/")
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	c.identify(req, body != nil)
	for name, values := range header {
		req.Header[name] = values
	}
	return c.httpClient(req.URL).Do(req)
}

// Refusal reads an answer of Raw that has an error status, and closes its body.
func Refusal(res *http.Response) *Error { return newError(res) }

// identify sets the headers of every request. A caller's own may replace them.
func (c *Client) identify(req *http.Request, withBody bool) {
	req.Header.Set("Accept", "application/json")
	if withBody {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.UserAgent != "" {
		req.Header.Set("User-Agent", c.UserAgent)
	}
	if c.Token != "" {
		req.Header.Set("Coder-Session-Token", c.Token)
	}
}
