package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// undoOf is where the toast of an answer undoes what was done.
func undoOf(t *testing.T, doc *goquery.Document) string {
	t.Helper()
	path := doc.Find("#toast form").AttrOr("action", doc.Find("#toast [data-undo]").AttrOr("hx-post", ""))
	if path == "" {
		t.Fatalf("nothing to undo in %s", doc.Find("#toast").Text())
	}
	return path
}

// follow loads the page that an answer leads to, with the cookies that it set.
func follow(t *testing.T, s *webtest.Site, as string, res *webtest.Response) *webtest.Response {
	t.Helper()
	cookie := s.Cookie(t, as)
	for _, c := range res.Cookies() {
		cookie += "; " + c.Name + "=" + c.Value
	}
	return s.Send(t, webtest.Page, webtest.Request{Path: res.Header.Get("Location"), Header: http.Header{"Cookie": {cookie}}})
}

// TestUndo: a change of roles, a removal and an addition are taken back from the message about them.
func TestUndo(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	auditor := url.Values{"roles": {"1"}, "role": {"organization-auditor"}}
	give := webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Admin, Form: auditor}

	fragment := s.Send(t, webtest.Fragment, give)
	path := undoOf(t, fragment.Document())
	undone := s.Send(t, webtest.Fragment, webtest.Request{Path: path, As: webtest.Admin, Form: url.Values{}})
	if undone.StatusCode != 200 || undone.Document().Find("tr#m-"+s.ID("member")+"[hx-swap-oob]").Length() != 1 || len(rolesOf(t, s, "member")) != 0 {
		t.Errorf("fragment: %d\n%s", undone.StatusCode, undone.Body)
	}
	for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
		again := s.Send(t, way, webtest.Request{Method: http.MethodPost, Path: path, As: webtest.Admin, Form: url.Values{}})
		if again.StatusCode != 409 || !strings.Contains(again.Text(), "were changed since") {
			t.Errorf("%s, once more: got %d\n%s", way, again.StatusCode, again.Text())
		}
		if way == webtest.Fragment && again.Document().Find("#toast[hx-swap-oob]").Length() != 1 {
			t.Error("the reason does not stand in the toast")
		}
	}

	list := follow(t, s, webtest.Admin, s.Send(t, webtest.Page, give))
	back := s.Send(t, webtest.Page, webtest.Request{Path: undoOf(t, list.Document()), As: webtest.Admin, Form: url.Values{"back": {members + "?q=mem"}}})
	if back.StatusCode != 303 || back.Header.Get("Location") != members+"?q=mem" || len(rolesOf(t, s, "member")) != 0 {
		t.Errorf("page: %d to %s", back.StatusCode, back.Header.Get("Location"))
	}

	s.Send(t, webtest.Page, give)
	gone := follow(t, s, webtest.Admin, s.Send(t, webtest.Page, webtest.Request{Method: http.MethodDelete, Path: members + "/member", As: webtest.Admin, Form: url.Values{}}))
	if got := s.Get(t, webtest.Owner, members+"/member").StatusCode; got != 404 {
		t.Fatalf("not removed: %d", got)
	}
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: undoOf(t, gone.Document()), As: webtest.Admin})
	if diff := cmp.Diff([]string{"organization-auditor"}, rolesOf(t, s, "member")); res.StatusCode != 200 || diff != "" {
		t.Errorf("JSON: %d\n%s", res.StatusCode, diff)
	}

	added := follow(t, s, webtest.Owner, s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPost, Path: members + "/outsider", As: webtest.Owner, Form: url.Values{}}))
	s.Send(t, webtest.Page, webtest.Request{Path: undoOf(t, added.Document()), As: webtest.Owner, Form: url.Values{}})
	if got := s.Get(t, webtest.Owner, members+"/outsider").StatusCode; got != 404 {
		t.Errorf("still a member: %d", got)
	}
}

// TestUndoSiteRoles: so is a change of site roles, from the list of users and from the audit log.
func TestUndoSiteRoles(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	give := webtest.Request{Method: http.MethodPut, Path: "/users/member/roles", As: webtest.Owner, Form: url.Values{"roles": {"1"}, "role": {"auditor"}, "back": {"/users?q=mem"}}}
	held := func() string {
		var u struct{ Roles []struct{ Name string } }
		s.Get(t, webtest.Owner, "/users/member").Decode(&u)
		return fmt.Sprint(u.Roles)
	}
	path := undoOf(t, s.Send(t, webtest.Fragment, give).Document())
	if got := s.Send(t, webtest.Fragment, webtest.Request{Path: path, As: webtest.Admin, Form: url.Values{}}); got.StatusCode != 403 || held() != "[{auditor}]" {
		t.Errorf("a caller without the right: got %d, %s", got.StatusCode, held())
	}
	undone := s.Send(t, webtest.Fragment, webtest.Request{Path: path, As: webtest.Owner, Form: url.Values{}})
	if undone.StatusCode != 200 || undone.Document().Find("tr#u-"+s.ID("member")+"[hx-swap-oob]").Length() != 1 || held() != "[]" {
		t.Errorf("fragment: %d, %s\n%s", undone.StatusCode, held(), undone.Body)
	}
	list := follow(t, s, webtest.Owner, s.Send(t, webtest.Page, give)).Document()
	back := s.Send(t, webtest.Page, webtest.Request{Path: undoOf(t, list), As: webtest.Owner, Form: url.Values{"back": {list.Find("#toast [name=back]").AttrOr("value", "")}}})
	if got := back.Header.Get("Location"); got != "/users?q=mem" || held() != "[]" {
		t.Errorf("page: to %s, %s", got, held())
	}
	s.Send(t, webtest.Fragment, give)
	log := s.Send(t, webtest.Page, webtest.Request{Path: "/audit", As: webtest.Owner}).Document()
	s.Send(t, webtest.Page, webtest.Request{Path: log.Find("article.ev form[action$='/undo']").First().AttrOr("action", ""), As: webtest.Owner, Form: url.Values{}})
	if held() != "[]" {
		t.Errorf("audit log: %s", held())
	}
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path, As: webtest.Owner})
	if res.StatusCode != 409 {
		t.Errorf("JSON: %d", res.StatusCode)
	}
}

// TestNothingToUndo: an unchanged list offers no undo, which would take back an older change.
func TestNothingToUndo(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	give := webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Admin, Form: url.Values{"roles": {"1"}, "role": {"organization-auditor"}}}
	s.Send(t, webtest.Fragment, give)
	if n := s.Send(t, webtest.Fragment, give).Document().Find("#toast [data-undo]").Length(); n != 0 {
		t.Error("offers to undo what was not done")
	}
}

// TestFlashCookie: what is not ours in the cookie neither becomes a link nor breaks the page.
func TestFlashCookie(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for value, forms := range map[string]int{
		"SGVsbG8.0197a5b0-0000-7000-8000-000000000000": 1,
		"SGVsbG8.../../users":                          0,
		"SGVsbG8":                                      0,
		"%%%.x":                                        0,
	} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: members, Header: http.Header{"Cookie": {s.Cookie(t, webtest.Admin) + "; flash=" + value}}})
		if got := res.Document().Find("#toast form").Length(); res.StatusCode != 200 || got != forms {
			t.Errorf("%s: got %d, %d forms", value, res.StatusCode, got)
		}
	}
}

// TestUndoStatus: suspending asks first, and is taken back from the message about it by who may suspend; not once the account
// was reactivated otherwise.
func TestUndoStatus(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	status := func() string { return s.Query(t, "SELECT status FROM users WHERE username = 'member'")[0][0] }
	page := s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Path: "/users/member?confirm=suspend"})
	if form := page.Document().Find("#status form"); form.AttrOr("action", "") != "/users/member/status/suspend" || !strings.Contains(page.Text(), "You can undo it") {
		t.Fatalf("the question is\n%s", page.Text())
	}
	if plain := s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Path: "/users/member"}); plain.Document().Find("#status form").Length() != 0 {
		t.Error("it is suspended without a question")
	}
	suspend := webtest.Request{Method: http.MethodPut, Path: "/users/member/status/suspend", As: webtest.Owner, Form: url.Values{}}
	told := follow(t, s, webtest.Owner, s.Send(t, webtest.Page, suspend))
	path := undoOf(t, told.Document())
	if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path, As: webtest.Admin}); res.StatusCode < 400 || status() != "suspended" {
		t.Errorf("one who may not: got %d", res.StatusCode)
	}
	back := s.Send(t, webtest.Fragment, webtest.Request{Path: path, As: webtest.Owner, Form: url.Values{}, Header: http.Header{"Hx-Current-Url": {"http://x/users/member"}}})
	if back.StatusCode != 200 || back.Header.Get("HX-Redirect") != "/users/member" || status() != "active" {
		t.Errorf("got %d to %q, and the account is %s", back.StatusCode, back.Header.Get("HX-Redirect"), status())
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path, As: webtest.Owner}); res.StatusCode != 409 {
		t.Errorf("once more: got %d", res.StatusCode)
	}
	log := s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Path: "/audit?q=resource_type:user"})
	if n := log.Document().Find("form[action$='/undo'], [hx-post$='/undo']").Length(); n == 0 {
		t.Error("the audit log offers no undo of it")
	}
}
