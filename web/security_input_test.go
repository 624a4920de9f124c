package web_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

func limited(perMinute int) webtest.Option {
	return func(o *web.Options) { o.RateLimit = perMinute }
}

// T66, C2: whatever one field of a body is, the answer is a refusal or a success, never a fault of the server.
func TestT66_EveryFieldOfEveryBody(t *testing.T) {
	t.Parallel()
	doc, err := webtest.Document()
	if err != nil {
		t.Fatal(err)
	}
	s := webtest.New(t)
	wrong := []any{nil, 1, -1.5, true, "", "\u0000", []any{}, []any{nil}, []any{map[string]any{}}, map[string]any{}, map[string]any{"": nil}, strings.Repeat("x", 5000)}
	tried := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value.Content.Get("application/json") == nil {
				continue
			}
			filled, _ := pathWith(path, values("other", "member", "organization-auditor", "x"))
			if strings.HasSuffix(filled, "/logout") || method == http.MethodGet {
				continue
			}
			schema := op.RequestBody.Value.Content.Get("application/json").Schema.Value
			for _, field := range fields(schema) {
				for _, v := range wrong {
					body := anything(t, method, filled).(map[string]any)
					body[field] = v
					tried++
					if res := s.Do(t, webtest.Request{Method: method, Path: filled, As: webtest.Owner, JSON: body, Unchecked: true}); res.StatusCode >= 500 {
						t.Errorf("%s %s with %s = %v: got %d %s", method, filled, field, v, res.StatusCode, res.Body)
					}
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d bodies were tried", tried)
	}
	if res := s.Do(t, webtest.Request{Path: "/users/me", As: webtest.Owner}); res.StatusCode != 200 {
		t.Errorf("afterwards the owner gets %d", res.StatusCode)
	}
}

func fields(schema *openapi3.Schema) (names []string) {
	for name := range schema.Properties {
		names = append(names, name)
	}
	for _, part := range slices.Concat(schema.AllOf, schema.OneOf, schema.AnyOf) {
		names = append(names, fields(part.Value)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// C12: a body that never ends costs no memory, and one that is compressed is not read.
func TestC12_EndlessBody(t *testing.T) {
	s := webtest.New(t)
	server := httptest.NewServer(s.Handler)
	defer server.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, server.URL+members+"/roles", endless{})
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Coder-Session-Token", s.Token(webtest.Owner))
	req.Header.Set("Content-Type", "application/json")
	if res, err := http.DefaultClient.Do(req); err == nil {
		if res.Body.Close(); res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d", res.StatusCode)
		}
	} else if ctx.Err() != nil {
		t.Errorf("it was read to the end that it does not have: %v", err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 32<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	bomb := webtest.Request{As: webtest.Owner, Path: members + "/roles", JSON: "\x1f\x8b", Header: http.Header{"Content-Encoding": {"gzip"}}, Unchecked: true}
	if res := s.Do(t, bomb); res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a compressed body: got %d", res.StatusCode)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, bytes.Repeat([]byte("["), len(b))), nil }

// C9, T25: what sorts and filters is on a list; nothing reaches SQL.
func TestC9_QueriesAreListed(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, sort := range []string{"password_hash", "id", "username;--", "(select 1)", "username desc", "USERNAME", "--username", "1", "email,name", "\x00"} {
		if res := s.Get(t, webtest.Admin, members+"?sort="+url.QueryEscape(sort)); res.StatusCode != 400 {
			t.Errorf("sort by %q: got %d", sort, res.StatusCode)
		}
	}
	for _, name := range []string{"q", "role", "site_role", "status", "limit", "offset", "after_id"} {
		for _, v := range []string{"'", "\"", "' OR 1=1 --", "1;DROP TABLE users", "%' OR '1'='1", "$where", "\\", "99999999999999999999", "-1"} {
			for _, path := range []string{members, "/organizations/default/paginated-members", "/users", "/audit"} {
				as := webtest.Owner
				if res := s.Do(t, webtest.Request{Path: path + "?" + name + "=" + url.QueryEscape(v), As: as, Unchecked: true}); res.StatusCode >= 500 {
					t.Errorf("%s?%s=%s: got %d", path, name, v, res.StatusCode)
				}
			}
		}
	}
}

// C4, T54, T55: a made-up Host or Forwarded header reaches no link, no redirect and no cookie.
func TestC4_ForgedHost(t *testing.T) {
	t.Parallel()
	access, err := url.Parse("https://roles.example.com")
	if err != nil {
		t.Fatal(err)
	}
	s := webtest.New(t, func(o *web.Options) { o.AccessURL, o.Secure = access, true })
	evil := http.Header{"Host": {"evil.example"}, "X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"javascript"}, "X-Forwarded-Prefix": {"//evil.example"}, "Forwarded": {"host=evil.example;proto=http"}, "X-Original-Url": {"//evil.example"}, "X-Rewrite-Url": {"/users"}, "X-Http-Method-Override": {"DELETE"}}
	for _, path := range []string{"/", "/login", members, members + "/", "/organizations/default/members/member", "/.well-known/security.txt", "/users/me", "/buildinfo", "/nothing"} {
		for _, as := range []string{"", webtest.Owner} {
			for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
				h := evil.Clone()
				if as != "" && way.Browser() {
					h.Set("Cookie", "__Host-"+s.Cookie(t, as))
				}
				res := s.Send(t, way, webtest.Request{Path: path, As: as, Header: h, Unchecked: true})
				all := string(res.Body) + strings.Join(res.Header.Values("Location"), "") + res.Header.Get("HX-Redirect") + strings.Join(res.Header.Values("Set-Cookie"), "")
				if strings.Contains(all, "evil.example") {
					t.Errorf("%s %s: the answer has the forged host", way, path)
				}
			}
		}
	}
	if n := len(s.Query(t, "SELECT 1 FROM users")); n != 5 {
		t.Errorf("%d accounts are left", n)
	}
	text := s.Do(t, webtest.Request{Path: "/.well-known/security.txt", Header: evil})
	for _, want := range []string{"Contact: mailto:security@roles.example.com\n", "Policy: https://roles.example.com/", "Expires: "} {
		if !strings.Contains(string(text.Body), want) {
			t.Errorf("D11: security.txt has no %q\n%s", want, text.Body)
		}
	}
	_, rest, _ := strings.Cut(string(text.Body), "Expires: ")
	line, _, _ := strings.Cut(rest, "\n")
	if at, err := time.Parse(time.RFC3339, line); err != nil || at.Before(time.Now().Add(24*time.Hour)) || at.After(time.Now().Add(365*24*time.Hour)) {
		t.Errorf("D11: security.txt expires %s", line)
	}
	if res := s.Do(t, webtest.Request{Path: "/.well-known/security-policy.txt"}); res.StatusCode != 200 || len(res.Body) < 200 {
		t.Errorf("D11: the policy: got %d", res.StatusCode)
	}
}

// C4, T54: without an access URL a link that sets a password leads to a host only if that is this machine or one that the
// certificate names; a link to any other would hand the secret to the forger of the Host.
func TestC4_LinksWithoutAccessURL(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, func(o *web.Options) {
		o.OwnName = func(host string) bool { return host == "roles.example.com" }
	})
	link := regexp.MustCompile(`^/password/[0-9A-Za-z]{10}-[0-9A-Za-z]{22}$`)
	for host, base := range map[string]string{
		"evil.example": "", "evil.example:8080": "", "roles.example.com.evil.example": "", "localhost.evil.example": "", "x@localhost": "", "": "",
		"roles.example.com": "http://roles.example.com", "roles.example.com:8443": "http://roles.example.com:8443",
		"127.0.0.1:8080": "http://127.0.0.1:8080", "[::1]:8080": "http://[::1]:8080", "localhost": "http://localhost",
	} {
		res := s.Send(t, webtest.Page, webtest.Request{
			Method: http.MethodPost, Path: "/users/member/password-link", As: webtest.Owner, Form: url.Values{},
			Header: http.Header{"Host": {host}, "X-Forwarded-Host": {"roles.example.com"}},
		})
		got := res.Document().Find("#link").AttrOr("value", "")
		path, ok := strings.CutPrefix(got, base)
		if res.StatusCode != 200 || !ok || !link.MatchString(path) {
			t.Errorf("asked at %q: got %d with the link %q", host, res.StatusCode, got)
		}
		if explained := strings.Contains(res.Text(), "Set --access-url to get a complete link."); explained != (base == "") {
			t.Errorf("requested at %q, it explains how to get a complete link: %v", host, explained)
		}
		if base != "" {
			continue
		}
		page := s.Send(t, webtest.Page, webtest.Request{Path: members, As: webtest.Owner, Header: http.Header{"Host": {host}}})
		if curl := page.Document().Find("#api-curl").AttrOr("value", ""); !strings.Contains(curl, `"$ROLECALL_URL"/`) || host != "" && strings.Contains(curl, host) {
			t.Errorf("asked at %q, a token is to be sent by %s", host, curl)
		}
	}
}
