package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
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
	withWorstRoles(t, s)
	sent := func(path string) (*webtest.Response, int) {
		t.Helper()
		res := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner, Header: http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd"}}, Unchecked: true})
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
	if got := page.Header.Get("Content-Encoding"); got != "zstd" {
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
		roles + "/worst", roles + "/new?from=worst", roles + "/worst/history", roles + "/ci/compare?with=worst", "/organizations/default/lint",
		members + "/person-1?resource_type=template&action=read", "/organizations/default/who-can?resource_type=template&action=read",
		"/users", "/users/person-1", "/audit", "/audit?q=resource_type:custom_role",
		"/users/roles/new", "/users/roles/new?from=owner", "/users/roles/owner", "/users/roles/worst", // two grids
	} {
		most := 15_000
		if strings.HasPrefix(path, "/users/roles/") {
			most = 15_800 // of the second grid
		}
		if _, n := sent(path); n > most {
			t.Errorf("%s: %d bytes", path, n)
		}
	}
}

// withWorstRoles stores roles that say something about everything an owner holds, with a deny in each third place: nothing
// makes an editor, or a line of the audit log, larger. A member holds the one of the organization.
func withWorstRoles(t *testing.T, s *webtest.Site) {
	t.Helper()
	var owner struct {
		Site []map[string]any `json:"site_permissions"`
	}
	s.Get(t, webtest.Owner, "/users/roles/owner").Decode(&owner)
	held := map[string]bool{}
	for _, p := range owner.Site {
		held[fmt.Sprint(p["resource_type"], ".", p["action"])] = true
	}
	var all []map[string]any
	for _, typ := range rbac.Default().Types() {
		for _, a := range typ.Actions {
			if held[typ.Name+"."+a.Name] || held[typ.Name+".*"] {
				all = append(all, map[string]any{"resource_type": typ.Name, "action": a.Name, "negate": len(all)%3 == 2})
			}
		}
	}
	if len(all) < 100 {
		t.Fatalf("an owner holds only %d permissions", len(all))
	}
	for _, r := range []webtest.Request{
		{Method: http.MethodPut, Path: roles, JSON: map[string]any{"name": "worst", "display_name": "Worst", "organization_permissions": all}},
		{Method: http.MethodPatch, Path: "/users/roles", JSON: map[string]any{"name": "worst", "display_name": "Worst", "site_permissions": all, "user_permissions": all}},
		{Method: http.MethodPut, Path: members + "/person-1/roles", JSON: map[string]any{"roles": []string{"worst", "ci"}}},
	} {
		r.As = webtest.Owner
		if res := s.Do(t, r); res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: got %d\n%s", r.Method, r.Path, res.StatusCode, res.Body)
		}
	}
}
