package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// TestReplaceRolePage: the page of the holders of a role asks for another one, the next page shows what that would do, and leads
// back to it with one undo for all. A row of the list can be chosen too.
func TestReplaceRolePage(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	const auditor, instead = "organization-auditor", "organization-template-admin"
	s.Do(t, webtest.Request{Method: http.MethodPost, Path: members, As: webtest.Owner, JSON: map[string]any{"action": "add-role", "role": auditor, "users": []string{"member", "admin"}}})
	holders := members + "/roles/" + auditor + "/members"
	page := s.Send(t, webtest.Page, webtest.Request{Path: holders, As: webtest.Owner}).Document()
	if page.Find("#bulk button[name=replace-role][value="+instead+"]").Length() != 1 || page.Find("#bulk button[name=replace-role][value="+auditor+"]").Length() != 0 {
		t.Error("the bar does not offer the other roles")
	}
	form := page.Find("form#replace")
	sent := sentBy(form)
	sent.Set("with", instead)
	asked := s.Send(t, webtest.Page, webtest.Request{Path: form.AttrOr("action", ""), As: webtest.Owner, Form: sent})
	confirm := asked.Document().Find("main form.confirm")
	if h1 := asked.Document().Find("h1").Text(); asked.StatusCode != 200 || h1 != "Replace Organization Auditor with Organization Template Admin for 2 members?" {
		t.Fatalf("got %d %q", asked.StatusCode, h1)
	}
	if confirm.Find(".diff-l li").Length() == 0 || confirm.Find("[name=until] option").First().Text() != "When the old one would" {
		t.Errorf("the page shows neither what it does nor when it ends\n%s", asked.Text())
	}
	done := s.Send(t, webtest.Page, webtest.Request{Path: confirm.AttrOr("action", ""), As: webtest.Owner, Form: sentBy(confirm)})
	if done.StatusCode != http.StatusSeeOther || done.Header.Get("Location") != holders {
		t.Fatalf("got %d to %s", done.StatusCode, done.Header.Get("Location"))
	}
	if diff := cmp.Diff([]string{instead}, rolesOf(t, s, "member")); diff != "" {
		t.Errorf("roles (-want +got)\n%s", diff)
	}
	audit := s.Send(t, webtest.Page, webtest.Request{Path: "/audit?organization=default", As: webtest.Owner}).Document().Find(".ev").First()
	if text := strings.Join(strings.Fields(audit.Find("p").Text()), " "); !strings.Contains(text, "2 people") {
		t.Errorf("the audit log says %q", text)
	}
	none := follow(t, s, webtest.Owner, done).Document()
	if none.Find("form#replace").Length() != 0 {
		t.Error("nobody is given another role")
	}
	follow(t, s, webtest.Owner, s.Send(t, webtest.Page, webtest.Request{Path: undoOf(t, none), As: webtest.Owner, Form: url.Values{}}))
	if diff := cmp.Diff([]string{auditor}, rolesOf(t, s, "member")); diff != "" {
		t.Errorf("roles after the undo (-want +got)\n%s", diff)
	}
}
