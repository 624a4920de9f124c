package web_test

import (
	"net/http"
	"strings"
	"testing"

	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
)

// TestCatalogPage: everybody who is signed in reads what there is, what it means, and what the built-in roles hold.
func TestCatalogPage(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, who := range []string{webtest.Owner, webtest.Member, webtest.Outsider} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: "/catalog", As: who})
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d\n%s", who, res.StatusCode, res.Body)
		}
		doc := res.Document()
		c := rbac.Default()
		if n := doc.Find("tr[data-text]").Length(); n != len(c.Types()) {
			t.Errorf("%s: %d types, want %d", who, n, len(c.Types()))
		}
		for _, typ := range c.Types() {
			for _, a := range typ.Actions {
				if !strings.Contains(doc.Find(".means").Text(), typ.Name+":"+a.Name) || !strings.Contains(doc.Find(".means").Text(), a.Description) {
					t.Errorf("%s: nothing about %s:%s", who, typ.Name, a.Name)
				}
			}
		}
		for _, r := range c.BuiltIns() {
			if doc.Find("#role-"+r.Name).Length() != 1 {
				t.Errorf("%s: the role %s is missing", who, r.Name)
			}
		}
		gives := doc.Find("#role-organization-admin .c-give").Text()
		if !strings.Contains(gives, "Every role of an organization") {
			t.Errorf("%s: an organization's administrator gives %q", who, gives)
		}
		if doc.Find(`.nav a[href="/catalog"][aria-current]`).Length() != 1 {
			t.Errorf("%s: the navigation does not show where the page is", who)
		}
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/search?q=catal", As: webtest.Member}); res.Document().Find(`.hit[href="/catalog"]`).Length() != 1 {
		t.Error("the search does not find the page")
	}
}
