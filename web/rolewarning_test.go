package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// TestRoleWarning: a site owner is warned in the dry run, in the review and on the page that asks back before a role
// changes after which no one can manage an organization, be it a role of the organization or of the site.
func TestRoleWarning(t *testing.T) {
	t.Parallel()
	able := []permission{
		{"organization", "read", false}, {"organization_member", "read", false}, {"assign_org_role", "read", false},
		{"assign_org_role", "update", false}, {"assign_org_role", "assign", false}, {"assign_org_role", "unassign", false},
	}
	const siteRoles = "/users/roles"
	for path, holders := range map[string]string{roles: members + "/member/roles", siteRoles: "/users/member/roles"} {
		s := webtest.New(t)
		body := map[string]any{"name": "steward", "organization_permissions": able}
		level, method := "org", http.MethodPut
		if path == siteRoles {
			body = map[string]any{"name": "steward", "site_permissions": able}
			level, method = "site", http.MethodPatch
		}
		for _, r := range []webtest.Request{
			{Method: method, Path: path, JSON: body},
			{Method: http.MethodPut, Path: holders, JSON: `{"roles":["steward"]}`},
			{Method: http.MethodDelete, Path: members + "/admin"},
		} {
			r.As = webtest.Owner
			if res := s.Do(t, r); res.StatusCode >= 300 {
				t.Fatalf("%s %s: %d\n%s", r.Method, r.Path, res.StatusCode, res.Body)
			}
		}
		const warning = " will be able to manage it."
		warned := func(what string, want bool, res *webtest.Response) {
			t.Helper()
			if res.StatusCode != 200 || strings.Contains(res.Text(), warning) != want {
				t.Errorf("%s, %s: %d, a warning: %v\n%s", path, what, res.StatusCode, !want, res.Text())
			}
		}
		warned("dry run of the deletion", true, s.Do(t, webtest.Request{Method: http.MethodDelete, Path: path + "/steward?dry_run=1", As: webtest.Owner}))
		warned("page that asks back", true, s.Send(t, webtest.Page, webtest.Request{Path: path + "/steward?confirm=delete", As: webtest.Owner}))
		for _, change := range []struct {
			cell, value string
			warns       bool
		}{{"assign_org_role.update", "", true}, {"organization.read", "deny", true}, {"template.read", "allow", false}} {
			form := url.Values{"name": {"steward"}, "do": {"review"}, level + "." + change.cell: {change.value}}
			res := s.Send(t, webtest.Page, webtest.Request{Method: method, Path: path, As: webtest.Owner, Form: form})
			warned("review of "+change.cell, change.warns, res)
		}
	}
}
