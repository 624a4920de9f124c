package org_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"rolecall.example/org"
)

// The effective rights of docs/spec/authcheck.md: who may do what to things of "default" without owner, and to accounts.
// Who is not named in a row may not.
var effectiveRights = []struct {
	resource string
	actions  string
	site     bool // asked without an organization
	who      string
}{
	{"organization", "read", false, "o ua ta au oa oua ota oau m dealer maker"},
	{"organization", "update delete", false, "o oa"},
	{"organization", "create", true, "o"},
	{"organization_member", "read", false, "o ua ta au oa oua ota oau dealer"},
	{"organization_member", "create update delete", false, "o ua oa oua"},
	{"assign_org_role", "read", false, "o ua ta au oa oua ota oau m dealer maker"},
	{"assign_org_role", "assign unassign", false, "o ua oa oua dealer"},
	{"assign_org_role", "create update delete", false, "o oa maker"},
	{"assign_role", "read", true, "o ua ta au oa oua ota oau m x pa dealer maker"},
	{"assign_role", "assign unassign", true, "o ua"},
	{"user", "read", true, "o ua ta au oa oua pa"},
	{"user", "create update delete", true, "o ua"},
	{"audit_log", "read", true, "o au"},
	{"audit_log", "read", false, "o au oa oau"},
	{"template", "read", false, "o ta au oa ota oau dealer maker"},
	{"workspace", "ssh", false, "o"},
	{"spaceship", "read", false, ""},
	{"template", "fly", false, ""},
	{"*", "read", false, ""},
	{"template", "*", false, ""},
}

func TestEffectiveRights(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, by := range []string{"o", "ua", "ta", "au", "oa", "oua", "ota", "oau", "m", "x", "pa", "dealer", "maker"} {
		checks, want := map[string]org.AuthCheck{}, map[string]bool{}
		for i, r := range effectiveRights {
			for _, action := range strings.Fields(r.actions) {
				c := org.AuthCheck{ResourceType: r.resource, Action: action}
				if !r.site {
					c.OrganizationID = home.String()
				}
				key := fmt.Sprint(i, " ", r.resource, ":", action)
				checks[key], want[key] = c, slices.Contains(strings.Fields(r.who), by)
			}
		}
		answers, err := s.AuthCheck(t.Context(), s.as(t, by), org.AuthChecks{Checks: checks})
		got := answers.Allowed
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if got[key] != want[key] {
				t.Errorf("%s, %s: %v, want %v", by, key, got[key], want[key])
			}
		}
	}
}

func TestAuthCheck(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		by    string
		check org.AuthCheck
		want  bool
	}{
		{"m", org.AuthCheck{Action: "read", ResourceType: "user", OwnerID: "me"}, true},
		{"m", org.AuthCheck{Action: "read", ResourceType: "user", OwnerID: id("m").String()}, true},
		{"m", org.AuthCheck{Action: "read", ResourceType: "user", OwnerID: id("x").String()}, false},
		{"m", org.AuthCheck{Action: "update", ResourceType: "user", OwnerID: "me"}, false},
		{"m", org.AuthCheck{Action: "read", ResourceType: "user", ResourceID: id("m").String()}, true},
		{"m", org.AuthCheck{Action: "read", ResourceType: "user", ResourceID: id("x").String()}, false},
		{"o", org.AuthCheck{Action: "delete", ResourceType: "user", ResourceID: id("x").String()}, true},
		{"o", org.AuthCheck{Action: "delete", ResourceType: "user", ResourceID: id("nobody").String()}, false},
		{"o", org.AuthCheck{Action: "read", ResourceType: "template", ResourceID: id("x").String()}, false}, // kept elsewhere
		{"m", org.AuthCheck{Action: "read", ResourceType: "organization_member", OrganizationID: home.String(), OwnerID: "me"}, true},
		{"m", org.AuthCheck{Action: "read", ResourceType: "organization_member", OrganizationID: home.String()}, false},
		{"x", org.AuthCheck{Action: "read", ResourceType: "organization_member", OrganizationID: home.String(), OwnerID: "me"}, false},
		{"oa", org.AuthCheck{Action: "read", ResourceType: "audit_log", AnyOrg: true}, true},
		{"m", org.AuthCheck{Action: "read", ResourceType: "audit_log", AnyOrg: true}, false},
		{"oa", org.AuthCheck{Action: "read", ResourceType: "audit_log"}, false},
		{"oa", org.AuthCheck{Action: "read", ResourceType: "audit_log", OrganizationID: beta.String()}, false},
		{"curbed", org.AuthCheck{Action: "read", ResourceType: "organization", OrganizationID: home.String()}, true},
	} {
		got, err := s.AuthCheck(t.Context(), s.as(t, c.by), org.AuthChecks{Checks: map[string]org.AuthCheck{"it": c.check}})
		if err != nil || got.Allowed["it"] != c.want {
			t.Errorf("%s, %+v: %v (%v), want %v", c.by, c.check, got.Allowed["it"], err, c.want)
		}
	}
	for _, c := range []org.AuthCheck{
		{Action: "read"}, {Action: "read", ResourceType: "group_member", ResourceID: id("x").String()}, {Action: "read", ResourceType: "user", ResourceID: "7"},
		{Action: "read", ResourceType: "user", OwnerID: "you"}, {Action: "read", ResourceType: "user", OrganizationID: "default"},
	} {
		got, err := s.AuthCheck(t.Context(), s.as(t, "o"), org.AuthChecks{Checks: map[string]org.AuthCheck{"good": {Action: "read", ResourceType: "user"}, "bad": c}})
		if e := kind(t, err, org.Invalid); got.Allowed != nil || len(e.Fields) != 1 || e.Fields[0].Field != "checks.bad.object" {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
	many := map[string]org.AuthCheck{}
	for i := range 11 {
		many[fmt.Sprint(i)] = org.AuthCheck{Action: "read", ResourceType: "user", ResourceID: id("x").String()}
	}
	_, err := s.AuthCheck(t.Context(), s.as(t, "o"), org.AuthChecks{Checks: many})
	kind(t, err, org.Invalid)
	delete(many, "0")
	if got, err := s.AuthCheck(t.Context(), s.as(t, "o"), org.AuthChecks{Checks: many}); err != nil || len(got.Allowed) != 10 {
		t.Errorf("%v, %v", got, err)
	}
}

// The frame of a page shows what its reader may open, and counts what it may see.
func TestNavigation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		by, at                string
		current               bool
		members               int
		users, audit, siteAll bool
		label                 string
	}{
		{"o", "default", true, len(homeMembers), true, true, true, "Owner"},
		{"ua", "default", true, len(homeMembers), true, false, true, "User Admin"},
		{"oa", "DEFAULT", true, len(homeMembers), true, true, false, "Organization Admin"},
		{"oau", "default", true, len(homeMembers), false, true, false, "Organization Auditor"},
		{"m", "default", true, 1, false, false, false, "Member"},
		{"x", "default", false, 0, false, false, false, "Member"},
		{"m", "beta", false, 0, false, false, false, "Member"},
		{"m", "gamma", false, 0, false, false, false, "Member"},
		{"pm", "", false, 0, false, false, false, "Member"},
	} {
		n, err := s.Navigation(t.Context(), s.as(t, c.by), c.at)
		if err != nil {
			t.Fatal(err)
		}
		if (n.Current != nil) != c.current || n.Members != c.members || n.CanReadUsers != c.users || n.CanReadAudit != c.audit || n.SiteRoles != c.siteAll || n.RoleLabel != c.label {
			t.Errorf("%s at %q: %+v", c.by, c.at, n)
		}
	}
}
