package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall/web/webtest"
)

// TestBudget: what a browser loads for a full page of members, as it is sent: at most 85 kB in six requests the first
// time, and 15 kB for every page after that.
func TestBudget(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for i := range 60 {
		s.AddUser(t, fmt.Sprintf("person-%d", i), webtest.Default)
	}
	withRole(role{"ci", "CI runner", []permission{{"template", "read", false}}})(t, s)
	sent := func(path string) (*webtest.Response, int) {
		t.Helper()
		res := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner, Header: http.Header{"Accept-Encoding": {"gzip, deflate, br"}}, Unchecked: true})
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d", path, res.StatusCode)
		}
		return res, len(res.Body)
	}
	plain := s.Send(t, webtest.Page, webtest.Request{Path: members, As: webtest.Admin}).Document()
	if n := plain.Find("#results tbody tr").Length(); n != 25 {
		t.Fatalf("%d rows, want a full page", n)
	}
	page, total := sent(members)
	if got := page.Header.Get("Content-Encoding"); got != "br" {
		t.Errorf("the page is sent as %q", got)
	}
	requests := map[string]bool{}
	plain.Find("link[href], script[src]").Each(func(_ int, e *goquery.Selection) {
		requests[e.AttrOr("href", e.AttrOr("src", ""))] = true
	})
	for path := range requests {
		_, n := sent(path)
		total += n
	}
	if n := len(requests) + 1; n > 6 || total > 85_000 {
		t.Errorf("a first visit takes %d requests and %d bytes", n, total)
	}
	for _, path := range []string{
		members + "?offset=25", members + "?q=person", roles, roles + "/ci", roles + "/organization-admin", members + "/new",
		"/users/roles/new", "/users/roles/owner", // two grids
	} {
		if _, n := sent(path); n > 15_000 {
			t.Errorf("%s: %d bytes", path, n)
		}
	}
}
