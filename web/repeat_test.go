package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

const formID = "AAAAAAAAAAAAAAAAAAAAAAAAAA"

// TestFormsSentTwice: three equal forms at once make one thing, and each sender gets the answer with the secret.
func TestFormsSentTwice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path string
		form       url.Values
		count      string
	}{
		{"token", "/users/me/keys/tokens", url.Values{"token_name": {"ci"}, "days": {"7"}}, "SELECT id FROM api_keys WHERE name = 'ci'"},
		{
			"user who is invited", "/users", url.Values{"email": {"new@example.com"}, "access": {"invite"}},
			"SELECT id FROM invitations",
		},
		{"organization", "/organizations", url.Values{"name": {"third"}, "display_name": {"Third"}}, "SELECT id FROM organizations WHERE name = 'third'"},
		{"role", roles, url.Values{"_method": {"PUT"}, "new": {"1"}, "name": {"third"}, "display_name": {"Third"}}, "SELECT id FROM roles WHERE name = 'third'"},
		{"member", members + "/rival", url.Values{}, "SELECT version FROM organization_members WHERE username = 'rival'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			before := len(s.Query(t, tt.count))
			tt.form.Set("form_id", formID)
			tt.form.Set("organization_ids", s.Organizations[webtest.Default].ID.String()) // which only a new user needs
			session := http.Header{"Cookie": {s.Cookie(t, webtest.Owner)}}
			send := func() *webtest.Response {
				return s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPost, Path: tt.path, Form: tt.form, Header: session})
			}
			answers := make([]*webtest.Response, 3)
			var all sync.WaitGroup
			for i := range answers {
				all.Go(func() { answers[i] = send() })
			}
			all.Wait()
			for _, a := range append(answers, send()) {
				if a.StatusCode >= 400 || a.StatusCode != answers[0].StatusCode || !bytes.Equal(a.Body, answers[0].Body) ||
					a.Header.Get("Location") != answers[0].Header.Get("Location") || a.Header.Get("Set-Cookie") != answers[0].Header.Get("Set-Cookie") ||
					a.Header.Get("Cache-Control") != answers[0].Header.Get("Cache-Control") {
					t.Errorf("got %d and %d %q\n%s", answers[0].StatusCode, a.StatusCode, a.Header, a.Text())
				}
			}
			if n := len(s.Query(t, tt.count)) - before; n != 1 {
				t.Errorf("%d were made", n)
			}
		})
	}
}

// TestFormsSentElsewhere: a replica that did not make the change, or does not remember the answer, leads to what came of
// it. A form that was refused is not one that was sent, and the answer is for no other caller.
func TestFormsSentElsewhere(t *testing.T) {
	t.Parallel()
	var options web.Options
	s := webtest.New(t, func(o *web.Options) { options = *o })
	forget := func() {
		t.Helper()
		fresh, err := web.New(options)
		if err != nil {
			t.Fatal(err)
		}
		s.Handler = fresh
	}
	session := s.Cookie(t, webtest.Owner)
	send := func(cookie, path string, form url.Values) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPost, Path: path, Form: form, Header: http.Header{
			"Cookie": {cookie}, "Referer": {"http://rolecall.test/users/me/keys/tokens?x=1"},
		}})
	}
	const tokens = "/users/me/keys/tokens"
	bad := url.Values{"form_id": {formID}, "token_name": {"not a name"}, "days": {"7"}}
	for range 2 {
		if res := send(session, tokens, bad); res.StatusCode != http.StatusBadRequest {
			t.Fatalf("got %d", res.StatusCode)
		}
	}
	good := url.Values{"form_id": {formID}, "token_name": {"ci"}, "days": {"7"}}
	first := send(session, tokens, good)
	secret := first.Document().Find("#secret").AttrOr("value", "")
	if secret == "" {
		t.Fatalf("got %d\n%s", first.StatusCode, first.Text())
	}
	other := send(s.Cookie(t, webtest.Admin), tokens, good)
	if own := other.Document().Find("#secret").AttrOr("value", ""); own == "" || own == secret {
		t.Errorf("another caller gets %q", own)
	}
	same := send(s.Cookie(t, webtest.Owner), tokens, good)
	if same.StatusCode != http.StatusSeeOther || strings.Contains(same.Text(), secret) {
		t.Errorf("another session of the account: got %d", same.StatusCode)
	}
	forget()
	again := send(session, tokens, good)
	if got := again.Header.Get("Location"); again.StatusCode != http.StatusSeeOther || got != tokens+"?x=1" {
		t.Errorf("elsewhere: got %d to %s", again.StatusCode, got)
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: tokens, Header: http.Header{"Cookie": {session + "; " + strings.Split(again.Header.Get("Set-Cookie"), ";")[0]}}})
	if !strings.Contains(page.Document().Find("#toast").Text(), "This was already done.") {
		t.Errorf("it is not said\n%s", page.Text())
	}
	if n := len(s.Query(t, "SELECT id FROM api_keys WHERE name = 'ci'")); n != 2 {
		t.Errorf("%d tokens", n)
	}
	user := url.Values{
		"form_id": {"B" + formID}, "email": {"new@example.com"}, "username": {"newcomer"}, "access": {"password"}, "password": {webtest.Password},
		"organization_ids": {s.Organizations[webtest.Default].ID.String()},
	}
	for _, when := range []string{"first", "elsewhere"} {
		want := map[string]string{"first": "/users/newcomer?created=1", "elsewhere": "/users/newcomer"}[when]
		if res := send(session, "/users", user); res.Header.Get("Location") != want {
			t.Errorf("the user, %s: got %d to %s\n%s", when, res.StatusCode, res.Header.Get("Location"), res.Text())
		}
		forget()
	}
	invited := url.Values{"form_id": {"C" + formID}, "email": {"guest@example.com"}, "access": {"invite"}, "organization_ids": user["organization_ids"]}
	for _, want := range []int{http.StatusOK, http.StatusBadRequest} { // the link is shown once, and nobody is invited twice
		if res := send(session, "/users", invited); res.StatusCode != want {
			t.Errorf("the invitation: got %d, want %d\n%s", res.StatusCode, want, res.Text())
		}
		forget()
	}
	if n := len(s.Query(t, "SELECT id FROM invitations")); n != 1 {
		t.Errorf("%d invitations", n)
	}
	for _, id := range []string{"", "short", strings.Repeat("x", 65), formID + "\n"} {
		if res := send(session, tokens, url.Values{"form_id": {id}, "token_name": {"odd"}, "days": {"7"}}); res.StatusCode != http.StatusBadRequest {
			t.Errorf("form_id %q: got %d", id, res.StatusCode)
		}
	}
}

// TestNoAnswerOutlivesSignOut: what a form was answered is gone with the session that sent it.
func TestNoAnswerOutlivesSignOut(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	cookie := http.Header{"Cookie": {s.Cookie(t, webtest.Owner)}}
	form := url.Values{"form_id": {formID}, "token_name": {"ci"}, "days": {"7"}}
	send := func(path string, form url.Values) *webtest.Response {
		return s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPost, Path: path, Form: form, Header: cookie})
	}
	secret := send("/users/me/keys/tokens", form).Document().Find("#secret").AttrOr("value", "")
	if res := send("/logout", url.Values{"x": {"1"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("got %d", res.StatusCode)
	}
	if res := send("/users/me/keys/tokens", form); res.StatusCode != http.StatusSeeOther || secret == "" || strings.Contains(string(res.Body), secret) {
		t.Errorf("got %d\n%s", res.StatusCode, res.Text())
	}
}
