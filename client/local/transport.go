package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"rolecall.example/client"
)

// The media types of the requested answers.
const (
	acceptDocument = "application/vnd.rolecall.snapshot"
	acceptStream   = "text/event-stream"
	acceptJSON     = "application/json"
)

// errInsecure reports an address without TLS: anyone on the way could change the answers.
var errInsecure = errors.New("the address must begin with https://, except on this machine")

// checkAddress refuses an address without HTTPS, except one of this machine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return err
	case u.Host == "":
		return fmt.Errorf("%q is not the address of a server", address)
	case u.Scheme == "https" || u.Scheme == "http" && onThisMachine(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s: %w", address, errInsecure)
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// patient returns a copy of a client whose requests may last as long as their contexts: a stream has no end.
func patient(c *client.Client) *client.Client {
	from, p := http.DefaultClient, *c
	if c.HTTPClient != nil {
		from = c.HTTPClient
	}
	h := *from
	h.Timeout = 0
	p.HTTPClient = &h
	return &p
}

// fetch sends a request below /api/v2 and returns the answer with its body unread, or a *client.Error.
func (e *Engine) fetch(ctx context.Context, method, path, accept string, body io.Reader) (*http.Response, error) {
	res, err := e.client.Raw(ctx, method, path, http.Header{"Accept": {accept}}, body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode < http.StatusBadRequest {
		return res, nil
	}
	return nil, client.Refusal(res)
}

// fetchKeys reads the public keys of the server, which are outside of the API and need no token.
func (e *Engine) fetchKeys(ctx context.Context) ([]byte, error) {
	address := strings.TrimRight(e.client.BaseURL, "/") + "/.well-known/rolecall-keys"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := e.client.HTTPClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, 1<<20))
}
