package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// TestEndedSession: a form that comes without a session leads to the page to sign in, which says that nothing was saved
// and leads back to where the form was; script gets a header.
func TestEndedSession(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	here := "http://rolecall.test" + roles + "/ci?x=1"
	scripted := http.Header{"HX-Request": {"true"}, "HX-Request-Type": {"full"}, "HX-Current-URL": {here}}
	popover := http.Header{"HX-Current-URL": {here}}
	for _, tt := range []struct {
		name, path string
		header     http.Header
		way        webtest.Way
		where      string // the header that says where to go
		want       string
	}{
		{"page", roles, http.Header{"Referer": {"http://rolecall.test" + roles + "/ci?x=1"}}, webtest.Page, "Location", "/login?ended=1&next=" + url.QueryEscape(roles+"/ci?x=1")},
		{"page from elsewhere", roles, http.Header{"Referer": {"http://evil.example" + roles}}, webtest.Page, "Location", "/login?ended=1"},
		{"script", roles, scripted, webtest.Page, "HX-Redirect", "/login?ended=1&next=" + url.QueryEscape(roles+"/ci?x=1")},
		{"popover", roles, popover, webtest.Fragment, "HX-Redirect", "/login?ended=1&next=" + url.QueryEscape(roles+"/ci?x=1")},
		{"signing out", "/logout", nil, webtest.Page, "Location", "/login"},
	} {
		header := http.Header{"Cookie": {"rolecall=ended"}}
		for name, values := range tt.header {
			header[name] = values
		}
		res := s.Send(t, tt.way, webtest.Request{Method: http.MethodPost, Path: tt.path, Header: header, Form: url.Values{"name": {"ci"}}})
		if got := res.Header.Get(tt.where); got != tt.want {
			t.Errorf("%s: got %d to %q, want %q", tt.name, res.StatusCode, got, tt.want)
		}
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: roles, Header: http.Header{"Cookie": {"rolecall=ended"}}}); strings.Contains(res.Header.Get("Location"), "ended") {
		t.Errorf("reading leads to %s", res.Header.Get("Location"))
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: "/login?ended=1&next=" + url.QueryEscape(roles)})
	if !strings.Contains(page.Text(), "Your session ended. Nothing was saved.") || page.Document().Find("[name=next]").AttrOr("value", "") != roles {
		t.Errorf("got %d\n%s", page.StatusCode, page.Text())
	}
}

// TestScriptIsLedOn: script gets the destination of a form in a header, since its request would follow by itself and use
// up the message of the next page.
func TestScriptIsLedOn(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	header := http.Header{"HX-Request": {"true"}, "HX-Request-Type": {"full"}}
	saved := s.Send(t, webtest.Page, webtest.Request{
		As: webtest.Admin, Path: roles, Header: header, Form: url.Values{"_method": {"PUT"}, "new": {"1"}, "name": {"night"}, "display_name": {"Night"}},
	})
	if saved.StatusCode != http.StatusOK || saved.Header.Get("HX-Redirect") != roles+"/night" || saved.Header.Get("Location") != "" || len(saved.Cookies()) != 1 {
		t.Errorf("got %d %v", saved.StatusCode, saved.Header)
	}
	preferences := s.Send(t, webtest.Page, webtest.Request{As: webtest.Admin, Path: "/users/me/preferences", Header: header, Form: url.Values{"zone": {""}}})
	if got := preferences.Header.Get("HX-Redirect"); got != "/users/me/preferences" {
		t.Errorf("it leads to %q, which may only scroll", got)
	}
	refused := s.Send(t, webtest.Page, webtest.Request{As: webtest.Admin, Path: roles, Header: header, Form: url.Values{"_method": {"PUT"}, "new": {"1"}, "name": {"no name"}}})
	if refused.StatusCode != http.StatusBadRequest || refused.Document().Find("#main > .wrap #role").Length() != 1 {
		t.Errorf("refused: got %d, and no page with the form", refused.StatusCode)
	}
}
