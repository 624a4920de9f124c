package web_test

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
)

// TestWhoCanRemove: on the answer to who can, members are ticked under the role that lets them, and the removal of it is reviewed
// before anything changes; then the question is answered again. Roles that can't be taken here are not offered.
func TestWhoCanRemove(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "delete", false}}})(t, s)
	for _, who := range []string{"member", "admin"} {
		done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/" + who + "/roles", JSON: `{"roles":["ci"]}`})
	}
	const question = "/organizations/default/who-can?action=delete&resource_type=template"
	page := s.Send(t, webtest.Page, webtest.Request{Path: question + "&by=role", As: webtest.Owner}).Document()
	form := page.Find("form.list")
	if form.Length() != 1 || form.Find("input[type=checkbox][name=users]").Length() != 2 {
		t.Fatalf("%d forms: %s", form.Length(), page.Find("#results").Text())
	}
	fields := fieldsOf(form)
	fields.Set("users", s.ID("member"))
	send := func(fields map[string][]string) *webtest.Response {
		return s.Send(t, webtest.Page, webtest.Request{Path: members, As: webtest.Owner, Form: fields})
	}
	review := send(fields)
	if text := review.Text(); review.StatusCode != 200 || !strings.Contains(text, "Remove CI from 1 member?") || len(rolesOf(t, s, "member")) != 1 {
		t.Fatalf("review: %d %s", review.StatusCode, text)
	}
	confirm := review.Document().Find("form.confirm")
	if href := confirm.Find("a.btn").AttrOr("href", ""); href != question+"&by=role" {
		t.Errorf("cancel leads to %q", href)
	}
	if names := confirm.Find(".impact details").First().Text(); !strings.Contains(names, "1 person") || !strings.Contains(names, "member") {
		t.Errorf("the impact names %q", names)
	}
	res := send(fieldsOf(confirm))
	if res.StatusCode != 303 || res.Header.Get("Location") != question+"&by=role" || len(rolesOf(t, s, "member")) != 0 || len(rolesOf(t, s, "admin")) != 1 {
		t.Errorf("removed: %d to %q, member has %v", res.StatusCode, res.Header.Get("Location"), rolesOf(t, s, "member"))
	}
	if got := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/default/who-can?action=read&resource_type=organization_member&by=role", As: webtest.Owner}).Document(); got.Find(`form.list [value="organization-member"]`).Length() != 0 {
		t.Error("the membership is offered for removal as a role")
	}
}

// TestWhoCanSuspended: suspended members who might are a group of their own, counted apart and with an address; the file has a row
// for each role that lets somebody, and says what was asked.
func TestWhoCanSuspended(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "delete", false}}})(t, s)
	withRole(role{"cd", "CD", []permission{{"template", "delete", false}}})(t, s)
	done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"roles":["ci","cd"]}`})
	done(t, s, webtest.Request{Method: http.MethodPut, Path: "/users/member/status/suspend"})
	const question = "/organizations/default/who-can?action=delete&resource_type=template"
	for _, query := range []string{"", "&by=role", "&suspended=1", "&print=1"} {
		doc := s.Send(t, webtest.Page, webtest.Request{Path: question + query, As: webtest.Owner}).Document()
		group := doc.Find("#suspended")
		if got := group.Find("tbody tr"); got.Length() != 1 || !strings.Contains(got.Text(), "member") || !strings.Contains(group.Find("summary").Text(), "1 member") {
			t.Errorf("%s: %s", query, group.Text())
		}
		if n := doc.Find("tbody a[href='" + members + "/member']").Length(); n != 1 {
			t.Errorf("%s: listed %d times", query, n)
		}
	}
	var told struct {
		Suspended int
		Members   []struct{ Username string }
		Held      []struct{ Username string } `json:"suspended_members"`
	}
	s.Get(t, webtest.Owner, question+"&suspended=1").Decode(&told)
	if told.Suspended != 1 || len(told.Members) != 0 || len(told.Held) != 1 || told.Held[0].Username != "member" {
		t.Errorf("JSON: %+v", told)
	}
	if got := s.Get(t, webtest.Owner, question+"&suspended=1&outside=1").StatusCode; got != 400 {
		t.Errorf("both: %d", got)
	}
	file := s.Do(t, webtest.Request{As: webtest.Owner, Path: question, Header: http.Header{"Accept": {"text/csv"}}})
	rows, err := csv.NewReader(strings.NewReader(file.Text())).ReadAll()
	var via []string
	for _, r := range rows {
		if r[1] == "member" {
			via = append(via, strings.Join([]string{r[4], r[6], r[7], r[8], r[10], r[12], r[14], r[17]}, " "))
		}
	}
	want := "suspended true role cd manual template:delete default owner|suspended true role ci manual template:delete default owner"
	if got := strings.Join(via, "|"); err != nil || got != want {
		t.Errorf("the file has %q, want %q; error %v", got, want, err)
	}
}

// TestWhoCanTokens: the answer counts the API tokens that can do it too: of accounts that can, and by their own limits. The number
// leads to just these tokens. Who may not read the tokens of others learns nothing of them.
func TestWhoCanTokens(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "delete", false}}})(t, s)
	done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"roles":["ci"]}`})
	const question = "/organizations/default/who-can?action=delete&resource_type=template"
	count := func() int {
		t.Helper()
		link := s.Send(t, webtest.Page, webtest.Request{Path: question, As: webtest.Owner}).Document().Find(`#results a[href*="tokens=1"]`)
		number, _, _ := strings.Cut(link.Text(), " token")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("the link is %q", link.Text())
		}
		list := s.Send(t, webtest.Page, webtest.Request{Path: link.AttrOr("href", "") + "&limit=100", As: webtest.Owner}).Document()
		if rows := list.Find("#results tbody tr").Length(); rows != n {
			t.Errorf("%d tokens are counted, and %d listed", n, rows)
		}
		return n
	}
	before := count()
	for name, limits := range map[string]string{
		"all": `"scope":"all"`, "this": `"scopes":["template:delete"]`, "other": `"scopes":["template:read"]`, "asks": `"scope":"rolecall:decide"`,
		"here": `"scope":"all","organizations":["default"]`, "there": `"scope":"all","organizations":["other"]`,
	} {
		done(t, s, webtest.Request{Method: http.MethodPost, Path: "/users/member/keys/tokens", As: webtest.Member, JSON: `{"token_name":"` + name + `",` + limits + `}`})
	}
	if got := count() - before; got != 3 {
		t.Errorf("3 of 6 new tokens can, and %d are counted", got)
	}
	done(t, s, webtest.Request{Method: http.MethodPut, Path: "/users/member/status/suspend"})
	if got := count(); got >= before {
		t.Errorf("of a suspended account tokens count: %d, and %d before", got, before)
	}
	for _, query := range []string{"", "&tokens=1"} {
		if got := s.Send(t, webtest.Page, webtest.Request{Path: question + query, As: webtest.Admin}).Document().Find("#results"); got.Find(".all-tokens, a[href*='tokens=1']").Length() != 0 {
			t.Errorf("%s: an administrator of the organization sees %q", query, got.Text())
		}
	}
}

// TestWhoCanNobody: where no one can, the first rule that stands against it is named.
func TestWhoCanNobody(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"freeze", "Freeze", []permission{{"template", "delete", true}}})(t, s)
	s.AddUser(t, "auditor", webtest.Default) // who sees members, and no one else
	giveRole(t, s, "see-members", []rbac.Permission{{ResourceType: "organization_member", Action: "read"}}, "auditor")
	if _, _, err := s.Service.RemoveMember(t.Context(), s.Service.Operator(), webtest.Default, webtest.Owner, nil); err != nil {
		t.Fatal(err)
	}
	says := func(resourceType, action string) string {
		t.Helper()
		path := "/organizations/default/who-can?action=" + action + "&resource_type=" + resourceType
		return strings.Join(strings.Fields(s.Send(t, webtest.Page, webtest.Request{Path: path, As: "auditor"}).Document().Find("#results .blank p").Text()), " ")
	}
	done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/admin/roles", JSON: `{"roles":["organization-admin","freeze"]}`})
	if got, want := says("template", "delete"), "Freeze denies it. That overrides what another role allows 1 person."; got != want {
		t.Errorf("a deny: %q, want %q", got, want)
	}
	if got, want := says("license", "read"), "Owner allows it, but no member has that role."; got != want {
		t.Errorf("what is of the site: %q, want %q", got, want)
	}
}
