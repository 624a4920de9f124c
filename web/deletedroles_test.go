package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// TestDeletedRolesPage: a role that was deleted is listed, reviewed and restored, on pages without script as in the API, for the site
// as for an organization; the message about the deletion offers to undo it, and so does the audit log.
func TestDeletedRolesPage(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI robots", []permission{{"template", "read", false}}})(t, s)
	done(t, s, webtest.Request{Method: http.MethodPatch, Path: "/users/roles", JSON: `{"name":"desk","site_permissions":[{"resource_type":"user","action":"read"}]}`})
	for _, place := range []struct{ list, role, label, home string }{
		{"/organizations/default/deleted-roles", roles + "/ci", "CI robots", roles},
		{"/deleted-roles", "/users/roles/desk", "desk", "/users/roles"},
	} {
		gone := follow(t, s, webtest.Owner, s.Send(t, webtest.Page, webtest.Request{Method: http.MethodDelete, Path: place.role, As: webtest.Owner, Form: url.Values{}}))
		undo := undoOf(t, gone.Document())

		list := s.Send(t, webtest.Page, webtest.Request{Path: place.list, As: webtest.Owner}).Document()
		if row := list.Find(".rl tbody tr"); row.Length() != 1 || !strings.Contains(row.Text(), place.label) || !strings.Contains(row.Text(), "by owner") {
			t.Fatalf("%s: %s", place.list, list.Find("main").Text())
		}
		if got := list.Find(".tabs [aria-current]").Text(); strings.TrimSpace(got) != "Deleted" {
			t.Errorf("%s: the tab is %q", place.list, got)
		}
		if got := s.Send(t, webtest.Page, webtest.Request{Path: place.list, As: "member"}).Document(); got.Find("tbody tr").Length() != 1 || got.Find("tbody .btn").Length() != 0 {
			t.Errorf("%s: offered to who may not make roles", place.list)
		}
		review, _ := list.Find("tbody .btn").Attr("href")
		page := s.Send(t, webtest.Page, webtest.Request{Path: review, As: webtest.Owner}).Document()
		form := page.Find("form.confirm")
		for _, want := range []string{"owner deleted this role on", "1 change", "No one has this role, so no one is affected."} {
			if !strings.Contains(strings.Join(strings.Fields(form.Text()), " "), want) {
				t.Errorf("%s: %q is missing in %s", review, want, form.Text())
			}
		}
		if form.AttrOr("action", "") != undo {
			t.Errorf("%s: sends to %q, want %q", review, form.AttrOr("action", ""), undo)
		}
		if got := s.Send(t, webtest.Page, webtest.Request{Path: "/audit", As: webtest.Owner}).Document().Find(`form[action="` + undo + `"]`).Length(); got != 1 {
			t.Errorf("%d buttons in the audit log", got)
		}
		back := s.Send(t, webtest.Page, webtest.Request{Path: undo, As: webtest.Owner, Form: fieldsOf(form)})
		if back.StatusCode != 303 || back.Header.Get("Location") != place.role {
			t.Errorf("%s: restored: %d to %q\n%s", place.list, back.StatusCode, back.Header.Get("Location"), back.Text())
		}
		if got := s.Send(t, webtest.Page, webtest.Request{Path: place.list, As: webtest.Owner}).Text(); !strings.Contains(got, "No role was deleted") {
			t.Errorf("%s: after that: %s", place.list, got)
		}
		late := s.Send(t, webtest.Page, webtest.Request{Path: review, As: webtest.Owner}).Document()
		if late.Find("form.confirm .btn.pri").Length() != 0 || !strings.Contains(late.Find("#errors").Text(), "again") {
			t.Errorf("%s: offers to restore what is there: %s", review, late.Find("main").Text())
		}
	}
}

// TestUndoPreview: a dry run tells what an undo would do, and does nothing.
func TestUndoPreview(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "read", false}}})(t, s)
	give := s.Send(t, webtest.Fragment, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Owner, Form: url.Values{"roles": {"1"}, "role": {"ci"}}})
	path := undoOf(t, give.Document())
	var impact struct {
		DryRun   bool `json:"dry_run"`
		Affected int
		Losses   []struct{ Action string }
	}
	s.Do(t, webtest.Request{Method: http.MethodPost, Path: path + "?dry_run=1", As: webtest.Owner}).Decode(&impact)
	if !impact.DryRun || impact.Affected != 1 || len(impact.Losses) != 1 || len(rolesOf(t, s, "member")) != 1 {
		t.Errorf("%+v, and the member has %v", impact, rolesOf(t, s, "member"))
	}
}
