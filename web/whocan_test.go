package web_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

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
			via = append(via, strings.Join([]string{r[4], r[6], r[7], r[8], r[11], r[13], r[15]}, " "))
		}
	}
	want := "suspended true role cd template:delete default owner|suspended true role ci template:delete default owner"
	if got := strings.Join(via, "|"); err != nil || got != want {
		t.Errorf("the file has %q, want %q; error %v", got, want, err)
	}
}
