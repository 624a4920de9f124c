package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client calls one server. It is safe for concurrent use as long as its fields do not change.
type Client struct {
	// BaseURL is the address of the server without /api/v2, like https://roles.example.com.
	BaseURL string
	// Token is an API token, or a token from Login. Without one, only a few endpoints answer.
	Token string
	// HTTPClient sends the requests; nil means http.DefaultClient. Unless it has a CheckRedirect of its own, redirects to
	// another server are refused, because that server would get the token.
	HTTPClient *http.Client
	// UserAgent identifies the program in the server's audit trail.
	UserAgent string
}

// A read that is refused with 503 is sent again after the pause that the server asks for, unless that is longer than
// maxPause.
const (
	maxAttempts = 3
	maxPause    = 5 * time.Second
)

// maxBody bounds an answer that is read whole.
const maxBody = 1 << 30

// call describes a request.
type call struct {
	method string
	path   []string // segments below /api/v2, not escaped
	query  url.Values
	body   any    // encoded as JSON; nil: no body
	raw    []byte // instead of body: sent as it is, with a Content-Type in header
	header http.Header
	etag   *string // receives the ETag of the answer
}

// get returns a call that reads.
func get(path ...string) call { return call{method: http.MethodGet, path: path} }

// send returns a call that changes something.
func send(method string, body any, path ...string) call {
	return call{method: method, path: path, body: body}
}

// with returns the call with a query.
func (r call) with(q url.Values) call {
	r.query = q
	return r
}

// fetch makes a call and returns the decoded answer.
func fetch[T any](ctx context.Context, c *Client, r call, opts ...Option) (T, error) {
	var out T
	err := c.do(ctx, r, &out, opts...)
	return out, err
}

// fetchOne is fetch for answers that one response style wraps in a list.
func fetchOne[T any](ctx context.Context, c *Client, r call, opts ...Option) (T, error) {
	out, err := fetch[oneOf[T]](ctx, c, r, opts...)
	return out.value, err
}

// do makes a call and decodes the answer into out, which may be nil.
func (c *Client) do(ctx context.Context, r call, out any, opts ...Option) error {
	for _, o := range opts {
		o(&r)
	}
	res, err := c.open(ctx, r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return err
	}
	if r.etag != nil {
		*r.etag = res.Header.Get("ETag")
	}
	if out == nil || res.StatusCode == http.StatusNoContent {
		return nil
	}
	return c.decode(decoder(bytes.NewReader(raw)), out)
}

// decoder keeps numbers of unknown type, as in audit entries, exactly as they were sent.
func decoder(r io.Reader) *json.Decoder {
	d := json.NewDecoder(r)
	d.UseNumber()
	return d
}

// decode reads the next value. Its error names the server, since that is probably not a rolecall server.
func (c *Client) decode(d *json.Decoder, out any) error {
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("%s does not answer like rolecall: %w", c.BaseURL, err)
	}
	return nil
}

// open makes a call and returns the answer with its body unread, or an *Error for a refusal. It repeats reads as
// maxAttempts and maxPause allow.
func (c *Client) open(ctx context.Context, r call) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		req, err := c.request(ctx, &r)
		if err != nil {
			return nil, err
		}
		res, err := c.httpClient(req.URL).Do(req)
		if err != nil {
			return nil, err
		}
		if res.StatusCode < http.StatusBadRequest {
			return res, nil
		}
		refusal := newError(res)
		again := r.method == http.MethodGet && refusal.Status == http.StatusServiceUnavailable && attempt < maxAttempts
		if !again || refusal.RetryAfter <= 0 || refusal.RetryAfter > maxPause {
			return nil, refusal
		}
		select {
		case <-time.After(refusal.RetryAfter):
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), refusal)
		}
	}
}

// request returns the HTTP request of a call.
func (c *Client) request(ctx context.Context, r *call) (*http.Request, error) {
	address, err := c.address(r)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	switch {
	case r.raw != nil:
		body = bytes.NewReader(r.raw)
	case r.body != nil:
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, err
	}
	c.identify(req, body != nil)
	for name, values := range r.header {
		req.Header[name] = values
	}
	return req, nil
}

// address returns the URL of a call. Empty segments and dots would lead to another endpoint, so they are errors.
func (c *Client) address(r *call) (string, error) {
	var b strings.Builder
	b.WriteString(strings.TrimRight(c.BaseURL, "/") + "/api/v2")
	for _, segment := range r.path {
		if segment == "" || segment == "." || segment == ".." {
			return "", fmt.Errorf("%s /%s: %q is not a name", r.method, strings.Join(r.path, "/"), segment)
		}
		b.WriteString("/" + url.PathEscape(segment))
	}
	if len(r.query) > 0 {
		b.WriteString("?" + r.query.Encode())
	}
	return b.String(), nil
}

// httpClient returns a client for the server at u that follows no redirect to another server.
func (c *Client) httpClient(u *url.URL) *http.Client {
	given := c.HTTPClient
	if given == nil {
		given = http.DefaultClient
	}
	if given.CheckRedirect != nil {
		return given
	}
	guarded := *given
	guarded.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Scheme != u.Scheme || req.URL.Host != u.Host {
			return fmt.Errorf("the server redirects to %s://%s, which must not see the token; if it may, use that as the address", req.URL.Scheme, req.URL.Host)
		}
		if len(via) > 5 {
			return errors.New("the server redirects in circles")
		}
		return nil
	}
	return &guarded
}

// Option modifies a single call.
type Option func(*call)

// IfMatch makes a change conditional on the stored version, as read with [GetETag]. If another version is stored, nothing
// changes and the error has the status 412.
func IfMatch(etag string) Option {
	return func(r *call) { r.set("If-Match", etag) }
}

// OnlyNew prevents PutRole from replacing a role. If the role exists, the error has the status 412.
func OnlyNew() Option {
	return func(r *call) { r.set("If-None-Match", "*") }
}

// GetETag stores the version of the answer in *etag, or "" if it has none.
func GetETag(etag *string) Option {
	return func(r *call) { r.etag = etag }
}

func (r *call) set(name, value string) {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
}

// dryRun returns the call as a dry run.
func (r call) dryRun() call {
	query := url.Values{"dry_run": {"1"}}
	for name, values := range r.query {
		query[name] = values
	}
	return r.with(query)
}

// oneOf decodes a value, or a list that holds only this value.
type oneOf[T any] struct{ value T }

func (o *oneOf[T]) UnmarshalJSON(raw []byte) error {
	if !bytes.HasPrefix(raw, []byte("[")) {
		return json.Unmarshal(raw, &o.value)
	}
	var list []T
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("a list of %d entries instead of one", len(list))
	}
	o.value = list[0]
	return nil
}

// setText sets a parameter that is not empty.
func setText(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// setNumber sets a parameter that is not zero.
func setNumber(q url.Values, name string, n int64) {
	if n != 0 {
		q.Set(name, strconv.FormatInt(n, 10))
	}
}
