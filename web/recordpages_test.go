package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web/webtest"
)

// textOf is what a part of a page says, with single spaces.
func textOf(part *goquery.Selection) string { return strings.Join(strings.Fields(part.Text()), " ") }

// TestPagesAfterAnEnd: a page that is shown after an end does not show the role any more, also to one who has it already.
func TestPagesAfterAnEnd(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	do(t, s, assign(webtest.Admin, "member", orgAuditor))
	for _, path := range []string{members + "/member", members + "?q=member@", members} {
		for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
			if doc := s.Send(t, way, get(webtest.Admin, path)).Document(); !strings.Contains(textOf(doc.Find("td .tag")), "Auditor") {
				t.Errorf("%s as a %s does not show the role", path, way)
			}
		}
	}
	end := func(in time.Duration) {
		t.Helper()
		s.Exec(t, "UPDATE member_roles SET ends_at = ? WHERE role = 'organization-auditor'", time.Now().Add(in).UTC())
	}
	end(7 * 24 * time.Hour)
	list := s.Send(t, webtest.Fragment, get(webtest.Admin, members+"?q=member@")).Document()
	if got := textOf(list.Find("td .tag .ends")); got != "ends: 7 days" {
		t.Errorf("the row of the list says %q", got)
	}
	end(-time.Second)
	for _, path := range []string{members + "/member", members + "?q=member@", members} {
		for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
			if doc := s.Send(t, way, get(webtest.Admin, path)).Document(); strings.Contains(textOf(doc.Find("td .tag")), "Auditor") {
				t.Errorf("%s as a %s shows a role that ended", path, way)
			}
		}
	}
}

// TestSyncedPages: what a provider or directory gives is locked, with the reason, and who removes such a member is told who
// adds them again.
func TestSyncedPages(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	do(t, s, assign(webtest.Admin, "member", orgAuditor))
	s.Exec(t, "UPDATE member_roles SET source = 'oidc:okta' WHERE role = 'organization-auditor'")
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		doc := s.Send(t, way, get(webtest.Admin, members+"/member/roles")).Document()
		box := doc.Find("[name=role][type=checkbox][value=organization-auditor]")
		if _, off := box.Attr("disabled"); !off || doc.Find("[name=role][type=hidden][value=organization-auditor]").Length() != 1 || !strings.Contains(textOf(box.Closest("label")), "the sign-in provider okta") {
			t.Errorf("as a %s the box is %s", way, textOf(box.Closest("label")))
		}
	}
	res := s.Send(t, webtest.Page, webtest.Request{As: webtest.Admin, Method: http.MethodPut, Path: members + "/member/roles", Form: url.Values{"roles": {"1"}, "role": {orgAuditor, "organization-template-admin"}}})
	if res.StatusCode != 303 {
		t.Errorf("another role beside it: got %d", res.StatusCode)
	}
	page := s.Send(t, webtest.Page, get(webtest.Admin, members+"/member")).Document()
	if got := textOf(page.Find(".access")); !strings.Contains(got, "Changed at the sign-in provider okta") {
		t.Errorf("the page of the member says %q", got)
	}
	const again = "will be added again by"
	ask := get(webtest.Admin, members+"/member?confirm=remove")
	if strings.Contains(s.Send(t, webtest.Page, ask).Text(), again) {
		t.Error("it warns of a membership that was given by hand")
	}
	s.Exec(t, "UPDATE member_roles SET source = 'scim:okta' WHERE role = 'organization-member'")
	if got := textOf(s.Send(t, webtest.Page, ask).Document().Find(".confirm")); !strings.Contains(got, again+" the directory okta") {
		t.Errorf("the question says %q", got)
	}
}
