package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// bulkResult is the JSON answer to a change of many members.
type bulkResult struct {
	DryRun    bool `json:"dry_run"`
	Members   int
	Affected  int
	Gains     []struct{ Action string }
	Done      []struct{ Username string }
	Unchanged []struct{ Username string }
	Refused   []struct{ User, Reason string }
}

func (r *bulkResult) usernames() (done, unchanged, refused []string) {
	for _, m := range r.Done {
		done = append(done, m.Username)
	}
	for _, m := range r.Unchanged {
		unchanged = append(unchanged, m.Username)
	}
	for _, m := range r.Refused {
		refused = append(refused, m.User)
	}
	return done, unchanged, refused
}

func TestBulk(t *testing.T) {
	t.Parallel()
	const auditor = "organization-auditor"
	tests := []struct {
		name   string
		as     string
		query  string
		json   map[string]any
		form   url.Values
		status int
		want   []string // roles of "member" afterwards, nil: no member any more
	}{
		{
			"add a role", webtest.Admin, "", map[string]any{"action": "add-role", "role": auditor, "users": []string{"member"}},
			url.Values{"action": {"add-role"}, "role": {auditor}, "users": {"member"}, "confirm": {"1"}}, 200, []string{auditor},
		},
		{
			"to all that match", webtest.Admin, "?q=memb", map[string]any{"action": "add-role", "role": auditor, "all": true, "expect": 1},
			url.Values{"action": {"add-role"}, "role": {auditor}, "all": {"1"}, "expect": {"1"}, "confirm": {"1"}}, 200, []string{auditor},
		},
		{
			"to more than expected", webtest.Admin, "?q=e", map[string]any{"action": "add-role", "role": auditor, "all": true, "expect": 1},
			url.Values{"action": {"add-role"}, "role": {auditor}, "all": {"1"}, "expect": {"1"}, "confirm": {"1"}}, 409, []string{},
		},
		{
			"remove", webtest.Admin, "", map[string]any{"action": "remove", "users": []string{"member"}},
			url.Values{"action": {"remove"}, "users": {"member"}, "confirm": {"1"}}, 200, nil,
		},
		{
			"unknown role", webtest.Admin, "", map[string]any{"action": "add-role", "role": "nobody", "users": []string{"member"}},
			url.Values{"action": {"add-role"}, "role": {"nobody"}, "users": {"member"}, "confirm": {"1"}}, 400, []string{},
		},
		{
			"unknown action", webtest.Admin, "", map[string]any{"action": "praise", "users": []string{"member"}},
			url.Values{"action": {"praise"}, "users": {"member"}, "confirm": {"1"}}, 400, []string{},
		},
		{
			"bad filter", webtest.Admin, "?sort=age", map[string]any{"action": "remove", "all": true},
			url.Values{"action": {"remove"}, "all": {"1"}, "confirm": {"1"}}, 400, []string{},
		},
		{
			"as a member", webtest.Member, "", map[string]any{"action": "remove", "users": []string{"admin"}},
			url.Values{"action": {"remove"}, "users": {"admin"}, "confirm": {"1"}}, 403, []string{},
		},
		{
			"from outside", webtest.Rival, "", map[string]any{"action": "remove", "users": []string{"member"}},
			url.Values{"action": {"remove"}, "users": {"member"}, "confirm": {"1"}}, 404, []string{},
		},
	}
	var rows []webtest.Row
	want := map[string][]string{}
	for _, tt := range tests {
		r := webtest.Request{Method: http.MethodPost, Path: members + tt.query, As: tt.as, JSON: tt.json, Form: tt.form}
		rows, want[tt.name] = append(rows, row(tt.name, r, tt.status, "")), tt.want
	}
	webtest.Table(t, nil, rows, func(t *testing.T, _ webtest.Way, s *webtest.Site, row *webtest.Row, _ *webtest.Response) {
		if want[row.Name] == nil {
			if got := s.Get(t, webtest.Owner, members+"/member").StatusCode; got != 404 {
				t.Errorf("the member is there: %d", got)
			}
			return
		}
		if diff := cmp.Diff(want[row.Name], rolesOf(t, s, "member")); diff != "" {
			t.Errorf("roles (-want +got)\n%s", diff)
		}
	})
}

// TestBulkLeavesOut: members whom a rule protects are left out and listed; the others are changed.
func TestBulkLeavesOut(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	body := map[string]any{"action": "remove", "users": []string{"member", "admin", "nobody"}}
	var r bulkResult
	s.Do(t, webtest.Request{Method: http.MethodPost, Path: members, As: webtest.Admin, JSON: body}).Decode(&r)
	done, unchanged, refused := r.usernames()
	if !cmp.Equal(done, []string{"member"}) || unchanged != nil || !cmp.Equal(refused, []string{"nobody", "admin"}) {
		t.Errorf("done %v, unchanged %v, refused %v", done, unchanged, refused)
	}
	form := url.Values{"action": {"add-role"}, "role": {"organization-auditor"}, "users": {"owner", "admin"}, "confirm": {"1"}}
	page := s.Send(t, webtest.Page, webtest.Request{Path: members, As: webtest.Admin, Form: form})
	if page.StatusCode != 200 || !strings.Contains(page.Text(), "was added to 1 member") || !strings.Contains(page.Text(), "1 left out") {
		t.Errorf("got %d\n%s", page.StatusCode, page.Text())
	}
}

// TestBulkAsksBack: a form from the list changes nothing, and says what it would do; what the page holds does it.
func TestBulkAsksBack(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for name, form := range map[string]url.Values{
		"ticked":  {"add-role": {"organization-auditor"}, "users": {s.ID("member"), s.ID("admin")}},
		"all":     {"add-role": {"organization-auditor"}, "users": {s.ID("member")}, "all": {"1"}},
		"nobody":  {"add-role": {"organization-auditor"}},
		"removal": {"action": {"remove"}, "users": {s.ID("member")}},
	} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: members + "?q=member", As: webtest.Admin, Form: form})
		doc := res.Document()
		sent := doc.Find("main form.confirm")
		if res.StatusCode != 200 || sent.AttrOr("action", "") != members+"?q=member" {
			t.Fatalf("%s: got %d\n%s", name, res.StatusCode, res.Text())
		}
		if len(rolesOf(t, s, "member")) != 0 {
			t.Errorf("%s: it was done without asking", name)
		}
		if (name == "nobody") != (sent.Find("button.pri, button.bad").Length() == 0) {
			t.Errorf("%s: %d buttons", name, sent.Find("button").Length())
		}
		if name == "all" && sent.Find("input[name=expect]").AttrOr("value", "") != "1" {
			t.Error("all: how many are meant is not held")
		}
		if name != "ticked" {
			continue
		}
		if !strings.Contains(res.Text(), "1 left out") || sent.Find(".diff-l li").Length() == 0 {
			t.Errorf("the page shows neither who is left out nor what it does\n%s", res.Text())
		}
		again := url.Values{}
		for _, in := range sent.Find("input").EachIter() {
			again.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
		}
		if done := s.Send(t, webtest.Page, webtest.Request{Path: members, As: webtest.Admin, Form: again}); done.StatusCode != 303 || len(rolesOf(t, s, "member")) != 1 {
			t.Errorf("what the page holds does not do it: %d", done.StatusCode)
		}
		if res := s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":[]}`}); res.StatusCode != 200 {
			t.Fatal(res.StatusCode)
		}
	}
}

func TestBulkBodies(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for body, field := range map[string]string{
		`{"action":"remove"}`:                                                                                     "users",
		`{"action":"remove","all":false}`:                                                                         "users",
		`{"action":"remove","all":true,"users":["owner"]}`:                                                        "all",
		`{"action":"remove","users":"owner"}`:                                                                     "users",
		`{"action":"add"}`:                                                                                        "users",
		`{"action":"add","users":[],"except":["owner"]}`:                                                          "except",
		`{"action":"remove","users":[],"except":["owner"]}`:                                                       "except",
		`{"action":"remove","all":true,"except":"owner"}`:                                                         "except",
		`{"action":"remove","all":true,"except":["onwer"]}`:                                                       "except[0]",
		`{"users":["owner"]}`:                                                                                     "action",
		`{"action":"remove","with":"organization-auditor","users":["owner"]}`:                                     "with",
		`{"action":"remove-role","role":"organization-auditor","users":["owner"],"reason":"x"}`:                   "reason",
		`{"action":"replace-role","role":"organization-auditor","users":["owner"]}`:                               "with",
		`{"action":"replace-role","role":"organization-auditor","with":"organization-auditor","users":["owner"]}`: "with",
	} {
		res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: members, As: webtest.Admin, JSON: body})
		e := res.Error()
		if res.StatusCode != 400 || len(e.Validations) == 0 || e.Validations[0].Field != field {
			t.Errorf("%s: got %d %+v", body, res.StatusCode, e)
		}
	}
	if got := s.Get(t, webtest.Owner, members+"/owner").StatusCode; got != 200 {
		t.Errorf("a bad body removed a member: %d left", got)
	}
}

// TestBulkExcept: all members that match, except those who are named in any way or were unticked on the page.
func TestBulkExcept(t *testing.T) {
	t.Parallel()
	const auditor = "organization-auditor"
	for _, spared := range []string{"member", "MEMBER", "id", "me"} {
		s := webtest.New(t)
		as, left := webtest.Owner, "member"
		switch spared {
		case "id":
			spared = s.ID("member")
		case "me":
			as, left = webtest.Admin, "admin"
		}
		var r bulkResult
		body := map[string]any{"action": "add-role", "role": auditor, "all": true, "except": []string{spared}, "expect": 2}
		s.Do(t, webtest.Request{Method: http.MethodPost, Path: members, As: as, JSON: body}).Decode(&r)
		done, unchanged, refused := r.usernames()
		if all := append(append(done, unchanged...), refused...); len(all) != 2 || slices.Contains(all, left) {
			t.Errorf("all except %s: %v", spared, all)
		}
	}

	s := webtest.New(t)
	for range 30 { // so that there is another page
		s.AddUser(t, fmt.Sprintf("person-%02d", len(s.Query(t, "SELECT id FROM users"))), webtest.Default)
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: members + "?q=person", As: webtest.Admin}).Document()
	form := url.Values{"add-role": {auditor}, "all": {"1"}}
	for i, row := range page.Find("#bulk tbody tr").EachIter() {
		for _, shown := range row.Find("input[name=shown]").EachIter() {
			form.Add("shown", shown.AttrOr("value", ""))
		}
		if i != 3 {
			form.Add("users", row.Find("input[name=users]").AttrOr("value", ""))
		}
	}
	asked := s.Send(t, webtest.Page, webtest.Request{Path: members + "?q=person", As: webtest.Admin, Form: form})
	if !strings.Contains(asked.Document().Find("h1").Text(), "29 members") || !strings.Contains(asked.Text(), "1 member is left as before") {
		t.Errorf("the question is %q\n%s", asked.Document().Find("h1").Text(), asked.Text())
	}
	again := url.Values{}
	for _, in := range asked.Document().Find("main form.confirm input").EachIter() {
		again.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: members + "?q=person", As: webtest.Admin, Form: again}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("got %d\n%s", res.StatusCode, res.Text())
	}
	if n := len(s.Query(t, "SELECT 1 FROM member_roles WHERE role = 'organization-auditor'")); n != 29 {
		t.Errorf("%d have the role", n)
	}
}

// TestAddMany: each name gets a line, and those that failed stay in the box.
func TestAddMany(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	var r bulkResult
	s.Do(t, webtest.Request{
		Method: http.MethodPost, Path: members, As: webtest.Owner,
		JSON: map[string]any{"action": "add", "users": []string{"RIVAL@example.com", "member", "nobody"}},
	}).Decode(&r)
	done, _, refused := r.usernames()
	if !cmp.Equal(done, []string{"rival"}) || !cmp.Equal(refused, []string{"member", "nobody"}) {
		t.Errorf("added %v, refused %v", done, refused)
	}
	form := url.Values{"action": {"add"}, "names": {"outsider@example.com, nobody\r\nmember"}}
	page := s.Send(t, webtest.Page, webtest.Request{Path: members, As: webtest.Owner, Form: form})
	doc := page.Document()
	if page.StatusCode != 200 || doc.Find("#added").Text() != "1 member added" || doc.Find(".lines .st").Length() != 3 {
		t.Errorf("got %d\n%s", page.StatusCode, page.Text())
	}
	if got := doc.Find("textarea").Text(); got != "nobody\nmember" {
		t.Errorf("left in the box: %q", got)
	}
	all := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/other/members", As: webtest.Owner, Form: url.Values{"action": {"add"}, "names": {"member owner"}}})
	if all.StatusCode != 303 || all.Header.Get("Location") != "/organizations/other/members" {
		t.Errorf("when all are added: %d to %s", all.StatusCode, all.Header.Get("Location"))
	}
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		none := s.Send(t, way, webtest.Request{Path: members, As: webtest.Owner, Form: url.Values{"action": {"add"}, "names": {" , "}}})
		if none.StatusCode != 400 {
			t.Errorf("%s: no names: got %d", way, none.StatusCode)
		}
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: members, As: webtest.Member, Form: form}); res.StatusCode != 403 || !strings.Contains(res.Text(), "organization_member:create") {
		t.Errorf("without the right: %d, and it is not named", res.StatusCode)
	}
}

// TestRoleMembers: who holds a role, searched and paged, with the role above.
func TestRoleMembers(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	path := roles + "/organization-admin/members"
	page := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Admin})
	doc := page.Document()
	if page.StatusCode != 200 || doc.Find("tbody tr").Length() != 1 || doc.Find("tr#m-"+s.ID("admin")).Length() != 1 || doc.Find(".role-sum").Length() != 1 {
		t.Errorf("got %d\n%s", page.StatusCode, page.Text())
	}
	if got := doc.Find("#find").AttrOr("action", ""); got != path {
		t.Errorf("the search goes to %s", got)
	}
	fragment := s.Send(t, webtest.Fragment, webtest.Request{Path: path + "?q=nobody", As: webtest.Admin})
	if fragment.StatusCode != 200 || fragment.Document().Find("tr").Length() != 0 || !strings.Contains(fragment.Text(), "nobody") {
		t.Errorf("fragment: %d\n%s", fragment.StatusCode, fragment.Body)
	}
	if got := s.Send(t, webtest.Page, webtest.Request{Path: roles + "/nothing/members", As: webtest.Admin}).StatusCode; got != 404 {
		t.Errorf("of no role: %d", got)
	}
	if got := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Rival}).StatusCode; got != 404 {
		t.Errorf("from outside: %d", got)
	}
}
