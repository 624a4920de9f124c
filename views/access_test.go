package views

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
)

// record is one of a role that ada gave three days ago.
func record(role string, source org.Source) org.Assignment {
	r := org.Assignment{Role: role, DisplayName: role, OrganizationID: acme.ID, Source: source, GivenAt: now.Add(-72 * time.Hour)}
	if !source.Synced() {
		r.GivenByName = "ada"
	}
	return r
}

// fullRecords has a record of each kind.
func fullRecords() []org.Assignment {
	soon, far := now.Add(12*24*time.Hour), now.AddDate(1, 0, 0)
	list := []org.Assignment{
		record(org.RoleOrganizationUser, "scim:okta"), record(hostile, org.SourceManual), record("b", org.SourceInvite),
		record("c", org.SourceOperator), record("d", "oidc:entra"),
	}
	list[1].Until, list[1].Reason, list[1].GivenByName = &soon, hostile, hostile
	list[2].Until = &far
	return list
}

func fullRecord() RecordForm {
	end := now.Add(12 * 24 * time.Hour)
	r := record("auditor", org.SourceManual)
	r.Until, r.Reason = &end, "year-end audit"
	return RecordForm{
		Organization: acme, Username: "maria", Name: "Maria", Role: refs("auditor")[0], Version: "7-tag", Back: "/organizations/acme/members?q=m",
		Records: []org.Assignment{r, record("auditor", "oidc:okta")},
	}
}

func refusedRecord() RecordForm {
	f := fullRecord()
	f.Err = &org.Error{Kind: org.Invalid, Message: "Validation failed.", Fields: []org.Field{{Field: "until", Detail: "must be in the future"}, {Field: "reason", Detail: "is too long"}}}
	f.Sent, f.Terms = true, TermsForm{Until: UntilDate, Date: "2020-01-01", Reason: hostile}
	return f
}

// cells are the texts of the table of records, a line a row.
func cells(t *testing.T, a Access) []string {
	t.Helper()
	var out []string
	for _, row := range render(t, accessTable(a)).Find("tbody tr").EachIter() {
		var line []string
		for _, cell := range row.Find("td").EachIter() {
			line = append(line, strings.Join(strings.Fields(cell.Text()), " "))
		}
		out = append(out, strings.Join(line, " | "))
	}
	return out
}

func TestAccessTable(t *testing.T) {
	t.Parallel()
	records := fullRecords()
	records[1].Role, records[1].DisplayName, records[1].Reason, records[1].GivenByName = "audit", "Auditor", "Year-end audit", "mei"
	want := []string{
		"AuditorYear-end audit | by hand · mei, 17 Nov 2026 | 12 days | ",
		"b | an invitation · ada, 17 Nov 2026 | 20 Nov 2027 | ",
		"c | the command line · ada, 17 Nov 2026 | no end | ",
		"d | the sign-in provider entra · 17 Nov 2026 | while given there | Changed at the sign-in provider entra",
		"Member The membership itself | the directory okta · 17 Nov 2026 | while given there | Changed at the directory okta",
	}
	if diff := cmp.Diff(want, cells(t, Access{Organization: "acme", Username: "maria", Records: records, CanChange: true, Now: now})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want[3] = "d | from Entra ID 17 Nov 2026 | while given there | Changed at Entra ID"
	named := Access{Organization: "acme", Username: "maria", Records: records, CanChange: true, Now: now, Names: SourceNames{"oidc:entra": "Entra ID"}}
	if diff := cmp.Diff(want, cells(t, named)); diff != "" {
		t.Errorf("with the names of providers: (-want +got)\n%s", diff)
	}
	doc := render(t, accessTable(Access{Organization: "acme", Username: "maria", Records: records, CanChange: true, Now: now}))
	if n := doc.Find("a[data-pop]").Length(); n != 3 {
		t.Errorf("%d records can be changed, want the three of here", n)
	}
	if doc.Find("time[title='2 Dec 2026, 15:00:00 UTC'][datetime='2026-12-02T15:00:00Z']").Length() != 1 {
		t.Error("the exact end is nowhere")
	}
}

func TestRecordForm(t *testing.T) {
	t.Parallel()
	doc := render(t, RecordPage(fullRecord()))
	if got := doc.Find("#until option[selected]").Text(); got != "As it is: 2 Dec 2026, 15:00:00 UTC" {
		t.Errorf("chosen is %q", got)
	}
	if got := doc.Find("#reason").AttrOr("value", ""); got != "year-end audit" {
		t.Errorf("the reason is %q", got)
	}
	if doc.Find("#end-record [name=_method][value=DELETE]").Length() != 1 || doc.Find("button[form=end-record]").Length() != 1 {
		t.Error("it can't be ended")
	}
	if !strings.Contains(doc.Text(), "Also given by the sign-in provider okta") {
		t.Error("does not say what stays")
	}
	doc = render(t, RecordPage(refusedRecord()))
	for selector, want := range map[string]string{
		"#errors a[href='#until-date']": "Until", "#until-date-error": "must be in the future", "#reason-error": "is too long", "#until option[selected]": "On a date…",
	} {
		if got := strings.TrimSpace(doc.Find(selector).Text()); got != want {
			t.Errorf("%s is %q, want %q", selector, got, want)
		}
	}
	if doc.Find("#until-date").AttrOr("value", "") != "2020-01-01" || doc.Find("#reason").AttrOr("value", "") != hostile {
		t.Error("what was entered is gone")
	}
	f := fullRecord()
	f.Role, f.Records = org.RoleRef{Name: org.RoleOrganizationUser}, []org.Assignment{record(org.RoleOrganizationUser, org.SourceManual)}
	if render(t, RecordPage(f)).Find("button[form=end-record]").Length() != 0 {
		t.Error("a membership ends without the question that says what goes with it")
	}
	f = fullRecord()
	f.Records = f.Records[1:]
	if doc := render(t, RecordPage(f)); doc.Find("#until, .pri, button[form=end-record]").Length() != 0 {
		t.Error("a role that comes from elsewhere can be changed")
	}
}

func TestRemovalTellsWhoAddsAgain(t *testing.T) {
	t.Parallel()
	v := MemberView{Organization: acme, Member: newMember("Maria"), Records: fullRecords(), CanRemove: true, Confirm: true, Now: now}
	if got := render(t, MemberPage(v)).Find(".confirm").Text(); !strings.Contains(got, "Maria will be added again by the directory okta") || strings.Contains(got, "entra") {
		t.Errorf("it says %q", got)
	}
	v.Records = v.Records[1:]
	if strings.Contains(render(t, MemberPage(v)).Find(".confirm").Text(), "again") {
		t.Error("it warns of a membership that was given here")
	}
}
