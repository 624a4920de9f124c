package webtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/client"
	"rolecall.example/web"
)

// Request is a request on its way to a site. The zero values of its fields are the usual ones.
type Request struct {
	Method string // GET, or POST with a Form, or PUT with JSON
	Path   string // below the bare mount, or the other one if it says so
	As     string // one of the people, by token or session; "": a stranger
	JSON   any    // a string is sent as it is, anything else as what encoding/json makes of it
	Form   url.Values
	Header http.Header // on top of what the way sets; an empty value takes one off
	Remote string      // address of the peer; another machine's if ""
	// Unchecked: the answer is not held to the OpenAPI document.
	Unchecked bool
}

// Way is how a client talks to the server.
type Way uint8

// The ways. The first two are those of programs: JSON and a token, in the two styles of answers. The others are those
// of a browser with a session: one without script, which gets pages and sends forms, and htmx, which gets fragments.
const (
	JSON Way = iota
	SDK
	Page
	Fragment
)

// String is the name of the way, for subtests.
func (w Way) String() string { return [...]string{"json", "sdk", "page", "fragment"}[w] }

// Browser reports whether the client is a browser.
func (w Way) Browser() bool { return w >= Page }

// Status is the status that this way gives for what is status in JSON: browsers are led on after a change, and htmx
// swaps nothing for 204.
func (w Way) Status(method string, status int) int {
	safe := method == http.MethodGet || method == http.MethodHead || method == ""
	switch {
	case w == Page && (status < 300 && !safe || status == http.StatusUnauthorized):
		return http.StatusSeeOther
	case w == Fragment && status < 300:
		return http.StatusOK
	}
	return status
}

// Response is an answer.
type Response struct {
	*http.Response
	Body []byte
	t    testing.TB
}

// Do sends a request as a program does.
func (s *Site) Do(t testing.TB, r Request) *Response { t.Helper(); return s.Send(t, JSON, r) }

// Get asks for JSON at a path as one of the people.
func (s *Site) Get(t testing.TB, as, path string) *Response {
	t.Helper()
	return s.Do(t, Request{As: as, Path: path})
}

// Send sends a request in one of the ways.
func (s *Site) Send(t testing.TB, way Way, r Request) *Response {
	t.Helper()
	req := s.request(t, way, r)
	res := s.serve(req)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Unchecked {
		CheckContract(t, req, res, body)
	}
	return &Response{Response: res, Body: body, t: t}
}

func (s *Site) request(t testing.TB, way Way, r Request) *http.Request {
	t.Helper()
	method, body, contentType := content(t, way, r)
	req, err := http.NewRequestWithContext(t.Context(), method, "http://rolecall.test"+r.Path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.RequestURI = req.URL.RequestURI()
	req.RemoteAddr = "192.0.2.1:1234"
	if r.Remote != "" {
		req.RemoteAddr = r.Remote
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if way.Browser() {
		req.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if way == Fragment {
		req.Header.Set("Accept", "text/html")
		req.Header.Set("HX-Request", "true")
		req.Header.Set("HX-Request-Type", "partial")
	}
	switch {
	case r.As != "" && way.Browser():
		req.Header.Set("Cookie", s.Cookie(t, r.As))
	case r.As != "":
		req.Header.Set("Coder-Session-Token", s.Token(r.As))
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
		if len(values) == 1 && values[0] == "" {
			req.Header.Del(name)
		}
		if http.CanonicalHeaderKey(name) == "Host" {
			req.Host = values[0]
		}
	}
	return req
}

// content is the method and body that a way sends for a request. A page without script knows GET and POST only.
func content(t testing.TB, way Way, r Request) (method, body, contentType string) {
	t.Helper()
	method = r.Method
	if way.Browser() && r.Form != nil {
		if method == "" {
			method = http.MethodPost
		}
		form := url.Values{}
		for name, values := range r.Form {
			form[name] = values
		}
		if way == Page && method != http.MethodPost && method != http.MethodGet {
			form.Set("_method", method)
			method = http.MethodPost
		}
		return method, form.Encode(), "application/x-www-form-urlencoded"
	}
	switch v := r.JSON.(type) {
	case nil:
		if method == "" {
			method = http.MethodGet
		}
		return method, "", ""
	case string:
		body = v
	default:
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		body = string(b)
	}
	if method == "" {
		method = http.MethodPut
	}
	return method, body, "application/json"
}

// InEveryWay sends one request in every way, each to a site of its own in a subtest of its own, and checks that the
// status returns the status that each way gets for status. With JSON but no Form only the ways of programs are tried; so are they on an
// endpoint that has no pages. check may be nil; it gets the site to read back from.
func InEveryWay(t *testing.T, r Request, status int, prepare func(*testing.T, *Site), check func(*testing.T, Way, *Site, *Response)) {
	t.Helper()
	for _, way := range ways(r) {
		t.Run(way.String(), func(t *testing.T) {
			t.Parallel()
			s := newIn(t, way)
			if prepare != nil {
				prepare(t, s)
			}
			res := s.Send(t, way, r)
			if want := way.expected(r, status); res.StatusCode != want {
				t.Fatalf("got %d, want %d\n%s", res.StatusCode, want, res.Body)
			}
			if check != nil {
				check(t, way, s, res)
			}
		})
	}
}

// ways are those in which a request can be sent.
func ways(r Request) []Way {
	if r.Form == nil && r.JSON != nil || !hasPage(r) {
		return []Way{JSON, SDK}
	}
	return []Way{JSON, SDK, Page, Fragment}
}

// newIn makes a site that answers in the style of a way.
func newIn(t testing.TB, way Way) *Site {
	t.Helper()
	if way == SDK {
		return New(t, Wire(web.SDK))
	}
	return New(t)
}

// expected is the status that a request gets in this way, for what is status in JSON.
func (w Way) expected(r Request, status int) int {
	if w == SDK && r.Method == http.MethodDelete && status == http.StatusOK && strings.Contains(r.Path, "/roles/") {
		return http.StatusNoContent
	}
	return w.Status(r.Method, status)
}

// hasPage reports whether the route of a request has a page.
func hasPage(r Request) bool {
	path := strings.TrimSuffix(strings.TrimPrefix(strings.SplitN(r.Path, "?", 2)[0], "/api/v2"), "/")
	if path == "" {
		path = "/"
	}
	page, params := false, -1
	for _, route := range web.Routes() {
		if n := strings.Count(route.Path, "{"); matches(route.Path, path) && (params < 0 || n < params) {
			page, params = route.Offers(web.Page), n
		}
	}
	return page
}

// Decode reads the body as JSON into v.
func (r *Response) Decode(v any) {
	r.t.Helper()
	if err := json.Unmarshal(r.Body, v); err != nil {
		r.t.Fatalf("%v in %.500s", err, r.Body)
	}
}

// Value is the body as encoding/json decodes it into any.
func (r *Response) Value() any {
	r.t.Helper()
	var v any
	r.Decode(&v)
	return v
}

// Error reads the body as an error.
func (r *Response) Error() client.Error {
	r.t.Helper()
	var e client.Error
	r.Decode(&e)
	return e
}

// Document is the body as HTML, to ask by selector.
func (r *Response) Document() *goquery.Document {
	r.t.Helper()
	html := r.Body
	if bytes.HasPrefix(html, []byte("<tr")) { // a fragment that is a row; the parser drops it outside of a table
		html = append([]byte("<table><tbody>"), html...)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
	if err != nil {
		r.t.Fatal(err)
	}
	return doc
}

// Text is the text of the body that a person reads, in JSON and HTML.
func (r *Response) Text() string {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
		return r.Document().Text()
	}
	return string(r.Body)
}

// CookieNamed is a cookie that the answer sets, nil if it does not.
func (r *Response) CookieNamed(name string) *http.Cookie {
	for _, c := range r.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}
