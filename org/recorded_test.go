package org_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// lives is a site on which maria and the others have had an ordinary life: every way in which roles come and go.
func lives(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	ctx, o := t.Context(), s.as(t, "o")
	do := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"maria", "nils", "olga", "paul"} {
		_, err := s.CreateUser(ctx, o, given(org.NewUser{Username: name, Email: name + "@example.com", LoginType: org.LoginNone, OrganizationIDs: []uuid.UUID{home, beta}}))
		do(err)
	}
	set := func(user string, names ...string) {
		t.Helper()
		do(drop(s.SetMemberRoles(ctx, o, "default", user, roles(names...))))
	}
	undo := func() {
		t.Helper()
		do(drop(s.Undo(ctx, o, s.text(t, "SELECT id FROM audit_logs WHERE status_code < 400 AND resource_type IN ('user', 'organization_member') ORDER BY seq DESC LIMIT 1"))))
	}
	bulk := func(action org.BulkAction, role string, users ...string) {
		t.Helper()
		do(drop(s.BulkMembers(ctx, o, "default", given(org.Bulk{Action: action, Role: role, Users: users}))))
	}
	set("maria", "viewer", "dealer")
	set("maria", "viewer")
	set("maria", "dealer")
	undo()
	bulk(org.BulkAddRole, "organization-auditor", "maria", "nils", "olga", "m")
	bulk(org.BulkRemoveRole, "organization-auditor", "maria", "m")
	do(drop(s.SetUserRoles(ctx, o, "maria", roles("site-reader", "auditor"))))
	do(drop(s.SetUserRoles(ctx, o, "nils", roles("site-reader"))))
	do(drop(s.SetUserRoles(ctx, o, "olga", roles("auditor"))))
	undo()
	do(drop(s.SetUserRoles(ctx, o, "reader", roles())), drop(s.SetUserRoles(ctx, o, "oa", roles("auditor"))))
	set("dealer", "dealer", "organization-auditor") // one of them is older than the trail
	do(drop(s.UpdateProfile(ctx, o, "nils", given(org.Profile{Username: "nina", Name: "Nina"}))))

	// The name of a deleted role is used again, and the new role is not that of everybody who held the old one.
	set("nina", "viewer", "organization-auditor")
	do(drop(s.DeleteRole(ctx, o, org.In("default"), "viewer", nil)))
	do(drop(s.PutRole(ctx, o, org.In("default"), role("viewer", "template:read"))))
	set("olga", "viewer", "organization-auditor")
	do(drop(s.DeleteRole(ctx, o, org.Site, "site-reader", nil)))
	do(drop(s.PutRole(ctx, o, org.Site, roleBody(org.RoleInput{Name: "site-reader", Site: perms("template:read")}))))
	do(drop(s.SetUserRoles(ctx, o, "olga", roles("site-reader"))))

	// Memberships end, begin again and are put back.
	set("paul", "dealer")
	do(drop(s.RemoveMember(ctx, o, "default", "paul", nil)), drop(s.AddMember(ctx, o, "default", "paul")))
	set("paul", "viewer")
	bulk(org.BulkRemove, "", "paul")
	undo()
	do(drop(s.CreateOrganization(ctx, o, given(org.OrganizationInput{Name: "gamma"}))), drop(s.AddMember(ctx, o, "gamma", "maria")))
	do(drop(s.SetMemberRoles(ctx, o, "gamma", "maria", roles("organization-admin"))))
	do(drop(s.DeleteUser(ctx, o, "m", nil)))
	return s
}

// Roles that somebody gave or took past the program are found, and nothing that it did itself is.
func TestRolesByHand(t *testing.T) {
	t.Parallel()
	const user, member = "INSERT INTO user_roles (user_id, role) SELECT id, '%s' FROM users WHERE username = '%s'",
		`INSERT INTO member_roles (organization_id, role, username_key, user_id)
			SELECT m.organization_id, '%s', m.username_key, m.user_id FROM organization_members m
			JOIN organizations o ON o.id = m.organization_id WHERE o.name = '%s' AND m.username = '%s'`
	examined(t, lives(t))
	for _, tt := range []struct{ name, sql, want string }{
		{"site role", fmt.Sprintf(user, "owner", "maria"), "user_roles: maria has owner, and the audit trail never gave it"},
		{"older than the trail", fmt.Sprintf(user, "owner", "oa"), "user_roles: oa has owner, and the audit trail never gave it"},
		{"taken once", fmt.Sprintf(user, "auditor", "olga"), "user_roles: olga has auditor, and the audit trail never gave it"},
		{"role deleted since", fmt.Sprintf(user, "site-reader", "nina"), "user_roles: nina has site-reader, and the audit trail never gave it"},
		{"taken from the account", "DELETE FROM user_roles WHERE role = 'site-reader'", "user_roles: olga no longer has site-reader, and the audit trail never took it"},
		{"member role", fmt.Sprintf(member, "organization-admin", "default", "maria"), "member_roles: maria has organization-admin in default, and the audit trail never gave it"},
		{"taken from the member", "DELETE FROM member_roles WHERE role = 'organization-admin' AND username_key = 'maria'", "member_roles: maria no longer has organization-admin in gamma, and the audit trail never took it"},
		{"member role deleted since", fmt.Sprintf(member, "viewer", "default", "nina"), "member_roles: nina has viewer in default, and the audit trail never gave it"},
		{"membership without an entry of its own", fmt.Sprintf(member, "organization-admin", "Beta", "maria"), "member_roles: maria has organization-admin in Beta, and the audit trail never gave it"},
		{"held before the membership ended", fmt.Sprintf(member, "dealer", "default", "paul"), "member_roles: paul has dealer in default, and the audit trail never gave it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := lives(t)
			s.exec(t, tt.sql)
			examined(t, s, tt.want)
		})
	}
}

func examined(t *testing.T, s *site, want ...string) {
	t.Helper()
	if found, err := s.CheckIntegrity(t.Context()); err != nil || !slices.Equal(found, want) {
		t.Errorf("found\n%s\n(%v), want\n%s", strings.Join(found, "\n"), err, strings.Join(want, "\n"))
	}
}

// A role that was put in by hand is found after other changes too, until it is taken; what the program then gives is right.
func TestRolesByHandAreNotForgotten(t *testing.T) {
	t.Parallel()
	s := lives(t)
	set := func(names ...string) {
		t.Helper()
		if _, err := s.SetUserRoles(t.Context(), s.as(t, "o"), "maria", roles(names...)); err != nil {
			t.Fatal(err)
		}
	}
	const want = "user_roles: maria has user-admin, and the audit trail never gave it"
	s.exec(t, "INSERT INTO user_roles (user_id, role) SELECT id, 'user-admin' FROM users WHERE username = 'maria'")
	examined(t, s, want)
	set("auditor", "user-admin", "template-admin")
	examined(t, s, want)
	set("auditor")
	examined(t, s)
	set("auditor", "user-admin")
	examined(t, s)
}

// However many roles were put in by hand, a few lines tell of them.
func TestRolesByHandAreTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 25 {
		name := fmt.Sprintf("p%02d", i)
		if _, err := s.CreateUser(t.Context(), s.as(t, "o"), given(org.NewUser{Username: name, Email: name + "@example.com", LoginType: org.LoginNone, OrganizationIDs: []uuid.UUID{home}})); err != nil {
			t.Fatal(err)
		}
	}
	s.exec(t, "INSERT INTO user_roles (user_id, role) SELECT id, 'auditor' FROM users WHERE username LIKE 'p__'")
	found, err := s.CheckIntegrity(t.Context())
	if err != nil || len(found) != 21 || found[20] != "user_roles, member_roles: 5 more differences from the audit trail" {
		t.Fatalf("found %d: %v (%v)", len(found), strings.Join(found, "\n"), err)
	}
	if strings.Contains(found[0], "p01") || !strings.Contains(found[0], "p00") {
		t.Errorf("the first is %q", found[0])
	}
}
