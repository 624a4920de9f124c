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
	if diff := cmp.Diff(want, cells(t, Access{Organization: "acme", Records: records, Now: now})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	doc := render(t, accessTable(Access{Organization: "acme", Records: records, Now: now}))
	if doc.Find("time[title='2 Dec 2026, 15:00:00 UTC'][datetime='2026-12-02T15:00:00Z']").Length() != 1 {
		t.Error("the exact end is nowhere")
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
