package web_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web/webtest"
)

// paperOf is a page as it is printed, found by the link on the page.
func paperOf(t *testing.T, s *webtest.Site, as, path string) *goquery.Document {
	t.Helper()
	page := s.Send(t, webtest.Page, webtest.Request{Path: path, As: as}).Document()
	link := page.Find(`.acts a[href*="print=1"]`)
	if link.Length() != 1 {
		t.Fatalf("%s: %d links to print", path, link.Length())
	}
	res := s.Send(t, webtest.Page, webtest.Request{Path: link.AttrOr("href", ""), As: as})
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", path, res.StatusCode, res.Text())
	}
	return res.Document()
}

// TestPaper: a page that is to be printed has all rows where the page itself has a part, says what it shows and of which state,
// and shows nobody more than the page does.
func TestPaper(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "read", false}, {"template", "delete", true}, {"*", "update", false}}})(t, s)
	for i := range 52 {
		done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Owner, JSON: []string{`{"roles":["ci"]}`, `{"roles":[]}`}[i%2]})
	}
	done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Owner, JSON: `{"roles":["ci"]}`})
	state, err := s.Service.Evidence(t.Context(), s.Subject(t, webtest.Owner), "default")
	if err != nil || state.Head == "" {
		t.Fatalf("the state is %v, error %v", state, err)
	}
	for path, want := range map[string]int{
		"/audit?organization=default":                             54,
		"/audit?organization=default&q=username%3Aowner&before=9": 53,
		members + "/member?tab=activity":                          53,
	} {
		doc := paperOf(t, s, webtest.Owner, path)
		if n := doc.Find(".ev").Length(); n < want || doc.Find(".pager a[href]").Length() != 0 || doc.Find(".ev form").Length() != 0 {
			t.Errorf("%s: %d entries, want %d; or buttons", path, n, want)
		}
		stamp := doc.Find(".stamp").Text()
		if !strings.Contains(stamp, "audit hash "+state.Head) || !strings.Contains(stamp, "Printed by") {
			t.Errorf("%s: the stamp is %q, want %v", path, stamp, state)
		}
	}
	if n := paperOf(t, s, webtest.Owner, "/users/member?tab=activity").Find(".ev").Length(); n < 53 {
		t.Errorf("the person has %d entries on paper", n)
	}
	person := paperOf(t, s, webtest.Owner, members+"/member?tab=can")
	if person.Find(".eff .from-roles[checked]").Length() != 0 || !strings.Contains(person.Find(".stamp").Text(), state.Head) {
		t.Error("what a person can do is not all there")
	}

	paper := paperOf(t, s, webtest.Owner, roles+"/ci")
	if got := matrixRow(paper, "template:delete")["CI"]; got != "Deny" {
		t.Errorf("the role says %q of what it denies", got)
	}
	if got := paper.Find("main").Text(); !strings.Contains(got, "member@example.com") || !strings.Contains(got, "types that the catalog gets later") || paper.Find("main form").Length() != 0 {
		t.Errorf("the paper of a role says %q", got)
	}
	for _, path := range []string{roles + "/organization-admin", "/users/roles/owner"} {
		if got := paperOf(t, s, webtest.Owner, path); got.Find(".rmx tbody td").Length() == 0 {
			t.Errorf("%s: %q", path, got.Find("main").Text())
		}
	}
	stranger := s.Send(t, webtest.Page, webtest.Request{Path: roles + "/ci?print=1", As: webtest.Member})
	if text := stranger.Document().Find("main").Text(); stranger.StatusCode != http.StatusOK || strings.Contains(text, "Who has it") || strings.Contains(text, "audit hash") {
		t.Errorf("who may read roles alone is shown more: %d", stranger.StatusCode)
	}
	if got := s.Send(t, webtest.Page, webtest.Request{Path: roles + "/ci?print=maybe", As: webtest.Owner}).StatusCode; got != http.StatusBadRequest {
		t.Errorf("print=maybe: %d", got)
	}
}

// TestPaperIsOfOneState: if something is written while a page is made, one that is to be printed is made anew; where that does
// not end, it says that no state has all of it.
func TestPaperIsOfOneState(t *testing.T) {
	t.Parallel()
	s, statements := webtest.NewTraced(t)
	withRole(role{"ci", "CI", nil})(t, s)
	var writes atomic.Int64 // that come between
	n := 0
	statements.Watch(func(name string) {
		if name != "ListAuditLogs" || writes.Add(-1) < 0 {
			return
		}
		n++
		done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Owner, JSON: []string{`{"roles":[]}`, `{"roles":["ci"]}`}[n%2]})
	})
	stamp := func(path string, between int64) string {
		t.Helper()
		writes.Store(between)
		res := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner})
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, res.StatusCode)
		}
		return res.Document().Find(".stamp").Text()
	}
	const page, paper = "/audit?organization=default", "/audit?organization=default&print=1"
	got := stamp(paper, 2)
	state, err := s.Service.Evidence(t.Context(), s.Subject(t, webtest.Owner), "default")
	if err != nil || n != 2 || !strings.Contains(got, "audit hash "+state.Head) {
		t.Errorf("after %d writes the stamp is %q, want %v; error %v", n, got, state, err)
	}
	if got := stamp(paper, 1000); !strings.Contains(got, "no one state") || strings.Contains(got, "audit hash") {
		t.Errorf("while it is written all the time the stamp is %q", got)
	}
	if got := stamp(page, 1); !strings.Contains(got, "no one state") {
		t.Errorf("a page that was not made anew has the stamp %q", got)
	}
	if got := stamp(page, 0); !strings.Contains(got, "audit hash") {
		t.Errorf("nothing is written, and the stamp is %q", got)
	}
}
