package web_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestLocation: what was made is where the answer says, on the mount that the caller uses.
func TestLocation(t *testing.T) {
	t.Parallel()
	for _, way := range []webtest.Way{webtest.JSON, webtest.SDK} {
		s := webtest.New(t)
		if way == webtest.SDK {
			s = webtest.New(t, webtest.Wire(web.SDK))
		}
		for _, mount := range []string{"", "/api/v2"} {
			name := "n" + strings.TrimPrefix(mount, "/api/v")
			post := func(path string, body any) string {
				t.Helper()
				res := s.Send(t, way, webtest.Request{Method: http.MethodPost, Path: mount + path, As: webtest.Owner, JSON: body})
				where := res.Header.Get("Location")
				if res.StatusCode != http.StatusCreated || !strings.HasPrefix(where, mount+strings.TrimSuffix(path, "/login")) && !strings.HasPrefix(where, mount+"/users/me/keys/") {
					t.Errorf("POST %s%s: got %d, Location %q\n%s", mount, path, res.StatusCode, where, res.Body)
				}
				return where
			}
			user := post("/users", map[string]any{
				"username": name, "email": name + "@example.com", "password": webtest.Password, "organization_ids": []any{s.Organizations[webtest.Default].ID},
			})
			organization := post("/organizations", map[string]any{"name": name})
			for _, path := range []string{user, organization} {
				var made struct{ Username, Name string }
				if s.Get(t, webtest.Owner, path).Decode(&made); made.Username != name && made.Name != name {
					t.Errorf("at %s is %+v", path, made)
				}
			}
			token := post("/users/me/keys/tokens", map[string]any{"token_name": name})
			login := post("/users/login", map[string]any{"email": name + "@example.com", "password": webtest.Password})
			for _, path := range []string{token, strings.Replace(login, "/me/", "/"+name+"/", 1)} {
				if res := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: path, As: webtest.Owner}); res.StatusCode != http.StatusNoContent {
					t.Errorf("no token at %s: got %d", path, res.StatusCode)
				}
			}
		}
	}
}

// TestTraces: the id that a trusted proxy gives a request is its id in the answer, the log and the trail; that of another
// sender, or one that is none, is not.
func TestTraces(t *testing.T) {
	t.Parallel()
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	proxies := func(o *web.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }
	for _, tt := range []struct {
		name, remote string
		ids, parents []string
		kept, traced bool
	}{
		{"a proxy", "10.1.2.3:1", []string{"Aa0._-"}, []string{parent}, true, true},
		{"a proxy at an IPv4 address in IPv6", "[::ffff:10.1.2.3]:1", []string{strings.Repeat("x", 64)}, nil, true, false},
		{"a client", "192.0.2.1:1", []string{"mine"}, []string{parent}, false, false},
		{"too long", "10.1.2.3:1", []string{strings.Repeat("x", 65)}, []string{parent + "0"}, false, false},
		{"odd", "10.1.2.3:1", []string{"a b"}, []string{strings.ToUpper(parent)}, false, false},
		{"a line", "10.1.2.3:1", []string{"a\n"}, []string{parent + "\n"}, false, false},
		{"none", "10.1.2.3:1", nil, nil, false, false},
		{"two", "10.1.2.3:1", []string{"a", "b"}, []string{parent, parent}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t, proxies)
			header := http.Header{"X-Request-Id": tt.ids, "Traceparent": tt.parents, "X-Forwarded-For": {"198.51.100.7"}}
			res := s.Do(t, webtest.Request{
				Path: members + "/member/roles", As: webtest.Owner, JSON: `{"roles":["organization-auditor"]}`, Remote: tt.remote, Header: header,
			})
			id := res.Header.Get("X-Request-Id")
			if res.StatusCode != http.StatusOK || tt.kept != (len(tt.ids) > 0 && id == tt.ids[0]) || !tt.kept && len(id) != 36 {
				t.Errorf("got %d, the id is %q", res.StatusCode, id)
			}
			if log := s.Log.String(); !strings.Contains(log, `"request_id":"`+id+`"`) || tt.traced != strings.Contains(log, `"traceparent":"`+parent+`"`) {
				t.Errorf("the log has %s", log)
			}
			if trail := s.Get(t, webtest.Owner, "/audit?q=request_id:"+id).Text(); !strings.Contains(trail, "organization-auditor") {
				t.Errorf("the trail has %s", trail)
			}
		})
	}
}
