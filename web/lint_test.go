package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
)

// TestDismissFindings: a line of the page is dismissed with a reason, which the page then shows; the message undoes it, and programs do
// the same.
func TestDismissFindings(t *testing.T) {
	t.Parallel()
	const path = "/organizations/default/lint"
	s := webtest.New(t)
	giveRole(t, s, "odd", []rbac.Permission{{ResourceType: "license", Action: "read"}})
	list := func(query string) (found []client.Finding) {
		t.Helper()
		s.Do(t, webtest.Request{Path: path + query, As: webtest.Admin}).Decode(&found)
		return found
	}
	open := list("")
	if len(open) != 2 || list("?dismissed=1") != nil && len(list("?dismissed=1")) > 0 {
		t.Fatalf("%+v", open)
	}

	page := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Admin}).Document()
	form := page.Find("form.dismiss").First()
	sent := url.Values{"findings": {form.Find("[name=findings]").AttrOr("value", "")}, "reason": {" "}}
	wrong := s.Send(t, webtest.Page, webtest.Request{Path: form.AttrOr("action", ""), As: webtest.Admin, Form: sent})
	if doc := wrong.Document(); wrong.StatusCode != 400 || doc.Find("details.more[open]").Length() != 1 || doc.Find("#errors a[href='#dismiss-reason']").Length() != 1 || doc.Find("#dismiss-reason[aria-invalid]").Length() != 1 {
		t.Errorf("without a reason: %d, %s", wrong.StatusCode, doc.Find("#main").Text())
	}
	sent.Set("reason", "kept for the audit")
	done := follow(t, s, webtest.Admin, s.Send(t, webtest.Page, webtest.Request{Path: form.AttrOr("action", ""), As: webtest.Admin, Form: sent})).Document()
	aside := done.Find("[aria-labelledby=dismissed-h]")
	if text := aside.Text(); !strings.Contains(text, "kept for the audit") || !strings.Contains(text, "Dismissed by") || done.Find("#toast").Text() == "" {
		t.Errorf("the page says %q", done.Find("#main").Text())
	}
	if got := list(""); len(got) != 1 || got[0].ID == sent.Get("findings") {
		t.Errorf("open are %+v", got)
	}
	if got := list("?dismissed=1"); len(got) != 1 || got[0].ID != sent.Get("findings") || got[0].Dismissal == nil || got[0].Dismissal.DismissedBy != webtest.Admin {
		t.Errorf("dismissed are %+v", got)
	}
	undone := follow(t, s, webtest.Admin, s.Send(t, webtest.Page, webtest.Request{Path: undoOf(t, done), As: webtest.Admin, Form: url.Values{"back": {path}}})).Document()
	if undone.Find("[aria-labelledby=dismissed-h]").Length() != 0 || len(list("")) != 2 {
		t.Errorf("after the undo: %q", undone.Find("#main").Text())
	}

	var d client.Dismissal
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path + "/dismissals", As: webtest.Admin, JSON: client.DismissFindings{Findings: []string{open[0].ID, open[1].ID}, Reason: "later"}})
	if res.Decode(&d); res.StatusCode != http.StatusCreated || d.Findings != 2 || len(list("")) != 0 {
		t.Fatalf("dismissed by a program: %d, %+v", res.StatusCode, d)
	}
	if text := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Admin}).Document().Find(".blank h2").Text(); text != "No open findings" {
		t.Errorf("the page says %q", text)
	}
	var trail client.AuditList
	s.Do(t, webtest.Request{Path: "/audit?q=resource_type:finding_dismissal", As: webtest.Owner}).Decode(&trail)
	if len(trail.Entries) != 4 || trail.Entries[0].ResourceTarget != "odd" {
		t.Errorf("the trail has %+v", trail.Entries)
	}
	back := webtest.Request{Method: http.MethodDelete, Path: path + "/dismissals/" + d.ID.String(), As: webtest.Admin}
	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		if res := s.Do(t, back); res.StatusCode != want {
			t.Errorf("brought back: %d, want %d", res.StatusCode, want)
		}
	}
	if len(list("")) != 2 {
		t.Error("the findings are not open again")
	}
}
