package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/client"
	"rolecall.example/web/webtest"
)

// textOf is what a part of a page says, with single spaces.
func textOf(part *goquery.Selection) string { return strings.Join(strings.Fields(part.Text()), " ") }

// recordOf is the record of a role of a member, as the API tells it.
func recordOf(t *testing.T, s *webtest.Site, user, role string) *client.Assignment {
	t.Helper()
	var m struct{ Assignments []client.Assignment }
	s.Get(t, webtest.Owner, members+"/"+user+"/roles").Decode(&m)
	for i := range m.Assignments {
		if m.Assignments[i].Role == role {
			return &m.Assignments[i]
		}
	}
	return nil
}

// TestEndOfForm: each choice of a form becomes a time, at the server; a day ends where the reader is.
func TestEndOfForm(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	year := time.Now().Year() + 1
	for _, tt := range []struct {
		form    url.Values
		want    string // a time, near enough
		refused string // field
	}{
		{form: url.Values{}},
		{form: url.Values{"until": {""}, "until_date": {"2030-01-01"}}},
		{form: url.Values{"until": {"1d"}}, want: in(24 * time.Hour)},
		{form: url.Values{"until": {"7d"}}, want: in(7 * 24 * time.Hour)},
		{form: url.Values{"until": {"30d"}}, want: in(30 * 24 * time.Hour)},
		{form: url.Values{"until": {"date"}, "until_date": {fmt.Sprint(year, "-03-01")}}, want: fmt.Sprint(year, "-03-01T23:59:59Z")},
		{form: url.Values{"until": {"date"}, "until_date": {fmt.Sprint(year, "-03-01")}, "until_zone": {"-300"}}, want: fmt.Sprint(year, "-03-02T04:59:59Z")},
		{form: url.Values{"until": {"date"}, "until_date": {fmt.Sprint(year, "-03-01")}, "until_zone": {"330"}}, want: fmt.Sprint(year, "-03-01T18:29:59Z")},
		{form: url.Values{"until": {fmt.Sprint(year, "-03-01T10:20:30.123456Z")}}, want: fmt.Sprint(year, "-03-01T10:20:30.123456Z")},
		{form: url.Values{"until": {"date"}, "until_date": {"2020-03-01"}}, refused: "until"},
		{form: url.Values{"until": {"date"}, "until_date": {"soon"}}, refused: "until_date"},
		{form: url.Values{"until": {"date"}, "until_date": {""}}, refused: "until_date"},
		{form: url.Values{"until": {"date"}, "until_date": {fmt.Sprint(year, "-03-01")}, "until_zone": {"9000"}}, refused: "until_date"},
		{form: url.Values{"until": {"date"}, "until_date": {fmt.Sprint(year+12, "-03-01")}}, refused: "until"},
		{form: url.Values{"until": {"2d"}}, refused: "until"},
		{form: url.Values{"until": {"1d"}, "reason": {strings.Repeat("x", 501)}}, refused: "reason"},
	} {
		tt.form["roles"], tt.form["role"] = []string{"1"}, []string{orgAuditor}
		if tt.form["reason"] == nil {
			tt.form["reason"] = []string{"year-end audit"}
		}
		res := s.Send(t, webtest.Page, webtest.Request{As: webtest.Admin, Method: http.MethodPut, Path: members + "/member/roles", Form: tt.form})
		r := recordOf(t, s, "member", orgAuditor)
		if tt.refused != "" {
			doc := res.Document()
			if res.StatusCode != 400 || r != nil {
				t.Errorf("%v: got %d, and the record %+v", tt.form, res.StatusCode, r)
			}
			at := map[string]string{"until": "#until", "until_date": "#until-date", "reason": "#reason"}[tt.refused]
			if tt.form.Get("until") == "date" && tt.refused == "until" {
				at = "#until-date"
			}
			if doc.Find(at+"[aria-invalid]").Length() != 1 || doc.Find(at+"-error").Length() != 1 || doc.Find("#errors a[href='"+at+"']").Length() != 1 {
				t.Errorf("%v: the error does not stand at %s: %s", tt.form, at, textOf(doc.Find("#errors")))
			}
			if doc.Find("[name=role][value=organization-auditor][checked]").Length() != 1 || doc.Find("#reason").AttrOr("value", "") != tt.form.Get("reason") ||
				doc.Find("#until-date").AttrOr("value", "") != tt.form.Get("until_date") || doc.Find("#until option[value=date][selected]").Length() == 1 != (tt.form.Get("until") == "date") {
				t.Errorf("%v: what was entered is gone", tt.form)
			}
			continue
		}
		if res.StatusCode != 303 || r == nil {
			t.Errorf("%v: got %d, and the record %+v\n%s", tt.form, res.StatusCode, r, textOf(res.Document().Find("#errors")))
			continue
		}
		if tt.want == "" != (r.Until == nil) || r.Reason != "year-end audit" {
			t.Errorf("%v: the record is %+v", tt.form, r)
		} else if want, _ := time.Parse(time.RFC3339, tt.want); r.Until != nil && r.Until.Sub(want).Abs() > time.Minute {
			t.Errorf("%v: until %v, want %v", tt.form, r.Until, want)
		}
		do(t, s, assign(webtest.Admin, "member"))
	}
}

// TestRecordPages walks the pages of a record: it is shown with until, why and from, changed, and ended.
func TestRecordPages(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	page, one := members+"/member", members+"/member/roles/"+orgAuditor
	send := func(method, path string, form url.Values) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{As: webtest.Admin, Method: method, Path: path, Form: form})
	}
	row := func() string {
		return textOf(send("", page, nil).Document().Find(".access tr:has(a[href*='/roles/organization-auditor'])"))
	}
	send(http.MethodPut, members+"/member/roles", url.Values{"roles": {"1"}, "role": {orgAuditor}, "until": {"7d"}, "reason": {"release week"}})
	if got := row(); !strings.Contains(got, "release week") || !strings.Contains(got, "by hand · admin, ") || !strings.Contains(got, "7 days") {
		t.Errorf("the page of the member says %q", got)
	}
	list := s.Send(t, webtest.Fragment, webtest.Request{As: webtest.Admin, Path: members + "?q=member@"}).Document()
	if got := textOf(list.Find(".c-roles")); !strings.Contains(got, "ends: 7 days") {
		t.Errorf("the row of the list says %q", got)
	}

	form := send("", one+"/edit", nil).Document()
	stored := form.Find("#until option[selected]").AttrOr("value", "")
	if stored == "" || form.Find("#reason").AttrOr("value", "") != "release week" {
		t.Fatalf("the form begins with %q, %q", stored, form.Find("#reason").AttrOr("value", ""))
	}
	before := recordOf(t, s, "member", orgAuditor)
	res := send(http.MethodPut, one, url.Values{"until": {stored}, "reason": {"release month"}})
	if after := recordOf(t, s, "member", orgAuditor); res.StatusCode != 303 || after.Reason != "release month" || !after.Until.Equal(*before.Until) {
		t.Errorf("another reason: got %d, %+v", res.StatusCode, after)
	}
	if res = send(http.MethodPut, one, url.Values{"until": {""}, "reason": {""}}); res.StatusCode != 303 || !strings.Contains(row(), "no end") {
		t.Errorf("without an end: got %d, %q", res.StatusCode, row())
	}
	doc := send(http.MethodPut, one, url.Values{"until": {"date"}, "until_date": {"2020-01-01"}, "reason": {"why not"}}).Document()
	if doc.Find("#until-date[aria-invalid]").AttrOr("value", "") != "2020-01-01" || doc.Find("#reason").AttrOr("value", "") != "why not" {
		t.Error("a refused form does not keep what was entered")
	}
	if res = send(http.MethodDelete, one, url.Values{}); res.StatusCode != 303 || row() != "" {
		t.Errorf("ended: got %d, %q", res.StatusCode, row())
	}
	if got := send("", one+"/edit", nil).StatusCode; got != 404 {
		t.Errorf("the form of a role that is not held: got %d", got)
	}
	if got := s.Send(t, webtest.Page, get(webtest.Member, members+"/admin/roles/organization-admin/edit")).StatusCode; got != 403 && got != 404 {
		t.Errorf("a plain member gets the form of somebody else: %d", got)
	}
}

// TestRecordOfSitePages: a site role gets an end where it is given, and another one afterwards.
func TestRecordOfSitePages(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	send := func(method, path string, form url.Values) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Method: method, Path: path, Form: form})
	}
	row := func() string { return textOf(send("", "/users/member", nil).Document().Find(".access")) }
	send(http.MethodPut, "/users/member/roles", url.Values{"roles": {"1"}, "role": {"auditor"}, "until": {"30d"}, "reason": {"audit"}})
	if got := row(); !strings.Contains(got, "auditby hand · owner, ") || strings.Contains(got, "no end") {
		t.Errorf("the page of the account says %q", got)
	}
	if got := send("", "/users/member/roles/auditor/edit", nil).Document().Find("#reason").AttrOr("value", ""); got != "audit" {
		t.Errorf("the form begins with %q", got)
	}
	res := send(http.MethodPut, "/users/member/roles/auditor", url.Values{"until": {"1d"}, "reason": {strings.Repeat("x", 501)}})
	if doc := res.Document(); res.StatusCode != 400 || doc.Find("#reason[aria-invalid]").Length() != 1 || doc.Find("#until option[value='1d'][selected]").Length() != 1 {
		t.Errorf("a long reason: got %d, %s", res.StatusCode, textOf(doc.Find("#errors")))
	}
	if res = send(http.MethodPut, "/users/member/roles/auditor", url.Values{"until": {""}, "reason": {""}}); res.StatusCode != 303 || !strings.Contains(row(), "no end") {
		t.Errorf("without an end: got %d, %q", res.StatusCode, row())
	}
	if res = send(http.MethodDelete, "/users/member/roles/auditor", url.Values{}); res.StatusCode != 303 || strings.Contains(row(), "Auditor") {
		t.Errorf("ended: got %d, %q", res.StatusCode, row())
	}
	if got := send("", "/users/owner/roles/owner/edit", nil).Document(); got.Find("#until, main .pri").Length() != 0 || !strings.Contains(textOf(got.Find(".note")), "your own") {
		t.Errorf("one's own role: %s", textOf(got.Find("main")))
	}
}

// TestTermsOfMembers: memberships and roles of many get an end where they are given; refused, each form keeps what was entered.
func TestTermsOfMembers(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.AddUser(t, "one", webtest.Other)
	s.AddUser(t, "two", webtest.Other)
	send := func(path string, form url.Values) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Method: http.MethodPost, Path: path, Form: form})
	}
	past := url.Values{"until": {"date"}, "until_date": {"2020-01-01"}, "reason": {"cover"}}
	with := func(more url.Values) url.Values {
		all := url.Values{}
		for _, v := range []url.Values{past, more} {
			for name, list := range v {
				all[name] = list
			}
		}
		return all
	}
	kept := func(name string, res *webtest.Response, id string) {
		t.Helper()
		doc := res.Document()
		if res.StatusCode != 400 || doc.Find("#"+id+"until-date[aria-invalid]").AttrOr("value", "") != "2020-01-01" || doc.Find("#"+id+"reason").AttrOr("value", "") != "cover" {
			t.Errorf("%s: got %d, %s", name, res.StatusCode, textOf(doc.Find("#errors")))
		}
	}
	kept("one", send(members+"/one", past), "one-")
	kept("many", send(members, with(url.Values{"action": {"add"}, "names": {"two"}})), "many-")
	bulk := url.Values{"action": {"add-role"}, "role": {orgAuditor}, "users": {s.ID("member")}, "confirm": {"1"}}
	kept("a role of many", send(members, with(bulk)), "")

	past = url.Values{"until": {"7d"}, "reason": {"cover"}}
	send(members+"/one", past)
	send(members, with(url.Values{"action": {"add"}, "names": {"two"}}))
	send(members, with(bulk))
	for user, role := range map[string]string{"one": "organization-member", "two": "organization-member", "member": orgAuditor} {
		if r := recordOf(t, s, user, role); r == nil || r.Until == nil || r.Reason != "cover" {
			t.Errorf("%s: the record is %+v", user, r)
		}
	}
	page := s.Send(t, webtest.Page, get(webtest.Owner, members+"/one")).Document()
	edit, _ := page.Find(".access a[href*='/roles/organization-member/edit']").Attr("href")
	form := s.Send(t, webtest.Page, get(webtest.Owner, edit)).Document()
	if form.Find("#reason").AttrOr("value", "") != "cover" || form.Find("[form=end-record]").Length() != 0 {
		t.Errorf("the form of the membership: %s", textOf(form.Find("main")))
	}
	s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Method: http.MethodPut, Path: members + "/one/roles/organization-member", Form: url.Values{"until": {""}, "reason": {"stays"}}})
	if r := recordOf(t, s, "one", "organization-member"); r == nil || r.Until != nil || r.Reason != "stays" {
		t.Errorf("the membership is %+v", r)
	}
}

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
