package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// A password that another person set, for an account that holds more rights than they do by now, leads to the choice of
// another one: in the browser by a link, and for programs by an error.
func TestChoosePassword(t *testing.T) {
	t.Parallel()
	access, err := url.Parse("https://roles.example.com")
	if err != nil {
		t.Fatal(err)
	}
	s := webtest.New(t, func(o *web.Options) { o.AccessURL = access })
	s.AddUser(t, "helper", webtest.Default)
	send := func(method, path, as string, body any, want int) {
		t.Helper()
		if res := s.Do(t, webtest.Request{Method: method, Path: path, As: as, JSON: body}); res.StatusCode != want {
			t.Fatalf("%s %s: got %d\n%s", method, path, res.StatusCode, res.Body)
		}
	}
	const typed = "typed by the helper"
	send(http.MethodPatch, "/users/roles", webtest.Owner, map[string]any{
		"name": "minter", "site_permissions": []map[string]string{{"resource_type": "api_key", "action": "create"}},
	}, 200)
	send(http.MethodPut, "/users/helper/roles", webtest.Owner, map[string]any{"roles": []string{"user-admin", "minter"}}, 200)
	send(http.MethodPut, "/users/member/password", "helper", map[string]any{"password": typed}, 204)
	send(http.MethodPost, "/users/member/keys/tokens", "helper", map[string]any{"token_name": "from-helper"}, 201)
	page := s.Send(t, webtest.Page, webtest.Request{Path: "/users/member/keys/tokens", As: webtest.Owner})
	if !strings.Contains(page.Text(), "made by helper") {
		t.Error("the list of tokens does not say who made one")
	}
	send(http.MethodPut, "/users/member/roles", webtest.Owner, map[string]any{"roles": []string{"owner"}}, 200)
	page = s.Send(t, webtest.Page, webtest.Request{Path: "/users/member/keys/tokens", As: webtest.Owner})
	if strings.Contains(page.Text(), "from-helper") {
		t.Error("the token is still listed")
	}

	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/users/login", JSON: map[string]any{"email": "member@example.com", "password": typed}})
	var refusal struct{ Message, Detail string }
	if err := json.Unmarshal(res.Body, &refusal); err != nil || res.StatusCode != 403 || refusal.Message != "Choose your own password first." ||
		refusal.Detail != "Someone else set it. Sign in at https://roles.example.com/login to replace it." {
		t.Errorf("a program got %d %+v", res.StatusCode, refusal)
	}

	form := url.Values{"email": {"member@example.com"}, "password": {typed}}
	res = s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: form})
	link := res.Header.Get("Location")
	if res.StatusCode != 303 || !strings.HasPrefix(link, "/password/") || len(res.Cookies()) != 0 || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("a person got %d to %s, with cookies %v", res.StatusCode, link, res.Cookies())
	}
	res = s.Send(t, webtest.Page, webtest.Request{Path: link})
	if res.StatusCode != 200 || !strings.Contains(res.Text(), "Choose your own") {
		t.Errorf("the choice: got %d\n%.500s", res.StatusCode, res.Text())
	}
	res = s.Send(t, webtest.Page, webtest.Request{Path: link, Form: url.Values{"password": {"my very own horse"}}})
	if res.StatusCode != 303 || res.Header.Get("Location") != "/login?password=set" {
		t.Errorf("chosen: got %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	form.Set("password", "my very own horse")
	if res = s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: form}); res.StatusCode != 303 || res.CookieNamed("__Host-rolecall") == nil && res.CookieNamed("rolecall") == nil {
		t.Errorf("with the own password: got %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
}
