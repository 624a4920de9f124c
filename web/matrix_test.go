package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web/webtest"
)

// matrixRow is what a matrix says of a permission, by role; "" if there is no such row.
func matrixRow(doc *goquery.Document, permission string) map[string]string {
	var heads []string
	doc.Find(".rmx thead th").Each(func(_ int, th *goquery.Selection) { heads = append(heads, strings.TrimSpace(th.Text())) })
	says := map[string]string{}
	doc.Find(".rmx tbody tr").Each(func(_ int, tr *goquery.Selection) {
		if tr.Find("th code").Text() != permission {
			return
		}
		tr.Find("td").Each(func(i int, td *goquery.Selection) { says[heads[i]] = strings.TrimSpace(td.Text()) })
	})
	return says
}

// TestMatrix: the matrix says of every role what it allows and denies, wildcards and overriding denies counted, on a page and in a
// file; its rows and columns can be chosen, and there are never more columns than a page can bear.
func TestMatrix(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "read", false}, {"template", "delete", true}}})(t, s)
	withRole(role{"all", "All readers", []permission{{"*", "read", false}, {"template", "read", true}}})(t, s)
	get := func(query string) *goquery.Document {
		t.Helper()
		res := s.Send(t, webtest.Page, webtest.Request{Path: roles + "?view=matrix" + query, As: webtest.Member})
		if res.StatusCode != 200 {
			t.Fatalf("%s: %d\n%s", query, res.StatusCode, res.Text())
		}
		return res.Document()
	}
	doc := get("&role=ci&role=all")
	for permission, want := range map[string]map[string]string{
		"template:read":   {"CI": "Allow", "All readers": "Deny"},
		"template:delete": {"CI": "Deny", "All readers": "Not set"},
		"workspace:read":  {"CI": "Not set", "All readers": "Allow"},
		"workspace:start": {},
	} {
		if got := matrixRow(doc, permission); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", permission, got, want)
		}
	}
	if len(matrixRow(get("&role=ci&role=all&show=all"), "workspace:start")) != 2 {
		t.Error("all has not all")
	}
	if got := get("&role=ci&show=diff"); got.Find(".rmx").Length() != 0 || !strings.Contains(got.Text(), "do not differ") {
		t.Error("a role differs from itself")
	}
	if got := get("&q=" + "delete+templates&role=ci").Find(".rmx tbody th code").Text(); got != "template:delete" {
		t.Errorf("searched, the rows are %q", got)
	}
	if got := s.Send(t, webtest.Page, webtest.Request{Path: roles + "?view=matrix&show=some", As: webtest.Member}).StatusCode; got != 400 {
		t.Errorf("an unknown choice of rows: %d", got)
	}
	if got := s.Send(t, webtest.Page, webtest.Request{Path: roles + "?view=matrix", As: webtest.Outsider}).StatusCode; got != 404 {
		t.Errorf("a stranger: %d", got)
	}
	fragment := s.Send(t, webtest.Fragment, webtest.Request{Path: roles + "?view=matrix&role=ci", As: webtest.Member}).Document()
	if fragment.Find(".rmx thead th").Length() != 1 || fragment.Find("#active[hx-swap-oob]").Length() != 1 || fragment.Find("h1").Length() != 0 {
		t.Error("the fragment is not the table")
	}

	for i := range 50 {
		done(t, s, webtest.Request{Method: http.MethodPut, Path: roles, JSON: fmt.Sprintf(`{"name":"many-%d","organization_permissions":[]}`, i)})
	}
	done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"roles":["many-33"]}`})
	doc = s.Send(t, webtest.Page, webtest.Request{Path: roles + "?view=matrix", As: webtest.Admin}).Document()
	if n := doc.Find(".rmx thead th").Length(); n != 12 || !strings.Contains(doc.Find(".rmx thead").Text(), "many-33") || !strings.Contains(doc.Find("#results").Text(), "12 of 57 roles") {
		t.Errorf("%d columns of many roles: %s", n, doc.Find("#results .lead").Text())
	}
	paper := s.Send(t, webtest.Page, webtest.Request{Path: roles + "?view=matrix&print=1", As: webtest.Admin}).Document()
	if tables, n := paper.Find(".rmx").Length(), paper.Find(".rmx thead th").Length(); tables != 5 || n != 57 {
		t.Errorf("on paper %d roles stand in %d tables", n, tables)
	}
	all := "&role=ci"
	for i := range 50 {
		all += fmt.Sprintf("&role=many-%d", i)
	}
	if n := get(all).Find(".rmx thead th").Length(); n != 40 {
		t.Errorf("%d columns at most", n)
	}

	file := s.Send(t, webtest.Page, webtest.Request{Path: roles + "?view=matrix&role=ci&role=all&format=csv", As: webtest.Member})
	rows, err := csv.NewReader(strings.NewReader(file.Text())).ReadAll()
	if err != nil || len(rows) < 3 || !slices.Equal(rows[0], []string{"permission", "label", "level", "all", "ci"}) ||
		!slices.ContainsFunc(rows, func(r []string) bool { return r[0] == "template:read" && r[3] == "deny" && r[4] == "allow" }) {
		t.Errorf("the file: %v, error %v", rows, err)
	}
	site := s.Send(t, webtest.Page, webtest.Request{Path: "/users/roles?view=matrix&role=auditor", As: webtest.Owner}).Document()
	if got := matrixRow(site, "audit_log:read"); len(got) != 1 {
		t.Errorf("of the site: %v", got)
	}
}
