package org_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// small is an organization that few can run, and none of them by a built-in role.
var small = id("organization small")

// walkRoles are the roles of a walk beside customRoles. With them each kind of person is there that rules are about:
// who handles accounts and nothing else, who makes tokens, who writes roles, who removes leavers, who reads the trail.
var walkRoles = []struct {
	place uuid.UUID
	name  string
	level string
	perms []rbac.Permission
}{
	{uuid.Nil, "desk", "site", perms("user:read", "user:read_personal", "user:update", "user:update_personal", "user:delete")},
	{uuid.Nil, "minter", "site", perms("user:read", "api_key:create", "api_key:read", "api_key:delete")},
	{uuid.Nil, "gag", "site", perms("!organization_member:read", "!template:read")},
	{uuid.Nil, "keeper", "user", perms("user:delete", "user:update")},
	{home, "writer", "organization", perms("assign_org_role:create", "assign_org_role:read", "assign_org_role:update", "assign_org_role:delete")},
	{home, "hr", "organization", perms("organization_member:read", "organization_member:delete")},
	{home, "eye", "organization", perms("audit_log:read")},
	{home, "everyone", "organization", perms("workspace:read")},
	{home, "mute", "organization", perms("!assign_org_role:read", "!organization_member:read")},
	{beta, "writer", "organization", perms("assign_org_role:create", "assign_org_role:read", "assign_org_role:update", "assign_org_role:delete")},
	{beta, "everyone", "organization", perms("workspace:read")},
	{beta, "curb", "organization", perms("!template:update")},
	{small, "chief", "organization", append(perms("template:read", "organization_member:create", "organization_member:delete"), runsOrganization...)},
	{small, "writer", "organization", perms("assign_org_role:create", "assign_org_role:read", "assign_org_role:update", "assign_org_role:delete")},
	{small, "hr", "organization", perms("organization_member:read", "organization_member:delete")},
	{small, "everyone", "organization", perms("workspace:read")},
}

var walkPeople = []person{
	{name: "o2", site: []string{"owner"}, beta: none},
	{name: "o3", site: []string{"owner", "gag"}, home: none},
	{name: "oa2", home: []string{"organization-admin", "everyone"}, beta: none},
	{name: "oa3", home: []string{"organization-admin", "everyone", "curb"}, beta: []string{"everyone"}},
	{name: "pa2", home: none, beta: []string{"organization-admin", "everyone"}},
	{name: "desk", site: []string{"desk"}, home: none},
	{name: "minter", site: []string{"minter"}},
	{name: "writer", home: []string{"writer"}},
	{name: "pwriter", beta: []string{"writer"}},
	{name: "hr", home: []string{"hr"}},
	{name: "eye", home: []string{"eye"}},
	{name: "every", home: []string{"everyone"}, beta: []string{"everyone"}},
	{name: "muted", site: []string{"desk"}, home: []string{"mute"}},
	{name: "keeper", site: []string{"keeper"}, home: none, beta: none},
	{name: "rising", home: none},
	{name: "both", home: []string{"viewer"}, beta: []string{"beta-only"}},
	{name: "robot", home: []string{"everyone"}, beta: []string{"everyone"}, login: "none"},
	{name: "Dee", site: []string{"desk"}, home: none, status: "dormant"},
	{name: "chief"},
	{name: "chief2"},
	{name: "Sam", home: []string{"organization-admin"}, status: "suspended"},
}

// newWalkSite is a site with everybody that a walk is about.
func newWalkSite(tb testing.TB) *site {
	tb.Helper()
	s := newSite(tb)
	s.write(tb, func(q *db.Queries) error {
		if err := q.InsertOrganization(tb.Context(), db.InsertOrganizationParams{ID: small, Name: "small", NameKey: "small", DisplayName: "Small", Now: start}); err != nil {
			return err
		}
		for _, r := range walkRoles {
			roleID := id("role " + r.place.String() + r.name)
			if err := q.InsertRole(tb.Context(), db.InsertRoleParams{CatalogVersion: 1,
				ID: roleID, OrganizationID: uuid.NullUUID{UUID: r.place, Valid: r.place != uuid.Nil},
				Name: r.name, DisplayName: strings.ToUpper(r.name), Now: start, UpdatedBy: "o",
			}); err != nil {
				return err
			}
			for _, p := range r.perms {
				if err := q.InsertPermission(tb.Context(), db.InsertPermissionParams{
					RoleID: roleID, Level: r.level, ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate,
				}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	s.insert(tb, walkPeople...)
	for name, roles := range map[string][]string{
		"chief": {"chief"}, "chief2": {"chief", "everyone"}, "hr": {"hr"}, "writer": {"writer", "everyone"}, "every": {"everyone"}, "m": {},
	} {
		s.join(tb, small, name)
		s.give(tb, small, name, roles...)
	}
	return s
}

// What the steps of a walk take by chance.
var (
	walkPermissions = perms(
		"template:read", "template:update", "template:delete", "group:create", "group:read", "workspace:create", "workspace:ssh", "workspace:read",
		"organization_member:read", "organization_member:create", "organization_member:delete", "organization:read", "organization:update", "user:read", "user:update",
		"assign_org_role:read", "assign_org_role:create", "assign_org_role:update", "assign_org_role:delete", "assign_org_role:assign", "assign_org_role:unassign",
		"assign_role:assign", "assign_role:unassign", "audit_log:read", "*:view_insights", "*:read", "api_key:create", "user:delete", "user:update_personal",
	)
	walkOrgRoles = []string{
		"organization-admin", "organization-admin", "organization-auditor", "organization-user-admin", "organization-template-admin",
		"organization-workspace-creation-ban", "organization-member",
	}
	walkSiteRoles = []string{"owner", "user-admin", "template-admin", "auditor", "member"}
	walkRoleNames = []string{"r0", "r1", "r2", "r3", "everyone"}
	walkSiteNames = []string{"s0", "s1", "s2"}
	walkOrgNames  = []string{"org0", "org1", "org2"}
	walkNewNames  = []string{"new0", "new1", "new2", "new3", "new4", "new5", "rising", "robot", "m", "x", "every", "both"}
)
