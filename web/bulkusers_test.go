package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/web/webtest"
)

const selection = "/users/selection"

func statusOf(t *testing.T, s *webtest.Site, user string) string {
	t.Helper()
	return s.Query(t, "SELECT status FROM users WHERE username = '"+user+"'")[0][0]
}

func names(list []client.User) (out []string) {
	for _, u := range list {
		out = append(out, u.Username)
	}
	return out
}

// TestChangeUsers: many accounts are changed as each alone would be, and those that a rule protects stay.
func TestChangeUsers(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for i := range 4 {
		s.AddUser(t, fmt.Sprintf("person-%d", i), webtest.Default)
	}
	as := webtest.Owner
	send := func(query string, want int, body map[string]any) (r client.UserBulkResult) {
		t.Helper()
		res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: selection + query, As: as, JSON: body})
		if res.StatusCode != want {
			t.Fatalf("%s %v: got %d, want %d: %s", query, body, res.StatusCode, want, res.Text())
		}
		if want == 200 {
			res.Decode(&r)
		}
		return r
	}
	// A dry run decides the same and stores nothing.
	would := send("?dry_run=1", 200, map[string]any{"action": "suspend", "users": []string{"person-0"}})
	if !would.DryRun || len(would.Done) != 1 || statusOf(t, s, "person-0") == "suspended" {
		t.Fatalf("the dry run: %+v", would)
	}
	done := send("", 200, map[string]any{"action": "suspend", "users": []string{"person-0", s.ID("person-1"), "PERSON-0", webtest.Owner, "no-one"}})
	if got := names(done.Done); !slices.Equal(got, []string{"person-0", "person-1"}) || len(done.Refused) != 2 || done.DryRun {
		t.Fatalf("suspended %v, refused %+v", got, done.Refused)
	}
	if statusOf(t, s, "person-1") != "suspended" || statusOf(t, s, webtest.Owner) != "active" {
		t.Error("the wrong accounts were suspended")
	}
	again := send("?q=search:person", 200, map[string]any{"action": "suspend", "all": true, "except": []string{"person-3"}, "expect": 3})
	if len(again.Done) != 1 || len(again.Unchanged) != 2 {
		t.Errorf("all but one: %d done, %d unchanged", len(again.Done), len(again.Unchanged))
	}
	send("?q=search:person", 409, map[string]any{"action": "activate", "all": true, "expect": 3})
	send("?q=search:person", 400, map[string]any{"action": "activate", "all": true, "except": []string{"pearson-3"}})
	send("", 400, map[string]any{"action": "ruin", "users": []string{"person-3"}})
	send("", 400, map[string]any{"action": "suspend"})
	if back := send("", 200, map[string]any{"action": "activate", "users": []string{"person-0"}}); len(back.Done) != 1 || statusOf(t, s, "person-0") != "active" {
		t.Errorf("activated: %+v", back)
	}
	if gone := send("", 200, map[string]any{"action": "delete", "users": []string{"person-2", webtest.Owner}}); len(gone.Done) != 1 || len(gone.Refused) != 1 {
		t.Errorf("deleted: %+v", gone)
	}
	if s.Get(t, as, "/users/person-2").StatusCode != http.StatusBadRequest {
		t.Error("the account is still there")
	}
	for _, as = range []string{webtest.Admin, webtest.Member, webtest.Outsider} {
		send("", 403, map[string]any{"action": "suspend", "users": []string{"person-3"}})
		send("", 403, map[string]any{"action": "delete", "users": []string{"person-3"}})
	}
	if statusOf(t, s, "person-3") == "suspended" {
		t.Error("suspended by who may not")
	}
}

// TestLastOwnerAmongMany: of all owners one is left, whatever the order, and who comes after is judged as if nothing had been
// tried with that one.
func TestLastOwnerAmongMany(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, name := range []string{"a-person", "second", "z-person"} {
		s.AddUser(t, name, webtest.Default)
	}
	s.Exec(t, "INSERT INTO user_roles (user_id, role) SELECT id, 'owner' FROM users WHERE username = 'second'")
	admin := s.AddUser(t, "helpdesk", webtest.Default)
	s.Exec(t, "INSERT INTO user_roles (user_id, role) SELECT id, 'user-admin' FROM users WHERE id = '"+admin.ID.String()+"'")
	body := map[string]any{"action": "suspend", "users": []string{"a-person", webtest.Owner, "second", "z-person"}}
	var r client.UserBulkResult
	s.Do(t, webtest.Request{Method: http.MethodPost, Path: selection, As: "helpdesk", JSON: body}).Decode(&r)
	if got := names(r.Done); !slices.Equal(got, []string{"a-person", "z-person"}) {
		t.Errorf("suspended %v, left out %+v: owners have what a user admin has not", got, r.Refused)
	}
}

// TestChangeUsersPage: the page asks by name, holds for exactly those people, and offers one undo.
func TestChangeUsersPage(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for i := range 30 {
		s.AddUser(t, fmt.Sprintf("person-%02d", i), webtest.Default)
	}
	const list = selection + "?q=person"
	send := func(path string, form url.Values) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner, Form: form})
	}
	suspended := func() int { return len(s.Query(t, "SELECT 1 FROM users WHERE status = 'suspended'")) }
	first := s.Send(t, webtest.Page, webtest.Request{Path: "/users?q=person", As: webtest.Owner}).Document()
	if h := strings.TrimSpace(first.Find("h1").Contents().First().Text()); h != "People" || first.Find("#bulk td.c-ck").Length() != 25 {
		t.Fatalf("the list of %q has %d boxes", h, first.Find("#bulk td.c-ck").Length())
	}
	kept := send(first.Find("#bulk button[formaction]").AttrOr("formaction", ""), url.Values{"users": {s.ID("person-01")}, "keep": {"1"}}).Document()
	if kept.Find(`#bulk input[data-carried][name=users]`).AttrOr("value", "") != s.ID("person-01") {
		t.Error("the next page does not carry what was ticked")
	}
	asked := send(list, url.Values{"action": {"suspend"}, "all": {"1"}, "except": {s.ID("person-07")}}).Document().Find("main form.confirm")
	if n := asked.Find(".picks li").Length(); n != 29 || suspended() != 0 {
		t.Fatalf("the question names %d people, %d are suspended", n, suspended())
	}
	form := sentBy(asked)
	form.Set("drop", asked.Find(".picks button").Eq(3).AttrOr("value", ""))
	asked = send(list, form).Document().Find("main form.confirm")
	form = sentBy(asked)
	s.AddUser(t, "person-99", webtest.Default)
	if res := send(list, form); res.StatusCode != http.StatusConflict || !strings.Contains(res.Text(), "Came in: person-99") || suspended() != 0 {
		t.Fatalf("another set: got %d, %d suspended", res.StatusCode, suspended())
	}
	form["except"] = append(form["except"], s.ID("person-99"))
	done := follow(t, s, webtest.Owner, send(list, form))
	if suspended() != 28 {
		t.Fatalf("%d are suspended", suspended())
	}
	undone := follow(t, s, webtest.Owner, send(undoOf(t, done.Document()), url.Values{}))
	if text := undone.Document().Find("#toast").Text(); suspended() != 0 || !strings.Contains(text, "The changes of 28 accounts were undone") {
		t.Errorf("%d are suspended: %q", suspended(), text)
	}
	file := send(list, url.Values{"action": {"export"}, "users": {s.ID("person-01"), s.ID("person-02")}})
	if rows := strings.Count(file.Text(), "\r\n"); rows != 3 || !strings.Contains(file.Text(), "person-02") {
		t.Errorf("the file has %d lines", rows)
	}
	gone := follow(t, s, webtest.Owner, send(list, url.Values{"action": {"delete"}, "users": {s.ID("person-01")}, "confirm": {"1"}}))
	if gone.Document().Find("[data-undo]").Length() != 0 {
		t.Error("an undo is offered of what nothing brings back")
	}
}

// TestNewUserWithRoles: an account is a member with roles in one step, by the rules of assigning.
func TestNewUserWithRoles(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	home, other := s.Organizations[webtest.Default].ID.String(), s.Organizations[webtest.Other].ID.String()
	page := s.Send(t, webtest.Page, webtest.Request{Path: "/users/new?organization=default", As: webtest.Owner}).Document()
	if page.Find(`input[name=organization_ids][checked]`).AttrOr("value", "") != home || page.Find(`input[name="roles.`+home+`"]`).Length() == 0 {
		t.Fatal("the form does not begin in the organization, or has no roles")
	}
	form := url.Values{"access": {"service"}, "username": {"robot"}, "organization_ids": {home}, "roles." + home: {"organization-auditor"}, "roles." + other: {"organization-admin"}}
	made := follow(t, s, webtest.Owner, s.Send(t, webtest.Page, webtest.Request{Path: "/users", As: webtest.Owner, Form: form}))
	if !slices.Equal(rolesOf(t, s, "robot"), []string{"organization-auditor"}) {
		t.Errorf("the new member has %v", rolesOf(t, s, "robot"))
	}
	if made.Document().Find(`a[href*="/members/robot/roles"]`).Length() == 0 {
		t.Error("the page does not lead to the roles")
	}
	if n := len(s.Query(t, "SELECT 1 FROM audit_logs WHERE resource_target = 'robot' AND status_code < 400")); n != 2 {
		t.Errorf("%d entries tell of it", n)
	}
	post := func(as, name string, roles map[string][]string) *webtest.Response {
		t.Helper()
		return s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users", As: as, JSON: map[string]any{
			"username": name, "service_account": true, "organization_ids": []string{home}, "organization_roles": roles,
		}})
	}
	for why, c := range map[string]struct {
		as    string
		roles map[string][]string
		want  int
	}{
		"an unknown role":     {webtest.Owner, map[string][]string{home: {"no-such-role"}}, 400},
		"another place":       {webtest.Owner, map[string][]string{other: {"organization-auditor"}}, 400},
		"nobody's place":      {webtest.Owner, map[string][]string{"x": {"organization-auditor"}}, 400},
		"who may not":         {webtest.Admin, map[string][]string{home: {"organization-auditor"}}, 403},
		"all that was wanted": {webtest.Owner, map[string][]string{home: {"organization-auditor", "organization-admin"}}, 201},
	} {
		res := post(c.as, "machine", c.roles)
		if made := len(s.Query(t, "SELECT 1 FROM users WHERE username = 'machine'")) == 1; res.StatusCode != c.want || made != (c.want == 201) && c.want != 201 {
			t.Errorf("%s: got %d, made %v: %s", why, res.StatusCode, made, res.Text())
		}
		s.Exec(t, "DELETE FROM users WHERE username = 'machine'")
	}
}
