package rbac_test

import (
	"slices"
	"strings"
	"testing"

	"rolecall.example/rbac"
)

// Who may do what, written by hand for every subject of the cast. Those who are not named must be refused.
func TestEffectiveRights(t *testing.T) {
	t.Parallel()
	const everyone = "O UA TA AU OA OUA OTA OAU M X"
	inHome, inAway := rbac.Object{Org: home}, rbac.Object{Org: away}
	rows := []struct {
		what, resource, actions string
		object                  rbac.Object
		allowed                 string
	}{
		{"an organization", "organization", "read", inHome, "O UA TA AU OA OUA OTA OAU M"},
		{"another organization", "organization", "read", inAway, "O UA TA AU X"},
		{"all members", "organization_member", "read", inHome, "O UA TA AU OA OUA OTA OAU"},
		{"the own membership", "organization_member", "read", rbac.Object{Org: home, Owner: me}, "O UA TA AU OA OUA OTA OAU M"},
		{"members", "organization_member", "create update delete", inHome, "O UA OA OUA"},
		{"the own membership", "organization_member", "create update delete", rbac.Object{Org: home, Owner: me}, "O UA OA OUA"},
		{"members elsewhere", "organization_member", "read", inAway, "O UA TA AU"},
		{"members elsewhere", "organization_member", "create update delete", inAway, "O UA"},
		{"roles", "assign_org_role", "read", inHome, "O UA TA AU OA OUA OTA OAU M"},
		{"giving roles", "assign_org_role", "assign unassign", inHome, "O UA OA OUA"},
		{"giving roles elsewhere", "assign_org_role", "assign unassign", inAway, "O UA"},
		{"custom roles", "assign_org_role", "create update delete", inHome, "O OA"},
		{"custom roles elsewhere", "assign_org_role", "create update delete", inAway, "O"},
		{"site roles", "assign_role", "read", rbac.Object{}, everyone},
		{"giving site roles", "assign_role", "assign unassign", rbac.Object{}, "O UA"},
		{"any user", "user", "read", rbac.Object{Owner: other}, "O UA TA AU OA OUA"},
		{"itself", "user", "read read_personal update_personal", rbac.Object{Owner: me}, everyone},
		{"personal data", "user", "read_personal update_personal", rbac.Object{Owner: other}, "O UA"},
		{"users", "user", "create update delete", rbac.Object{Owner: other}, "O UA"},
		{"users", "user", "create update delete", rbac.Object{}, "O UA"},
		{"its own account", "user", "create update delete", rbac.Object{Owner: me}, "O UA"},
		{"the audit log of an organization", "audit_log", "read", inHome, "O AU OA OAU"},
		{"the audit log of another organization", "audit_log", "read", inAway, "O AU"},
		{"the audit log of the site", "audit_log", "read", rbac.Object{}, "O AU"},
		{"the audit log of any organization", "audit_log", "read", rbac.Object{AnyOrg: true}, "O AU OA OAU"},
		{"the own tokens", "api_key", "create read update delete", rbac.Object{Owner: me}, everyone},
		{"the tokens of others", "api_key", "create read update delete", rbac.Object{Owner: other}, "O"},
		{"a pair that does not exist", "assign_role", "create", rbac.Object{}, ""},
		{"no single type", "*", "read", rbac.Object{}, ""},
		{"no single action", "user", "*", rbac.Object{}, ""},
	}
	for _, who := range all {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			s := subject(t, who)
			for _, row := range rows {
				row.object.Type = row.resource
				want := slices.Contains(strings.Fields(row.allowed), who)
				for _, action := range strings.Fields(row.actions) {
					if got := s.Authorize(action, row.object); got != want {
						t.Errorf("Authorize(%s, %s), %s = %v, want %v", action, row.resource, row.what, got, want)
					}
				}
			}
		})
	}
}

// Who may give and take which built-in role, by the assignment map.
func TestMayAssignBuiltIn(t *testing.T) {
	t.Parallel()
	const (
		siteNames  = "owner auditor template-admin user-admin member"
		orgNames   = "organization-admin organization-auditor organization-template-admin organization-user-admin organization-workspace-creation-ban organization-member"
		onlyMember = "organization-member"
	)
	rows := []struct{ who, site, home, away string }{
		{"O", siteNames, orgNames, orgNames},
		{"UA", "member", onlyMember, onlyMember},
		{"TA", "", "", ""},
		{"AU", "", "", ""},
		{"OA", "", orgNames, ""},
		{"OUA", "", onlyMember, ""},
		{"OTA", "", "", ""},
		{"OAU", "", "", ""},
		{"M", "", "", ""},
		{"X", "", "", ""},
	}
	for _, row := range rows {
		t.Run(row.who, func(t *testing.T) {
			t.Parallel()
			s := subject(t, row.who)
			for org, want := range map[rbac.ID]string{none: row.site, home: row.home, away: row.away} {
				for _, name := range strings.Fields(siteNames + " " + orgNames) {
					ok, missing := s.MayAssign(builtIn(t, name), org)
					if ok != slices.Contains(strings.Fields(want), name) || missing != nil {
						t.Errorf("MayAssign(%s) in %x = %v, missing %q, want %v", name, org[0], ok, format(missing), slices.Contains(strings.Fields(want), name))
					}
				}
			}
		})
	}
}

// A custom role with the right to assign does not let its holder assign built-in roles, whatever its name and its other
// permissions.
func TestCustomRolesStayOutOfTheMap(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	own := builtIn(t, "owner")
	s := c.NewSubject(me, []rbac.ID{home}, []rbac.Grant{
		{Role: c.Compile(rbac.Role{Name: "owner", BuiltIn: true, Site: own.Site})},
		{Role: c.Compile(rbac.Role{Name: "organization-admin", BuiltIn: true, Organization: own.Site}), Org: home},
	})
	for _, r := range c.BuiltInOrganizationRoles() {
		if ok, _ := s.MayAssign(r, home); ok {
			t.Errorf("MayAssign(%s) = true by custom roles, want false", r.Name)
		}
	}
}
