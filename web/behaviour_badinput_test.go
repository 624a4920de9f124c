package web_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/db/dbtest"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestAuthenticationTable checks docs/spec/refusals.md, authentication: who is let in, and what is said to who is not.
func TestAuthenticationTable(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	enter(suspended)(t, s)
	token := s.Token(webtest.Member)
	id, secret, _ := strings.Cut(token, "-")
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	tests := []struct {
		name   string
		header http.Header
		code   int
		detail string // of a refusal, a part
	}{
		{"own header", header("Coder-Session-Token", token), 200, ""},
		{"bearer", header("Authorization", "Bearer "+token), 200, ""},
		{"bearer in capitals", header("Authorization", "BEARER "+token), 200, ""},
		{"one token in both headers", http.Header{"Coder-Session-Token": {token}, "Authorization": {"Bearer " + token}}, 200, ""},
		{"own header and basic", http.Header{"Coder-Session-Token": {token}, "Authorization": {"Basic x"}}, 200, ""},
		{"session", header("Cookie", s.Cookie(t, webtest.Member)), 200, ""},
		{"none", nil, 401, "send a token in the header"},
		{"basic", header("Authorization", "Basic "+token), 401, "send a token in the header"},
		{"empty", header("Coder-Session-Token", " "), 401, ""},
		{"one part", header("Coder-Session-Token", id+secret), 401, "Invalid API key format"},
		{"three parts", header("Coder-Session-Token", token+"-x"), 401, "Invalid API key format"},
		{"short id", header("Coder-Session-Token", id[1:]+"-"+secret), 401, "Invalid API key format"},
		{"short secret", header("Coder-Session-Token", id+"-"+secret[1:]), 401, "Invalid API key format"},
		{"unknown id", header("Coder-Session-Token", "0123456789-"+secret), 401, "API key is invalid."},
		{"wrong secret", header("Coder-Session-Token", id+"-"+strings.Repeat("0", 22)), 401, "API key secret is invalid."},
		{"id in another case", header("Coder-Session-Token", swapped(id)+"-"+secret), 401, "API key is invalid."},
		{"a wrong token and a good session", http.Header{"Coder-Session-Token": {"x"}, "Cookie": {s.Cookie(t, webtest.Member)}}, 401, "Invalid API key format"},
		{"suspended", header("Coder-Session-Token", s.Token(suspended)), 401, ""},
		{"suspended, session", header("Cookie", s.Cookie(t, suspended)), 401, ""},
		{"quotes and NUL", header("Coder-Session-Token", "'\" OR 1=1;--"), 401, "Invalid API key format"},
		{"not UTF-8", header("Authorization", "Bearer \xff\xfe"), 401, "Invalid API key format"},
		{"very long", header("Coder-Session-Token", strings.Repeat("a", 100_000)), 401, "Invalid API key format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := s.Do(t, webtest.Request{Path: "/api/v2/users/me", Header: tt.header})
			if res.StatusCode != tt.code {
				t.Fatalf("got %d, want %d\n%s", res.StatusCode, tt.code, res.Body)
			}
			if tt.code == 200 {
				return
			}
			e := res.Error()
			if !strings.Contains(e.Detail, tt.detail) || res.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("got %+v, WWW-Authenticate %q", e, res.Header.Get("WWW-Authenticate"))
			}
			want := "You are signed out or your session has expired."
			if strings.HasPrefix(tt.name, "suspended") {
				want = `User is not active (status = "suspended")`
			}
			if !strings.HasPrefix(e.Message, want) {
				t.Errorf("the message is %q", e.Message)
			}
			if strings.Contains(string(res.Body), secret) {
				t.Errorf("the answer has the secret: %s", res.Body)
			}
		})
	}
	if strings.Contains(s.Log.String(), secret) {
		t.Error("the log has the secret of a token")
	}
}

func swapped(s string) string {
	if upper := strings.ToUpper(s); upper != s {
		return upper
	}
	return strings.ToLower(s)
}

// nasty are names that are none. Each stands for a way to break a reader: SQL, HTML, paths, terminals, readers of text.
var nasty = []string{
	"' OR '1'='1", `"; DROP TABLE users;--`, "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "{{7*7}}", "${7*7}", "%00", "a\x00b", "\xff\xfe",
	"\u202eadmin", "admin\u200b", "ａｄｍｉｎ", "admin\n", "admin\r\nSet-Cookie: a=b", "..", ".", "%2e%2e", "a?b=c", "a#b", "a;b", "a:b", "-1", "0", "2147483648",
	strings.Repeat("a", 4000), strings.Repeat("界", 500), "👩‍👩‍👧‍👦", "NULL", "undefined", " ", "~", "\\", "*", "me ", "ME",
}

// bodies are what a careless or malicious client sends where JSON is expected.
var bodies = map[string]struct{ contentType, body string }{
	"empty":            {"application/json", ""},
	"null":             {"application/json", "null"},
	"true":             {"application/json", "true"},
	"string":           {"application/json", `"x"`},
	"list":             {"application/json", "[]"},
	"no fields":        {"application/json", "{}"},
	"doubled":          {"application/json", "{}{}"},
	"cut":              {"application/json", `{"name":"a`},
	"wrong types":      {"application/json", `{"name":7,"username":[],"email":{},"password":1,"roles":"x","organization_ids":7,"checks":[],"lifetime":"x","site_permissions":{},"organization_permissions":1,"user_permissions":"x"}`},
	"wrong in lists":   {"application/json", `{"name":"\n","username":"x_","email":"x","password":"x","roles":[7,null,{}],"organization_ids":["x"],"checks":{"a":7},"lifetime":1e400,"organization_permissions":[7]}`},
	"nulls":            {"application/json", `{"name":null,"username":null,"email":null,"password":null,"organization_ids":null,"checks":null,"site_permissions":null}`},
	"NUL":              {"application/json", `{"name":"a\u0000b","username":"a\u0000b","email":"a\u0000b@x","display_name":"a\u0000b","roles":["a\u0000b"],"password":"a\u0000b"}`},
	"lone surrogate":   {"application/json", `{"name":"\ud800","username":"\ud800","email":"\ud800@x.example","roles":["\ud800"]}`},
	"not UTF-8":        {"application/json", "{\"name\":\"\xff\"}"},
	"twin keys":        {"application/json", `{"roles":[],"ROLES":["owner"],"name":"a","Name":"b"}`},
	"deep":             {"application/json", strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)},
	"2 MiB":            {"application/json", `{"name":"` + strings.Repeat("a", 2<<20) + `"}`},
	"form":             {"application/x-www-form-urlencoded", "name=x&roles=1&role=owner&email=x&password=x"},
	"multipart":        {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"roles\"\r\n\r\n1\r\n--x--\r\n"},
	"XML":              {"application/xml", "<roles/>"},
	"text":             {"text/plain", `{"roles":[]}`},
	"no type":          {"", `{"roles":[]}`},
	"another charset":  {"application/json; charset=utf-16", `{"roles":[]}`},
	"type with markup": {`application/json"<b>`, `{"roles":[]}`},
}

// writes are the routes that change something, with a path that exists for each subject that may do a lot.
func writes() []web.Route {
	return slices.DeleteFunc(web.Routes(), func(r web.Route) bool {
		// Signing out ends the session by design; the theme is a cookie.
		return r.Method == http.MethodGet || r.Path == "/logout" || r.Path == "/users/logout" || r.Path == "/theme"
	})
}

// bodyless says of a route that it needs no body.
func bodyless(t *testing.T, r web.Route) bool {
	t.Helper()
	doc, err := webtest.Document()
	if err != nil {
		t.Fatal(err)
	}
	body := doc.Paths.Value(r.Path).GetOperation(r.Method).RequestBody
	return body == nil || !body.Value.Required
}

// TestBadBodies sends every bad body to every route that takes one: a clear refusal, and nothing changes.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	tried := 0
	s := webtest.New(t)
	for _, route := range writes() {
		if bodyless(t, route) || route.Access == web.Directory { // TestSCIMRefusals has those of directories
			continue
		}
		tried++
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			before := s.State(t)
			for name, b := range bodies {
				r := webtest.Request{Method: route.Method, Path: fill(route.Path), As: webtest.Owner, JSON: b.body, Header: http.Header{"Content-Type": {b.contentType}}}
				res := s.Do(t, r)
				if !route.Offers(web.API) && !route.Offers(web.AuthZEN) {
					res = s.Send(t, webtest.Page, r)
				}
				clear := res.StatusCode >= 400 && res.StatusCode < 500
				redirect := !route.Offers(web.API) && res.StatusCode == http.StatusSeeOther
				harmless := harmless(route, name) && res.StatusCode < 300
				if !clear && !harmless && !redirect {
					t.Errorf("%s: got %d\n%.300s", name, res.StatusCode, res.Body)
				}
				if !clear { // what refusals have stored shows at the end
					after := s.State(t)
					if diff := cmp.Diff(before, after); diff != "" && !harmless {
						t.Fatalf("%s changed what is stored (-before +after)\n%s", name, diff)
					}
					before = after
				}
				if b.contentType != "application/json" && clear && route.Offers(web.API) && !slices.Contains([]int{404, 409, 415, 403}, res.StatusCode) && b.contentType != "" {
					t.Errorf("%s: got %d, want 415", name, res.StatusCode)
				}
				if name == "2 MiB" && !slices.Contains([]int{413, 404, 409, 403}, res.StatusCode) {
					t.Errorf("%s: got %d, want 413", name, res.StatusCode)
				}
			}
			if diff := cmp.Diff(before, s.State(t)); diff != "" {
				t.Errorf("a refusal changed what is stored (-before +after)\n%s", diff)
			}
		})
	}
	if tried < 10 {
		t.Errorf("only %d routes take a body", tried)
	}
}

// harmless are bodies that ask for nothing that is wrong: an unchanged organization or profile, a token with a name by
// chance, a role without an end, no checks.
func harmless(route web.Route, body string) bool {
	empty := slices.Contains([]string{"no fields", "nulls", "lone surrogate"}, body)
	switch route.Path {
	case "/organizations/{organization}", "/organizations/{organization}/directory", "/users/{user}/profile", "/users/{user}/keys/tokens", "/users/{user}/roles/{roleName}", "/login/passkey/options":
		return empty
	case "/organizations/{organization}/members/selection":
		return empty || body == "form" // nobody is selected
	case "/authcheck":
		return empty || body == "NUL" // no checks in it
	}
	return false
}

// TestBadNames puts every bad name where a path has a parameter, on every route: it is not found, and nothing changes.
func TestBadNames(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, route := range web.Routes() {
		params := parameters(route.Path)
		if len(params) == 0 {
			continue
		}
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			before := s.State(t)
			for _, param := range params {
				for i, name := range nasty {
					path := fill(strings.Replace(route.Path, param, "PARAM", 1))
					path = strings.Replace(path, "PARAM", strings.NewReplacer("+", "%20", "%2A", "*").Replace(url.QueryEscape(name)), 1)
					way := turn(i)
					r := webtest.Request{Method: route.Method, Path: path, As: webtest.Owner, Unchecked: true}
					if route.Method != http.MethodGet && way == webtest.JSON {
						r.JSON = `{"roles":[],"name":"x"}`
					}
					res := s.Send(t, way, r)
					if res.StatusCode < 400 || res.StatusCode >= 500 {
						t.Errorf("%s %q as %s: got %d\n%.300s", param, name, way, res.StatusCode, res.Body)
					}
					if bytes.Contains(res.Body, []byte("<script>alert")) || bytes.Contains(res.Body, []byte("<img src=x")) || res.Header.Get("Set-Cookie") != "" && way == webtest.JSON {
						t.Errorf("%s %q as %s: said back as it is\n%.300s", param, name, way, res.Body)
					}
				}
			}
			if diff := cmp.Diff(before, s.State(t)); diff != "" {
				t.Errorf("stored (-before +after)\n%s", diff)
			}
		})
	}
}

// turn is the way of the i-th item of a list that is sent to many routes: each item goes in one, all of them in all.
func turn(i int) webtest.Way {
	return []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment}[i%3]
}

func parameters(path string) (names []string) {
	for segment := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(segment, "{") {
			names = append(names, segment)
		}
	}
	return names
}

// badQueries are parameters that no person types.
var badQueries = []string{
	"limit=-1", "limit=99999999999999999999", "limit=1e9", "offset=-2147483649", "offset=x", "limit=1&limit=2", "offset=0&offset=0", "q=%00", "q=%ff%fe",
	"q=%zz", "q=" + strings.Repeat("a", 10_000), "q='+OR+1=1--", "q=%25%25%25%25_", "q=%E2%80%AE", "q=<script>alert(1)</script>", "sort=-", "sort=password_hash", "sort=username;drop",
	"role=&role=", "role=%00", "role=a+b", "site_role=%27", "status=%22", "status=active&status=nothing", "after_id=x", "format=csv&format=json", "format=xml",
	"from=%3Cb%3E", "from=../..", "confirm=remove&confirm=delete", "next=//evil.example", "next=https://evil.example", "next=javascript:alert(1)", "a=1;b=2", "&&&===", "=", "%", "_method=DELETE",
	"coder_session_token=x", "q=search:a:b", "q=:", "q=%22", "q=role:", "q=unknown:x",
}

// TestBadQueries sends every bad query to every GET route, as every person: an answer or a clear refusal, no fault of
// ours, and nothing changes. HEAD the same.
func TestBadQueries(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, route := range web.Routes() {
		if route.Method != http.MethodGet || strings.HasSuffix(route.Path, "*") {
			continue
		}
		t.Run(route.Path, func(t *testing.T) {
			s.Log.Reset()
			before := s.State(t)
			for i, query := range badQueries {
				way := turn(i)
				r := webtest.Request{Path: fill(route.Path) + "?" + query, As: webtest.Owner, Unchecked: true}
				res := s.Send(t, way, r)
				if res.StatusCode >= 500 {
					t.Errorf("%s as %s: got %d\n%.300s", query, way, res.StatusCode, res.Body)
				}
				if bytes.Contains(res.Body, []byte("<script>alert")) || strings.Contains(res.Header.Get("Location"), "evil") {
					t.Errorf("%s as %s: said back as it is", query, way)
				}
				if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") && !json.Valid(res.Body) {
					t.Errorf("%s as %s: no JSON: %.300s", query, way, res.Body)
				}
			}
			callers := []string{webtest.Owner, webtest.Admin, webtest.Member, webtest.Outsider, webtest.Rival, ""}
			if dbtest.OnServer() { // who asks, and how, makes no difference to the engine
				callers = callers[:1]
			}
			for _, as := range callers {
				for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
					for _, method := range []string{http.MethodGet, http.MethodHead} {
						res := s.Send(t, way, webtest.Request{Method: method, Path: fill(route.Path), As: as, Unchecked: method == http.MethodHead})
						if res.StatusCode >= 500 {
							t.Errorf("%s as %s, %s: got %d\n%.300s", method, as, way, res.StatusCode, res.Body)
						}
					}
				}
			}
			if diff := cmp.Diff(before, s.State(t)); diff != "" {
				t.Errorf("stored (-before +after)\n%s", diff)
			}
			if strings.Contains(s.Log.String(), `"level":"ERROR"`) {
				t.Errorf("logged as a fault of ours: %s", s.Log)
			}
		})
	}
}

// TestOtherOrganization asks every route of an organization for the other one's things: as a rival for those of the
// default one, and with names of the default one in the rival's own.
func TestOtherOrganization(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	do(t, s, put(webtest.Admin, role{"ci", "CI", nil}))
	for _, route := range web.Routes() {
		// AuthZEN answers with a no, see TestAuthZENCallers. Rights are of every account that may be read, members or not. A
		// directory answers no account.
		if !strings.HasPrefix(route.Path, "/organizations/{organization}") || route.Offers(web.AuthZEN) || route.Access == web.Directory || strings.HasSuffix(route.Path, "/rights") {
			continue
		}
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			before := s.State(t)
			names := strings.NewReplacer("{user}", "member", "{roleName}", "ci", "{invitation}", "none")
			ask := func(organization string) {
				t.Helper()
				path := names.Replace(strings.Replace(route.Path, "{organization}", organization, 1))
				for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
					r := webtest.Request{Method: route.Method, Path: path, As: webtest.Rival}
					if route.Method != http.MethodGet {
						r.JSON = webtest.Understood(t, r.Method, path, map[string]any{"roles": []string{}, "name": "mine", "display_name": "Mine", "users": []string{s.ID("member")}, "restore": 1})
						r.Form = url.Values{"roles": {"1"}, "name": {"mine"}, "display_name": {"Mine"}, "user": {s.ID("member")}, "restore": {"1"}}
					}
					res := s.Send(t, way, r)
					if res.StatusCode != http.StatusNotFound {
						t.Errorf("in %s as %s: got %d\n%.300s", organization, way, res.StatusCode, res.Body)
					}
				}
			}
			ask("default")
			ask(s.Organizations[webtest.Default].ID.String())
			if !strings.Contains(route.Path, "{user}") && !strings.Contains(route.Path, "{roleName}") || route.Method == http.MethodPost && strings.HasSuffix(route.Path, "{user}") {
				// Its own lists are its own business, and so is whom it adds.
			} else {
				ask("other")
			}
			if diff := cmp.Diff(before, s.State(t)); diff != "" {
				t.Errorf("stored (-before +after)\n%s", diff)
			}
		})
	}
}
