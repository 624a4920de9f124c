package web_test

import (
	"net/http"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// TestUserPageTellsMustChange: the page of an account says that it has to choose another password when it signs in next.
// JSON has no word of it.
func TestUserPageTellsMustChange(t *testing.T) {
	t.Parallel()
	const badge, why = "Must change the password", "Must choose a new password at the next sign-in"
	s := webtest.New(t)
	page := func() string {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: "/users/member", As: webtest.Owner}).Text()
	}
	if text := page(); strings.Contains(text, badge) || strings.Contains(text, why) {
		t.Errorf("it need not:\n%s", text)
	}
	// The admin types a password for member, who then comes to hold more than the admin.
	done(t, s, webtest.Request{Method: http.MethodPut, Path: "/users/admin/roles", JSON: `{"roles":["user-admin"]}`})
	res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: "/users/member/password", As: webtest.Admin, JSON: `{"password":"known to two people"}`})
	if res.StatusCode != http.StatusNoContent {
		t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
	}
	done(t, s, webtest.Request{Method: http.MethodPut, Path: "/users/member/roles", JSON: `{"roles":["owner"]}`})
	if text := page(); !strings.Contains(text, badge) || !strings.Contains(text, why) {
		t.Errorf("the page does not say so:\n%s", text)
	}
	if json := s.Get(t, webtest.Owner, "/users/member").Text(); strings.Contains(json, "must_change") {
		t.Errorf("JSON: %s", json)
	}
}
