package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/web/webtest"
)

// TestAuditBatches: what one request did to many is one line, which opens to the people and is undone at once.
func TestAuditBatches(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for i := range 16 {
		s.AddUser(t, fmt.Sprintf("person-%02d", i), webtest.Default)
	}
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/person-07/roles", As: webtest.Admin, JSON: map[string]any{"roles": []string{"organization-auditor"}}})
	s.Do(t, webtest.Request{Method: http.MethodPost, Path: members + "?q=person", As: webtest.Admin, JSON: map[string]any{"action": "add-role", "role": "organization-auditor", "all": true}})
	s.Do(t, webtest.Request{Method: http.MethodDelete, Path: members + "/person-09", As: webtest.Admin})
	page := func(query string) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: "/audit?organization=default" + query, As: webtest.Admin})
	}
	lines := page("").Document().Find(".ev")
	if text := strings.Join(strings.Fields(lines.Eq(1).Find("p").Text()), " "); !strings.Contains(text, "gave the role organization-auditor to 15 people at once") {
		t.Fatalf("the second line says %q", text)
	}
	if text := lines.Eq(2).Find("p").Text(); !strings.Contains(text, "person-07") {
		t.Errorf("the third line says %q: entries of the batch stand apart", text)
	}
	all := lines.Eq(1).Find(".parts a").Last().AttrOr("href", "")
	if n := lines.Eq(1).Find(".parts li").Length(); n != 13 || !strings.Contains(all, "request_id") {
		t.Fatalf("the line opens to %d lines, and leads to %q", n, all)
	}
	if n := s.Send(t, webtest.Page, webtest.Request{Path: all, As: webtest.Admin}).Document().Find(".ev").Length(); n != 15 {
		t.Errorf("all of it: %d lines on the first page", n)
	}
	if one := page("&resource_target=person-12").Document().Find(".ev"); one.Length() != 1 || one.Find(".parts").Length() != 0 {
		t.Errorf("of one person there are %d lines", one.Length())
	}
	undo := lines.Eq(1).Find("form").AttrOr("action", "")
	if !strings.HasSuffix(undo, "/undo/batch") {
		t.Fatalf("the undo goes to %q", undo)
	}
	done := follow(t, s, webtest.Admin, s.Send(t, webtest.Page, webtest.Request{Path: undo, As: webtest.Admin, Form: url.Values{"back": {"/audit?organization=default"}}}))
	if text := done.Document().Find("#toast").Text(); !strings.Contains(text, "14 members were undone") || len(rolesOf(t, s, "person-07")) != 1 {
		t.Errorf("undone: %q", text)
	}
}

// TestUndoOffboarding: one undo gives back what can be given back, in all organizations, and says what can't.
func TestUndoOffboarding(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.AddUser(t, "leaver", webtest.Default, webtest.Other)
	roles := func(organization string) string { return "/organizations/" + organization + "/members/leaver/roles" }
	for _, o := range []string{webtest.Default, webtest.Other} {
		s.Do(t, webtest.Request{Method: http.MethodPut, Path: roles(o), As: webtest.Owner, JSON: map[string]any{"roles": []string{"organization-auditor"}}})
	}
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/users/leaver/offboard", As: webtest.Owner, Form: url.Values{
		"suspend": {"1"}, "end_sessions": {"1"}, "revoke_tokens": {"1"}, "leave": {"1"}, "reason": {"Left"},
	}})
	done := follow(t, s, webtest.Owner, res)
	if statusOf(t, s, "leaver") != "suspended" || len(s.Query(t, "SELECT 1 FROM organization_members m JOIN users u ON u.id = m.user_id WHERE u.username = 'leaver'")) != 0 {
		t.Fatal("not offboarded")
	}
	undo := undoOf(t, done.Document())
	log := s.Send(t, webtest.Page, webtest.Request{Path: "/audit", As: webtest.Owner}).Document().Find(".ev").First()
	if text := strings.Join(strings.Fields(log.Find("p").Text()), " "); !strings.Contains(text, "offboarded leaver") || log.Find("form").Length() != 1 {
		t.Errorf("the log says %q", text)
	}
	if got := s.Do(t, webtest.Request{Method: http.MethodPost, Path: undo, As: webtest.Member}).StatusCode; got != http.StatusNotFound && got != http.StatusForbidden {
		t.Errorf("by somebody else: got %d", got)
	}
	var r client.BulkResult
	s.Do(t, webtest.Request{Method: http.MethodPost, Path: undo, As: webtest.Owner}).Decode(&r)
	if len(r.Done) != 2 || len(r.Users) != 1 || len(r.Refused) != 1 || !strings.Contains(r.Refused[0].Reason, "stay revoked") {
		t.Errorf("undone: %d members, %d accounts, refused %+v", len(r.Done), len(r.Users), r.Refused)
	}
	if statusOf(t, s, "leaver") != "active" || !strings.Contains(s.Get(t, webtest.Owner, roles(webtest.Other)).Text(), "organization-auditor") {
		t.Error("what can come back has not")
	}
	if got := s.Do(t, webtest.Request{Method: http.MethodPost, Path: undo, As: webtest.Owner}).StatusCode; got != http.StatusConflict {
		t.Errorf("twice: got %d", got)
	}
}

// TestRemovedMembers: who was removed stands there with the roles at the time, and comes back with them after a review.
func TestRemovedMembers(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, name := range []string{"gone", "deleted", "back"} {
		s.AddUser(t, name, webtest.Default)
	}
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/gone/roles", As: webtest.Admin, JSON: map[string]any{"roles": []string{"organization-auditor"}}})
	for _, name := range []string{"gone", "deleted", "back"} {
		s.Do(t, webtest.Request{Method: http.MethodDelete, Path: members + "/" + name, As: webtest.Admin})
	}
	s.Do(t, webtest.Request{Method: http.MethodDelete, Path: "/users/deleted", As: webtest.Owner})
	s.Do(t, webtest.Request{Method: http.MethodPost, Path: members + "/back", As: webtest.Owner})
	get := func(as, path string) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: path, As: as})
	}
	if get(webtest.Admin, members).Document().Find(`.tabs a[href*="removed=1"]`).Length() != 1 || get(webtest.Member, members).Document().Find(`.tabs a[href*="removed=1"]`).Length() != 0 {
		t.Error("the tab is not for who may read the trail, or for others")
	}
	rows := get(webtest.Admin, members+"?removed=1").Document().Find("tbody tr")
	if rows.Length() != 3 || rows.Find(".badge:contains('Account deleted')").Length() != 1 || rows.Find(".badge:contains('Member again')").Length() != 1 {
		t.Fatalf("the list has %d rows: %s", rows.Length(), rows.Text())
	}
	again := rows.Find(`a[href*="again="]`)
	if again.Length() != 1 || !strings.Contains(rows.Last().Find(".c-roles").Text(), "Auditor") {
		t.Fatalf("%d can be added again", again.Length())
	}
	review := get(webtest.Admin, again.AttrOr("href", "")).Document().Find("main form.confirm")
	if !strings.Contains(review.Text(), "Auditor") || len(s.Query(t, "SELECT 1 FROM organization_members m JOIN users u ON u.id = m.user_id WHERE u.username = 'gone'")) != 0 {
		t.Fatalf("the review says %q", review.Text())
	}
	follow(t, s, webtest.Admin, s.Send(t, webtest.Page, webtest.Request{Path: review.AttrOr("action", ""), As: webtest.Admin, Form: sentBy(review)}))
	if len(rolesOf(t, s, "gone")) != 1 {
		t.Error("the roles did not come back")
	}
	if got := get(webtest.Rival, members+"?removed=1").StatusCode; got != http.StatusNotFound {
		t.Errorf("from outside: got %d", got)
	}
	if got := get(webtest.Member, members+"?removed=1").StatusCode; got != http.StatusForbidden {
		t.Errorf("by a member: got %d", got)
	}
	if got := get(webtest.Rival, "/organizations/other/members?removed=1&again="+strings.SplitN(again.AttrOr("href", ""), "again=", 2)[1]).Document().Find("form.confirm").Length(); got != 0 {
		t.Error("an entry of another organization is reviewed")
	}
}

// TestActivity: the page about a person has what they did and what was done to them, for who may read the trail.
func TestActivity(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.AddUser(t, "wendy", webtest.Default)
	s.AddUser(t, "plain", webtest.Default)
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/wendy/roles", As: webtest.Admin, JSON: map[string]any{"roles": []string{"organization-admin"}}})
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: "wendy", JSON: map[string]any{"roles": []string{"organization-auditor"}}})
	page := func(as, path string) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: path, As: as})
	}
	doc := page(webtest.Admin, members+"/wendy?tab=activity").Document()
	text := strings.Join(strings.Fields(doc.Find(".ev p").Text()), " ")
	if doc.Find(".ev").Length() != 2 || !strings.Contains(text, "to member") || !strings.Contains(text, "to wendy") || doc.Find(".tabs [aria-current]").Text() == "" {
		t.Errorf("%d lines: %s", doc.Find(".ev").Length(), text)
	}
	if n := page(webtest.Owner, "/users/wendy?tab=activity").Document().Find(".ev").Length(); n < 2 {
		t.Errorf("on the site: %d lines", n)
	}
	doc = page(webtest.Admin, members+"/wendy").Document()
	if n := doc.Find(`[aria-labelledby=changes-h] .ev`).Length(); n == 0 || n > 5 || doc.Find(`a[href="`+members+`/wendy?tab=activity"]`).Length() != 2 {
		t.Errorf("%d last entries of wendy on the page of the access", n)
	}
	if n := page("plain", members+"/plain").Document().Find(".ev").Length(); n > 0 {
		t.Errorf("who may not read the audit trail sees %d entries", n)
	}
	if got := page("plain", members+"/plain?tab=activity").StatusCode; got != http.StatusForbidden {
		t.Errorf("without the right to read the trail: got %d", got)
	}
}
