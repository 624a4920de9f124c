package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web/webtest"
)

// TestWordsOfTheTime: the trail tells of a permission in the words of the catalog of that time. The versions of a role have the
// present ones, and what means nothing any more struck through in its last words.
func TestWordsOfTheTime(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	role := func(allow ...string) {
		var list []string
		for _, action := range allow {
			list = append(list, fmt.Sprintf(`{"resource_type":"fuel","action":%q}`, action))
		}
		done(t, s, webtest.Request{Method: http.MethodPut, Path: roles, JSON: fmt.Sprintf(`{"name":"stoker","organization_permissions":[%s]}`, strings.Join(list, ","))})
	}
	putCatalog(t, s, 1, fuelCatalog(t, "shred_it"))
	role("shred_it")
	putCatalog(t, s, 2, fuelCatalog(t, "burn_it", "shred_it"))
	role("see", "burn_it")
	role("see")
	role("see", "burn_it")
	res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: "/api/v2/catalog?retire=fuel:burn_it", As: webtest.Owner, JSON: fuelCatalog(t, "smell"), Header: http.Header{
		"Content-Type": {"application/yaml"}, "If-Match": {`"3"`},
	}})
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, res.Body)
	}
	lines := func(path, what string) (list []string) {
		s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner}).Document().Find(what).Each(func(_ int, n *goquery.Selection) {
			list = append(list, strings.Join(strings.Fields(n.Text()), " "))
		})
		return list
	}
	want := []string{
		"− Gone: allow burn_it fuels fuel:burn_it in the role stoker, which 0 people held",
		"+ Allow burn_it fuels fuel:burn_it", "− Clear burn_it fuels fuel:burn_it was allowed", "+ Allow see fuels fuel:see", "+ Allow shred_it fuels fuel:shred_it",
	}
	if got := lines("/audit?organization=default&q=resource_type:custom_role", ".diff-l li"); !slices.Equal(got, want[1:]) {
		t.Errorf("the trail says %q, want %q", got, want[1:])
	}
	if got := lines("/audit?organization=default&q=resource_type:catalog", ".diff-l li"); !slices.Contains(got, want[0]) {
		t.Errorf("the trail says %q, want %q", got, want[0])
	}
	want = []string{"Allow burn_it fuels fuel:burn_it", "Clear burn_it fuels fuel:burn_it", "Allow burn_it fuels fuel:burn_it"}
	if got := lines(roles+"/stoker/history", ".diff-l s"); !slices.Equal(got, want) {
		t.Errorf("struck through is %q, want %q", got, want)
	}
	if got := lines(roles+"/stoker/compare?version=3", ".cmp s"); !slices.Equal(got, want[:1]) && !slices.Equal(got, []string{"burn_it fuels fuel:burn_it"}) {
		t.Errorf("the comparison strikes through %q", got)
	}
}
