package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestCORS: pages of the origins that are named may call with a token, and no others, and never with a cookie.
func TestCORS(t *testing.T) {
	t.Parallel()
	const friend = "https://app.example.com"
	open := func(o *web.Options) { o.CORSOrigins = []string{"http://localhost:3000", friend} }
	for _, wire := range []web.Wire{web.Documented, web.SDK} {
		s := webtest.New(t, webtest.Wire(wire), open)
		asks := func(s *webtest.Site, origin, method, headers string) http.Header {
			t.Helper()
			res := s.Do(t, webtest.Request{Method: http.MethodOptions, Path: "/api/v2" + members, Unchecked: true, Header: http.Header{
				"Origin": {origin}, "Access-Control-Request-Method": {method}, "Access-Control-Request-Headers": {headers},
			}})
			if res.StatusCode != http.StatusNoContent || len(res.Body) > 0 {
				t.Errorf("a preflight of %s: got %d %s", origin, res.StatusCode, res.Body)
			}
			return res.Header
		}
		allowed := func(h http.Header) string { return h.Get("Access-Control-Allow-Origin") }
		yes := asks(s, friend, "PATCH", "authorization,coder-session-token,content-type,idempotency-key,if-match")
		if allowed(yes) != friend || yes.Get("Access-Control-Allow-Methods") != "PATCH" || !strings.Contains(yes.Get("Access-Control-Allow-Headers"), "if-match") ||
			yes.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("a preflight is answered %v", yes)
		}
		for _, origin := range []string{"https://evil.example", "http://app.example.com", "https://app.example.com.evil.example", "https://x.app.example.com", "null", ""} {
			if h := asks(s, origin, "GET", "authorization"); allowed(h) != "" {
				t.Errorf("%q is allowed to ask", origin)
			}
		}
		if h := asks(s, friend, "GET", "cookie"); allowed(h) != "" {
			t.Error("a cookie is allowed")
		}
		if h := asks(webtest.New(t), friend, "GET", "authorization"); allowed(h) != "" || h.Get("Allow") == "" {
			t.Errorf("without the setting: %v", h)
		}

		get := func(way webtest.Way, as, path, origin string) *webtest.Response {
			t.Helper()
			return s.Send(t, way, webtest.Request{Path: path, As: as, Header: http.Header{"Origin": {origin}}})
		}
		for path, status := range map[string]int{members: 200, "/organizations/gone": 404, "/users/me": 200} {
			for range 2 { // the second time perhaps from memory
				res := get(webtest.JSON, webtest.Owner, path, friend)
				if res.StatusCode != status || allowed(res.Header) != friend || !strings.Contains(res.Header.Get("Access-Control-Expose-Headers"), "Retry-After") ||
					!strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Origin") || res.Header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s: got %d %v", path, res.StatusCode, res.Header)
				}
				if res := get(webtest.JSON, webtest.Owner, path, "https://evil.example"); allowed(res.Header) != "" || res.StatusCode != status {
					t.Errorf("%s of another origin: got %d %v", path, res.StatusCode, res.Header)
				}
			}
		}
		if res := get(webtest.Page, webtest.Owner, members, friend); allowed(res.Header) != "" || res.StatusCode != 200 {
			t.Errorf("with a cookie: got %d %v", res.StatusCode, res.Header)
		}
		form := webtest.Request{Method: http.MethodPost, Path: members + "/rival", As: webtest.Owner, Form: url.Values{}, Header: http.Header{"Origin": {friend}, "Sec-Fetch-Site": {"cross-site"}}}
		if res := s.Send(t, webtest.Page, form); res.StatusCode != http.StatusForbidden || allowed(res.Header) != "" {
			t.Errorf("a form of another origin: got %d %v", res.StatusCode, res.Header)
		}
	}
}
