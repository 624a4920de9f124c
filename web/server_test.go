package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/db/dbtest"
	"rolecall.example/static"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// fill puts names that exist into the path of a route.
func fill(path string) string {
	return strings.NewReplacer("{organization}", "default", "{user}", "member", "{roleName}", "owner", "{id}", "0123456789", "{invitation}", "none", "*", strings.TrimPrefix(static.URL("app.css"), static.Prefix)).Replace(path)
}

// TestRoutes: every route turns strangers away unless it is public, and answers at each of its mounts.
func TestRoutes(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, route := range web.Routes() {
		name := route.Method + " " + route.Path
		if route.About == "" {
			t.Errorf("%s: what is it for?", name)
		}
		for _, prefix := range []string{"", "/api/v2"} {
			res := s.Do(t, webtest.Request{Method: route.Method, Path: prefix + fill(route.Path), Unchecked: !route.Offers(web.API)})
			switch {
			case prefix != "" && (route.Path == "/openapi.json" || route.Path == "/"): // something else has that address
			case prefix != "" && !route.Offers(web.API):
				// No such route, or "new" is taken for the name of a user or role there, which does not exist.
				if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s below /api/v2: got %d", name, res.StatusCode)
				}
			case route.Access != web.Public:
				if res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s%s for a stranger: got %d", prefix, name, res.StatusCode)
				}
			case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusNotFound && strings.HasPrefix(route.Path, "/users"):
				t.Errorf("%s%s is public: got %d", prefix, name, res.StatusCode)
			}
		}
	}
}

// TestMethods: a method that a path does not have is 405, with those that it has; no path lends another its methods.
func TestMethods(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, tt := range []struct{ method, path, allow string }{
		{http.MethodPatch, members, "GET, HEAD, OPTIONS, POST"},
		{http.MethodDelete, roles, "GET, HEAD, OPTIONS, POST, PUT"},
		{http.MethodDelete, roles + "/new", "GET, HEAD, OPTIONS"},
		{http.MethodPost, members + "/new", "GET, HEAD, OPTIONS"},
		{http.MethodGet, "/users/login", "OPTIONS, POST"},
		{http.MethodDelete, "/users/roles", "GET, HEAD, OPTIONS, PATCH"},
		{http.MethodTrace, members, "GET, HEAD, OPTIONS, POST"},
		{"BREW", "/api/v2" + members, "GET, HEAD, OPTIONS, POST"},
	} {
		for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
			res := s.Send(t, way, webtest.Request{Method: tt.method, Path: tt.path, As: webtest.Admin, Unchecked: tt.method == "BREW" || tt.method == http.MethodTrace})
			if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != tt.allow || !strings.Contains(res.Text(), "Method not allowed.") {
				t.Errorf("%s %s as %s: got %d, Allow %q\n%.300s", tt.method, tt.path, way, res.StatusCode, res.Header.Get("Allow"), res.Body)
			}
		}
	}
	res := s.Do(t, webtest.Request{Method: http.MethodOptions, Path: roles, Unchecked: true})
	if res.StatusCode != http.StatusNoContent || res.Header.Get("Allow") != "GET, HEAD, OPTIONS, POST, PUT" {
		t.Errorf("OPTIONS: got %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, path := range []string{
		"/nothing", "/api/v2/api/v2", "/api/v2/login", "/organizations/default/members/a/b", "/organizations//members",
		"//organizations", "/organizations/default/../default/members", "/users/member/keys/a/b", "/users/roles/a/b", members + "//",
		"/healthz/x", members + "%2F",
	} {
		for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
			res := s.Send(t, way, webtest.Request{Path: path, As: webtest.Owner, Unchecked: true})
			says := "This page does not exist."
			if way == webtest.JSON {
				says = "Route not found."
			}
			if res.StatusCode != http.StatusNotFound || !strings.Contains(res.Text(), says) {
				t.Errorf("%s as %s: got %d\n%.300s", path, way, res.StatusCode, res.Body)
			}
		}
	}
}

// TestEncodedSegments: a segment is decoded once, and what is decoded is a name, not a path.
func TestEncodedSegments(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for path, want := range map[string]int{
		"/organizations/%64efault/members":     200,
		"/organizations/default%2Fx/members":   404,
		"/organizations/%2564efault/members":   404,
		members + "/mem%62er":                  200,
		members + "/member%2Froles":            400,
		members + "/..%2F..%2Fother":           400,
		members + "/%2e%2e":                    400,
		"/organizations/default;x/members":     404,
		"/organizations/default/members;x=y/a": 404,
	} {
		if res := s.Do(t, webtest.Request{Path: path, As: webtest.Admin, Unchecked: true}); res.StatusCode != want {
			t.Errorf("%s: got %d, want %d\n%s", path, res.StatusCode, want, res.Body)
		}
	}
}

func TestTrailingSlashAndHead(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, path := range []string{members, roles, "/api/v2" + members, "/api/v2" + roles, "/users", members + "?q=a"} {
		plain := s.Get(t, webtest.Admin, path)
		before, query, _ := strings.Cut(path, "?")
		slash := s.Get(t, webtest.Admin, before+"/?"+query)
		if slash.StatusCode != 200 || !bytes.Equal(plain.Body, slash.Body) {
			t.Errorf("%s/: got %d\n%s", path, slash.StatusCode, slash.Body)
		}
		head := s.Do(t, webtest.Request{Method: http.MethodHead, Path: path, As: webtest.Admin, Unchecked: true})
		if head.StatusCode != 200 || head.Header.Get("Content-Type") != plain.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: got %d %s", path, head.StatusCode, head.Header.Get("Content-Type"))
		}
	}
	res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles/", As: webtest.Admin, JSON: `{"roles":["organization-auditor"]}`})
	if res.StatusCode != 200 || len(rolesOf(t, s, "member")) != 1 {
		t.Errorf("PUT with a slash: got %d", res.StatusCode)
	}
}

// TestHeaders: what every answer has, in every form and with every outcome.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	seen := map[string]bool{}
	for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
		for _, path := range []string{members, "/nothing", "/organizations/gone/members", "/healthz", "/openapi.json", "/"} {
			res := s.Send(t, way, webtest.Request{Path: path, As: webtest.Admin, Header: http.Header{"X-Request-Id": {"mine"}}, Unchecked: true})
			for name, want := range map[string]string{
				"Vary":                         "Accept, HX-Request, HX-Request-Type",
				"Cache-Control":                "private, no-cache",
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "same-origin",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
				"X-Robots-Tag":                 "noindex",
				"X-Coder-Build-Version":        "v0.0.0-rolecall.0.0.0-test",
				"Rolecall-Version":             "v0.0.0-test",
				"Strict-Transport-Security":    "",
			} {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s %s: %s is %q, want %q", way, path, name, got, want)
				}
			}
			policy := res.Header.Get("Content-Security-Policy")
			if strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "object-src 'none'") {
				t.Errorf("%s %s: the policy is %s", way, path, policy)
			}
			id := res.Header.Get("X-Request-Id")
			if len(id) != 36 || seen[id] {
				t.Errorf("%s %s: the request id is %q", way, path, id)
			}
			seen[id] = true
		}
	}
	secure := webtest.New(t, func(o *web.Options) { o.Secure = true })
	if got := secure.Get(t, webtest.Admin, members).Header.Get("Strict-Transport-Security"); got != "max-age=31536000; includeSubDomains" {
		t.Errorf("over TLS: Strict-Transport-Security is %q", got)
	}
	alone := webtest.New(t, func(o *web.Options) { o.Secure, o.HSTSHostOnly = true, true })
	if got := alone.Get(t, webtest.Admin, members).Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("over TLS, for the host alone: Strict-Transport-Security is %q", got)
	}
}

// TestErrorForms: one failure, in the words of every form.
func TestErrorForms(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	const message = "Resource not found or you do not have access to this resource"
	path := "/organizations/gone/members"
	if diff := cmp.Diff(map[string]any{"message": message}, s.Get(t, webtest.Admin, path).Value()); diff != "" {
		t.Errorf("JSON (-want +got)\n%s", diff)
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Admin})
	if page.StatusCode != 404 || !strings.Contains(page.Text(), message) || page.Document().Find("html nav").Length() == 0 {
		t.Errorf("page: got %d\n%.2000s", page.StatusCode, page.Body)
	}
	lost := s.Send(t, webtest.Page, webtest.Request{Path: "/nothing", As: webtest.Admin, Unchecked: true})
	if lost.Document().Find("html nav").Length() == 0 {
		t.Errorf("who is signed in lost the way at an unknown path\n%.2000s", lost.Body)
	}
	fragment := s.Send(t, webtest.Fragment, webtest.Request{Path: path, As: webtest.Admin})
	if fragment.StatusCode != 404 || !strings.Contains(fragment.Text(), message) || bytes.Contains(fragment.Body, []byte("<html")) {
		t.Errorf("fragment: got %d\n%s", fragment.StatusCode, fragment.Body)
	}
	hidden := s.Get(t, webtest.Outsider, members)
	if diff := cmp.Diff(s.Get(t, webtest.Outsider, path).Body, hidden.Body); diff != "" {
		t.Errorf("what is hidden differs from what is not there\n%s", diff)
	}
}

// TestSignedOut: programs get 401, people the page to sign in, which leads back.
func TestSignedOut(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	page := s.Send(t, webtest.Page, webtest.Request{Path: members + "?q=a%26b&limit=50"})
	want := "/login?next=" + url.QueryEscape(members+"?q=a%26b&limit=50")
	if page.StatusCode != 303 || page.Header.Get("Location") != want {
		t.Errorf("page: got %d to %s, want %s", page.StatusCode, page.Header.Get("Location"), want)
	}
	fragment := s.Send(t, webtest.Fragment, webtest.Request{
		Path: members + "/x/roles", Header: http.Header{"Hx-Current-Url": {"http://rolecall.test" + members}},
	})
	if got := fragment.Header.Get("HX-Redirect"); fragment.StatusCode != 401 || got != "/login?next="+url.QueryEscape(members) {
		t.Errorf("fragment: got %d to %s", fragment.StatusCode, got)
	}
	form := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", Form: url.Values{"roles": {"1"}}})
	if got := form.Header.Get("Location"); form.StatusCode != 303 || got != "/login?ended=1" {
		t.Errorf("form: got %d to %s", form.StatusCode, got)
	}
	for name, r := range map[string]webtest.Request{
		"token in the URL":  {Path: "/users/me?coder_session_token=" + s.Token(webtest.Owner) + "&access_token=" + s.Token(webtest.Owner)},
		"token in a cookie": {Path: "/users/me", Header: http.Header{"Cookie": {"coder_session_token=" + s.Token(webtest.Owner)}}},
		"token in the body": {Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"session_token":"` + s.Token(webtest.Owner) + `"}`},
		"wrong token, good cookie": {Path: "/users/me", Header: http.Header{
			"Cookie": {s.Cookie(t, webtest.Owner)}, "Coder-Session-Token": {"0123456789-0123456789012345678901"},
		}},
		"made-up session": {Path: "/users/me", Header: http.Header{"Cookie": {"rolecall=abc"}}},
	} {
		if res := s.Do(t, r); res.StatusCode != 401 {
			t.Errorf("%s: got %d", name, res.StatusCode)
		}
	}
	if res := s.Do(t, webtest.Request{Path: "/users/me", Header: http.Header{"Authorization": {"bearer " + s.Token(webtest.Owner)}}}); res.StatusCode != 200 {
		t.Errorf("bearer token: got %d", res.StatusCode)
	}
	if strings.Contains(s.Log.String(), s.Token(webtest.Owner)[11:]) {
		t.Error("the log has a token's secret")
	}
}

// TestCrossOrigin: an unsafe request with a cookie must come from this server's own pages.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	sites := []string{"", "none", "same-origin", "same-site", "cross-site"}
	origins := []string{"", "http://rolecall.test", "http://evil.example", "null"}
	routes := []webtest.Request{
		{Method: http.MethodPut, Path: members + "/member/roles", Form: url.Values{"roles": {"1"}, "role": {"organization-auditor"}}},
		{Method: http.MethodDelete, Path: members + "/member", Form: url.Values{}},
		{Method: http.MethodPost, Path: "/logout", Form: url.Values{}},
		{Method: http.MethodPost, Path: "/login", Form: url.Values{"email": {"x"}, "password": {"x"}}},
		{Method: http.MethodPost, Path: "/setup", Form: url.Values{"email": {"x"}}},
	}
	for _, site := range sites {
		for _, origin := range origins {
			refused := site == "same-site" || site == "cross-site" || site == "" && origin != "" && origin != "http://rolecall.test"
			for _, r := range routes {
				if !refused {
					continue // the other tests send what is accepted
				}
				r.As, r.Header = webtest.Admin, http.Header{"Sec-Fetch-Site": {site}, "Origin": {origin}}
				res := s.Send(t, webtest.Page, r)
				if res.StatusCode != 403 || !strings.Contains(res.Text(), "another site") {
					t.Errorf("site %q, origin %q: %s %s got %d", site, origin, r.Method, r.Path, res.StatusCode)
				}
			}
			token := webtest.Request{
				Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":[]}`, Header: http.Header{"Sec-Fetch-Site": {site}, "Origin": {origin}},
			}
			if res := s.Do(t, token); res.StatusCode != 200 {
				t.Errorf("site %q, origin %q, with a token: got %d", site, origin, res.StatusCode)
			}
			read := webtest.Request{Path: members, As: webtest.Admin, Header: token.Header}
			if res := s.Send(t, webtest.Page, read); res.StatusCode != 200 {
				t.Errorf("site %q, origin %q, reading: got %d", site, origin, res.StatusCode)
			}
		}
	}
	if got := rolesOf(t, s, "member"); len(got) != 0 {
		t.Errorf("a refused request gave %v", got)
	}
	ok := webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Admin, Form: url.Values{"roles": {"1"}}}
	for _, h := range []http.Header{{"Sec-Fetch-Site": {"same-origin"}}, {"Sec-Fetch-Site": {""}, "Origin": {"http://rolecall.test"}}, {"Sec-Fetch-Site": {""}}} {
		ok.Header = h
		if res := s.Send(t, webtest.Page, ok); res.StatusCode != 303 {
			t.Errorf("%v: got %d", h, res.StatusCode)
		}
	}
}

// TestMethodOverride: the field works in the body of a form, and nowhere else.
func TestMethodOverride(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	session := s.Cookie(t, webtest.Admin)
	form := func(header http.Header, query, body string) webtest.Request {
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Cookie": {session}, "Accept": {"text/html"}}
		for name, values := range header {
			h[name] = values
		}
		return webtest.Request{Method: http.MethodPost, Path: members + "/member/roles" + query, JSON: body, Header: h, Unchecked: true}
	}
	const put = "_method=PUT&roles=1"
	for name, tt := range map[string]struct {
		r      webtest.Request
		status int
	}{
		"body":        {form(nil, "", put), 303},
		"query":       {form(nil, "?_method=PUT", "roles=1"), 405},
		"header":      {form(http.Header{"X-Http-Method-Override": {"PUT"}}, "", "roles=1"), 405},
		"json":        {form(http.Header{"Content-Type": {"application/json"}}, "", `{"_method":"PUT","roles":[]}`), 405},
		"twice":       {form(nil, "", put+"&_method=DELETE"), 405},
		"lower case":  {form(nil, "", "_method=put&roles=1"), 405},
		"connect":     {form(nil, "", "_method=CONNECT&roles=1"), 405},
		"no override": {form(nil, "", "roles=1"), 405},
	} {
		if res := s.Do(t, tt.r); res.StatusCode != tt.status {
			t.Errorf("%s: got %d, want %d", name, res.StatusCode, tt.status)
		}
	}
}

// TestBodyComesLast: who may not write learns that before anything about the body, whatever that is.
func TestBodyComesLast(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	huge := `{"roles":["` + strings.Repeat("a", 1<<20) + `"]}`
	for _, tt := range []struct {
		as, path, contentType, body string
		status                      int
	}{
		{webtest.Admin, members + "/member/roles", "text/plain", huge, 415},
		{webtest.Admin, members + "/member/roles", "application/json", huge, 413},
		{webtest.Admin, members + "/member/roles", "application/json", `{"roles":[],"Roles":[]}`, 400},
		{webtest.Admin, members + "/me/roles", "text/plain", huge, 400},
		{webtest.Outsider, members + "/member/roles", "text/plain", huge, 404},
		{webtest.Member, roles, "text/plain", huge, 403},
		{webtest.Admin, roles, "text/plain", huge, 415},
		{webtest.Admin, roles, "application/json", huge, 413},
		{webtest.Member, "/users/admin/profile", "application/json", `{`, 400},
	} {
		res := s.Do(t, webtest.Request{Path: tt.path, As: tt.as, JSON: tt.body, Header: http.Header{"Content-Type": {tt.contentType}}})
		if res.StatusCode != tt.status {
			t.Errorf("%s to %s as %s: got %d, want %d\n%s", tt.contentType, tt.path, tt.as, res.StatusCode, tt.status, res.Body)
		}
	}
	if got := rolesOf(t, s, "member"); len(got) != 0 {
		t.Errorf("the member has %v", got)
	}
}

// TestPathBeatsBody: ids in the body are not looked at.
func TestPathBeatsBody(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	body := map[string]any{
		"roles": []string{"organization-auditor"}, "organization_id": s.Organizations[webtest.Other].ID, "id": s.ID(webtest.Owner), "updated_at": "2000-01-01T00:00:00Z",
	}
	res := s.Do(t, webtest.Request{Path: members + "/member/roles?user=rival&organization=other", As: webtest.Owner, JSON: body})
	if res.StatusCode != 200 || !cmp.Equal(rolesOf(t, s, "member"), []string{"organization-auditor"}) {
		t.Errorf("got %d\n%s", res.StatusCode, res.Body)
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	plain := s.Send(t, webtest.Page, webtest.Request{Path: roles, As: webtest.Admin})
	zipped := s.Send(t, webtest.Page, webtest.Request{Path: roles, As: webtest.Admin, Header: http.Header{"Accept-Encoding": {"br;q=0, gzip;q=0.5"}}, Unchecked: true})
	if zipped.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" {
		t.Fatalf("encodings are %q and %q", zipped.Header.Get("Content-Encoding"), plain.Header.Get("Content-Encoding"))
	}
	if !cmp.Equal(plain.Header.Values("Vary"), zipped.Header.Values("Vary")) || len(plain.Header.Values("Vary")) != 2 {
		t.Errorf("Vary is %q and %q", plain.Header.Values("Vary"), zipped.Header.Values("Vary"))
	}
	if len(zipped.Body) >= len(plain.Body)/2 {
		t.Errorf("%d bytes became %d", len(plain.Body), len(zipped.Body))
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped.Body))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); err != nil || len(body) != len(plain.Body) {
		t.Errorf("%d bytes came out, %v", len(body), err)
	}
	refused := s.Send(t, webtest.Page, webtest.Request{Path: roles, As: webtest.Admin, Header: http.Header{"Accept-Encoding": {"gzip;q=0"}}})
	if refused.Header.Get("Content-Encoding") != "" {
		t.Error("a client that refuses gzip got it")
	}
}

// TestLog: one line a request, which names the route and not what was asked of it.
func TestLog(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.Do(t, webtest.Request{
		Path: "/api/v2" + members + "/secret-name%0a?token=hidden", As: webtest.Admin, Header: http.Header{"User-Agent": {"evil\u2028\x1b[31m"}},
	})
	lines := strings.Split(strings.TrimSpace(s.Log.String()), "\n")
	if len(lines) != 1 {
		t.Fatalf("got %d lines\n%s", len(lines), s.Log)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"msg": "request", "method": "GET", "route": "/api/v2/organizations/:organization/members/:user", "status": float64(400),
		"ip": "192.0.2.1", "user_id": s.ID(webtest.Admin),
	} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	if strings.Contains(lines[0], "secret-name") || strings.Contains(lines[0], "hidden") {
		t.Errorf("the line has too much: %s", lines[0])
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if res := s.Get(t, "", path); res.StatusCode != 200 || string(res.Body) != want {
			t.Errorf("%s: got %d %q", path, res.StatusCode, res.Body)
		}
	}
	if s.Log.Len() > 0 {
		t.Errorf("probes that found all well are in the log: %s", s.Log)
	}
	s.Handler.Drain()
	if res := s.Get(t, "", "/readyz"); res.StatusCode != 503 || !strings.Contains(s.Log.String(), "/readyz") {
		t.Errorf("stopping: got %d, and the log has %q", res.StatusCode, s.Log)
	}
	if res := s.Get(t, "", "/healthz"); res.StatusCode != 200 {
		t.Errorf("stopping, but alive: got %d", res.StatusCode)
	}
	document, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if res := s.Get(t, "", "/openapi.json"); !bytes.Equal(res.Body, document) {
		t.Errorf("the document differs: got %d and %d bytes", res.StatusCode, len(res.Body))
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	res := s.Do(t, webtest.Request{Path: static.URL("app.css"), Unchecked: true})
	if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") || len(res.Body) == 0 {
		t.Errorf("got %d, Cache-Control %q", res.StatusCode, res.Header.Get("Cache-Control"))
	}
	if res := s.Do(t, webtest.Request{Path: "/static/app.css", Unchecked: true}); res.StatusCode != 404 {
		t.Errorf("without hash: got %d", res.StatusCode)
	}
}

// TestInternal: the answer to a fault has nothing but the request id, and the log has the rest.
func TestInternal(t *testing.T) {
	t.Parallel()
	for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
		s := webtest.New(t)
		broken := webtest.Request{Path: members, As: webtest.Admin}
		if way.Browser() {
			broken.As, broken.Header = "", http.Header{"Cookie": {s.Cookie(t, webtest.Admin)}}
		}
		s.Break(t)
		res := s.Send(t, way, broken)
		id := res.Header.Get("X-Request-Id")
		if res.StatusCode != 500 || !strings.Contains(res.Text(), "An internal server error occurred.") || !strings.Contains(res.Text(), id) {
			t.Errorf("%s: got %d\n%s", way, res.StatusCode, res.Body)
		}
		for _, word := range []string{"sql", "rbac", "database", "/tmp", "goroutine"} {
			if strings.Contains(strings.ToLower(res.Text()), word) {
				t.Errorf("%s: the answer says %q\n%s", way, word, res.Body)
			}
		}
		if log := s.Log.String(); strings.Count(log, `"request failed"`) != 1 || !strings.Contains(log, fmt.Sprintf(`"request_id":%q`, id)) {
			t.Errorf("%s: the log is\n%s", way, log)
		}
	}
}

// TestLogNamesUseCaseAndQuery: the log of a fault has the use case, what it is about and the query, and the answer nothing
// of them.
func TestLogNamesUseCaseAndQuery(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	if _, err := dbtest.SQL(t, s.Place()).ExecContext(t.Context(), "DROP VIEW member_rows"); err != nil {
		t.Fatal(err)
	}
	res := s.Do(t, webtest.Request{Method: "PUT", Path: members + "/" + webtest.Member + "/roles", As: webtest.Admin, JSON: map[string]any{"roles": []string{}}})
	if res.StatusCode != 500 || strings.Contains(res.Text(), "GetMember") || strings.Contains(res.Text(), "set roles") {
		t.Errorf("got %d\n%s", res.StatusCode, res.Body)
	}
	const want = `"error":"set roles of \"member\" in \"default\": GetMemberByUsername: `
	if !strings.Contains(s.Log.String(), want) {
		t.Errorf("the log has no %s\n%s", want, s.Log)
	}
}

// TestLogOfRequests: the log has the duration of a request in the unit of its name, and the use case of a fault.
func TestLogOfRequests(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.Get(t, webtest.Admin, members)
	s.Break(t)
	s.Do(t, webtest.Request{Path: members, As: webtest.Admin})
	var took, named bool
	for line := range strings.Lines(s.Log.String()) {
		var l struct {
			Message string   `json:"msg"`
			Took    *float64 `json:"duration_ms"`
			UseCase string   `json:"use_case"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch l.Message {
		case "request":
			took = l.Took != nil && *l.Took > 0 && *l.Took < 30_000
		case "request failed":
			named = l.UseCase == "list members"
		}
	}
	if !took || !named {
		t.Errorf("the log does not say it\n%s", s.Log)
	}
}
