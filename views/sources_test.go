package views

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
)

// The filters by what records say offer the usual choices, and always those in force: else they could not be taken off.
func TestRecordFilters(t *testing.T) {
	t.Parallel()
	m := fullMembers()
	m.Filter.Records = org.RecordFilter{Sources: []string{"oidc:okta"}, Ending: 12 * time.Hour}
	doc := render(t, MembersPage(m))
	options := func(name string) []string {
		return doc.Find("#f-" + name + " .opt").Map(func(_ int, s *goquery.Selection) string {
			in := s.Find("input")
			_, on := in.Attr("checked")
			return strings.TrimSpace(s.Text()) + " " + in.AttrOr("type", "") + " " + in.AttrOr("value", "") + map[bool]string{true: " on"}[on]
		})
	}
	want := []string{"In 7 days radio 7d", "In 14 days radio 14d", "In 30 days radio 30d", "In 12 hours radio 12h on"}
	if diff := cmp.Diff(want, options("ending")); diff != "" {
		t.Errorf("ending (-want +got)\n%s", diff)
	}
	want = []string{"By hand checkbox manual", "Invitation checkbox invite", "Command line checkbox operator", "the sign-in provider okta checkbox oidc:okta on"}
	if diff := cmp.Diff(want, options("source")); diff != "" {
		t.Errorf("from (-want +got)\n%s", diff)
	}
	var off []string
	for _, a := range doc.Find(".filter.on a").EachIter() {
		off = append(off, a.AttrOr("href", ""))
	}
	if got := strings.Join(off, " "); !strings.Contains(got, "?limit=5&source=oidc%3Aokta") || !strings.Contains(got, "?ending=12h&limit=5") {
		t.Errorf("taken off by %s", got)
	}
	users := Users{List: org.UserList{Users: []org.User{{Username: "ada"}}, Count: 1}, Filter: org.UserFilter{Records: org.RecordFilter{Ending: 7 * 24 * time.Hour}}, Now: now}
	if n := render(t, UsersPage(users)).Find("#f-ending [value='7d'][checked]").Length(); n != 1 {
		t.Error("the list of accounts does not filter by what ends")
	}
}
