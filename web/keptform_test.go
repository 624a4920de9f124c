package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestKeptForm: a form without script that comes after its session has ended is shown again, filled in, to who signs in as the
// same account within a quarter of an hour; nobody else sees any of it, no password travels, and nothing is saved by itself.
func TestKeptForm(t *testing.T) {
	t.Parallel()
	var late time.Duration
	s := webtest.New(t, func(o *web.Options) { o.Now = func() time.Time { return time.Now().Add(late) } })
	in := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: loginForm("")})
	whose := in.CookieNamed("account")
	if whose == nil || whose.Value != s.ID(webtest.Admin) || !whose.HttpOnly {
		t.Fatalf("the account of the session is kept as %v", whose)
	}
	gone := http.Header{"Cookie": {"rolecall=gone; account=" + whose.Value}, "Host": {"kept.test"}, "Referer": {"http://kept.test" + roles + "/new"}}
	form := url.Values{"name": {"night-shift"}, "display_name": {`Night "shift" <b>`}, "org.template.read": {"allow"}, "org.template.delete": {"deny"}, "password": {"not to be kept"}}
	res := s.Send(t, webtest.Page, webtest.Request{Path: roles, Form: form, Header: gone})
	kept, _ := res.Document().Find("input[name=kept]").Attr("value")
	if res.StatusCode != 401 || kept == "" || !strings.Contains(res.Text(), "What you entered is kept for 15 minutes") {
		t.Fatalf("got %d, kept %q\n%s", res.StatusCode, kept, res.Text())
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: roles, Form: form, Header: http.Header{"Cookie": {"rolecall=gone"}, "Host": gone["Host"], "Referer": gone["Referer"]}}); res.StatusCode != 303 {
		t.Errorf("of nobody: got %d, want 303", res.StatusCode)
	}
	login := func(email, password string) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: url.Values{"email": {email}, "password": {password}, "next": {roles + "/new"}, "kept": {kept}}})
	}
	if again, _ := login("admin@example.com", "a wrong password").Document().Find("input[name=kept]").Attr("value"); again != kept {
		t.Error("a wrong password loses it")
	}
	res = login("admin@example.com", webtest.Password)
	page := res.Document()
	if res.StatusCode != 200 || res.CookieNamed("rolecall") == nil || !strings.Contains(res.Text(), "We kept what you entered") {
		t.Fatalf("got %d\n%s", res.StatusCode, res.Text())
	}
	if name, _ := page.Find("input[name=display_name]").Attr("value"); name != form.Get("display_name") {
		t.Errorf("the name is %q", name)
	}
	for cell, want := range map[string]string{"org.template.read": "allow", "org.template.delete": "deny", "org.template.update": ""} {
		if got, _ := page.Find(`input[name="` + cell + `"][checked]`).Attr("value"); got != want {
			t.Errorf("%s is %q, want %q", cell, got, want)
		}
	}
	if strings.Contains(string(res.Body), "not to be kept") {
		t.Error("a password came back")
	}
	if n := len(s.Query(t, "SELECT id FROM roles WHERE name = 'night-shift'")); n != 0 {
		t.Error("it was saved by itself")
	}
	if res := login("owner@example.com", webtest.Password); res.StatusCode != 303 || strings.Contains(string(res.Body), "night-shift") {
		t.Errorf("another account: got %d", res.StatusCode)
	}
	late = 16 * time.Minute
	if res := login("admin@example.com", webtest.Password); res.StatusCode != 303 {
		t.Errorf("too late: got %d", res.StatusCode)
	}
}
