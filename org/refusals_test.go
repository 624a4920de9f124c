package org_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
)

// What may not be read looks exactly like what does not exist: every use case gives the same whole error on a site
// where the thing is there and on one where it never was.

type useCase struct {
	name string
	do   func(ctx context.Context, s *site, by *org.Actor) error
}

// twins are two sites, the second without what forget deletes.
func twins(t *testing.T, forget ...string) (with, without *site) {
	t.Helper()
	with, without = newSite(t), newSite(t)
	for _, query := range forget {
		without.exec(t, query)
	}
	return with, without
}

func alike(t *testing.T, with, without *site, by string, cases []useCase, want *org.Error) {
	t.Helper()
	for _, c := range cases {
		t.Run(by+" "+c.name, func(t *testing.T) {
			entries := with.entries(t)
			there, missing := c.do(t.Context(), with, with.as(t, by)), c.do(t.Context(), without, without.as(t, by))
			if diff := cmp.Diff(there, missing); diff != "" {
				t.Errorf("being there can be told from not being there:\n%s", diff)
			}
			if want != nil {
				same(t, there, want)
			}
			if n := with.entries(t) - entries; n != 0 {
				t.Errorf("%d audit rows about what the caller may not know", n)
			}
		})
	}
}

func organizationCases(t *testing.T, o string) []useCase {
	anyRole := unread[org.RoleInput](t)
	return []useCase{
		{"Organization", func(ctx context.Context, s *site, by *org.Actor) error { return drop(s.Organization(ctx, by, o)) }},
		{"UpdateOrganization", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.UpdateOrganization(ctx, by, o, unread[org.OrganizationInput](t), nil))
		}},
		{"DeleteOrganization", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.DeleteOrganization(ctx, by, o, nil))
		}},
		{"Members", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.Members(ctx, by, o, org.MemberFilter{}))
		}},
		{"StreamMembers", func(ctx context.Context, s *site, by *org.Actor) error {
			_, _, err := s.each(t, by, o, org.MemberFilter{})
			return err
		}},
		{"Member", func(ctx context.Context, s *site, by *org.Actor) error { return drop(s.Member(ctx, by, o, "pm")) }},
		{"MemberRoles", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.MemberRoles(ctx, by, o, "pm"))
		}},
		{"SetMemberRoles", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.SetMemberRoles(ctx, by, o, "pm", unread[org.RolesInput](t)))
		}},
		{"AddMember", func(ctx context.Context, s *site, by *org.Actor) error { return drop(s.AddMember(ctx, by, o, "x")) }},
		{"AddMember me", func(ctx context.Context, s *site, by *org.Actor) error { return drop(s.AddMember(ctx, by, o, "me")) }},
		{"RemoveMember", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.RemoveMember(ctx, by, o, "pm", nil))
		}},
		{"Candidates", func(ctx context.Context, s *site, by *org.Actor) error {
			_, _, err := s.Candidates(ctx, by, o, "")
			return err
		}},
		{"OrganizationRoles", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.Roles(ctx, by, org.In(o)))
		}},
		{"OrganizationRole", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.Role(ctx, by, org.In(o), "beta-only"))
		}},
		{"NewOrganizationRole", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.NewRole(ctx, by, org.In(o), "beta-only"))
		}},
		{"RolePage", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.RolePage(ctx, by, org.In(o), org.RoleFilter{Counts: true}))
		}},
		{"CreateOrganizationRole", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.PutRole(ctx, by, org.In(o), mustBeNew(anyRole)))
		}},
		{"PutOrganizationRole", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.PutRole(ctx, by, org.In(o), anyRole))
		}},
		{"DeleteOrganizationRole", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.DeleteRole(ctx, by, org.In(o), "beta-only", nil))
		}},
		{"BulkMembers", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.BulkMembers(ctx, by, o, unread[org.Bulk](t)))
		}},
		{"AddMembers", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.AddMembers(ctx, by, o, unread[org.Additions](t)))
		}},
	}
}

func TestUnreadableOrganizationLooksMissing(t *testing.T) {
	t.Parallel()
	with, without := twins(t, "DELETE FROM organization_members WHERE organization_id <> '"+home.String()+"'",
		"DELETE FROM roles WHERE name = 'beta-only'", "DELETE FROM organizations WHERE name = 'Beta'")
	for _, by := range []string{"m", "oa", "x", "maker"} {
		for _, ref := range []string{"beta", "BETA", beta.String()} {
			alike(t, with, without, by, organizationCases(t, ref), notFound)
		}
	}
}

func TestUnreadableMembershipLooksMissing(t *testing.T) {
	t.Parallel()
	cases := func(user string) []useCase {
		return []useCase{
			{"Member", func(ctx context.Context, s *site, by *org.Actor) error {
				return drop(s.Member(ctx, by, "default", user))
			}},
			{"MemberRoles", func(ctx context.Context, s *site, by *org.Actor) error {
				return drop(s.MemberRoles(ctx, by, "default", user))
			}},
			{"SetMemberRoles", func(ctx context.Context, s *site, by *org.Actor) error {
				return drop(s.SetMemberRoles(ctx, by, "default", user, unread[org.RolesInput](t)))
			}},
			{"RemoveMember", func(ctx context.Context, s *site, by *org.Actor) error {
				return drop(s.RemoveMember(ctx, by, "default", user, nil))
			}},
			{"AddMember", func(ctx context.Context, s *site, by *org.Actor) error {
				return drop(s.AddMember(ctx, by, "default", user))
			}},
		}
	}
	// Without user:read, no difference: a member, somebody else, nobody.
	for _, forget := range []string{"DELETE FROM organization_members WHERE user_id = '" + id("viewer").String() + "'", "DELETE FROM users WHERE username = 'viewer'"} {
		with, without := twins(t, forget)
		for _, by := range []string{"m", "maker"} {
			for _, ref := range []string{"viewer", "VIEWER", id("viewer").String()} {
				alike(t, with, without, by, cases(ref), notFound)
			}
		}
	}
	// Nor for those who read the memberships, about people that are no members.
	with, without := twins(t, "DELETE FROM users WHERE username = 'x'")
	for _, by := range []string{"oau", "ota", "dealer"} {
		alike(t, with, without, by, cases("x"), notFound)
	}
	// With user:read it is said that there is no such user.
	for _, by := range []string{"o", "ua", "ta", "au", "oa", "oua"} {
		for _, c := range cases("nobody") {
			same(t, c.do(t.Context(), with, with.as(t, by)), badUser("nobody"))
		}
	}
}

func userCases(t *testing.T, user string) []useCase {
	return []useCase{
		{"User", func(ctx context.Context, s *site, by *org.Actor) error { return drop(s.User(ctx, by, user)) }},
		{"UserRoles", func(ctx context.Context, s *site, by *org.Actor) error { return drop(s.UserRoles(ctx, by, user)) }},
		{"UserOrganizations", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.UserOrganizations(ctx, by, user))
		}},
		{"Tokens", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.Tokens(ctx, by, user, org.TokenFilter{}))
		}},
		{"all Tokens", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.allTokens(ctx, by, user))
		}},
		{"CreateToken", func(ctx context.Context, s *site, by *org.Actor) error {
			_, _, err := s.CreateToken(ctx, by, user, unread[org.TokenInput](t))
			return err
		}},
		{"DeleteToken", func(ctx context.Context, s *site, by *org.Actor) error {
			return s.DeleteToken(ctx, by, user, "0123456789")
		}},
		{"DeleteUser", func(ctx context.Context, s *site, by *org.Actor) error { return drop(s.DeleteUser(ctx, by, user, nil)) }},
		{"UpdateProfile", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.UpdateProfile(ctx, by, user, unread[org.Profile](t)))
		}},
		{"SetPassword", func(ctx context.Context, s *site, by *org.Actor) error {
			return s.SetPassword(ctx, by, user, unread[org.PasswordInput](t), nil)
		}},
		{"SetStatus", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop2(s.SetStatus(ctx, by, user, org.StatusSuspended, nil))
		}},
		{"SetUserRoles", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.SetUserRoles(ctx, by, user, unread[org.RolesInput](t)))
		}},
		{"CreatePasswordLink", func(ctx context.Context, s *site, by *org.Actor) error {
			return drop(s.CreatePasswordLink(ctx, by, user))
		}},
	}
}

func TestUnreadableUserLooksMissing(t *testing.T) {
	t.Parallel()
	with, without := twins(t, "DELETE FROM users WHERE username = 'x'")
	for _, by := range []string{"m", "ota", "oau", "maker", "pm"} {
		for _, ref := range []string{"x", "X", id("x").String()} {
			alike(t, with, without, by, userCases(t, ref), badUser(ref))
		}
	}
	for _, by := range []string{"o", "ua", "au", "oa"} {
		for _, c := range userCases(t, "nobody") {
			same(t, c.do(t.Context(), with, with.as(t, by)), badUser("nobody"))
		}
	}
	// An address names nobody, whoever asks.
	same(t, drop(with.User(t.Context(), with.as(t, "o"), "x@example.com")), badUser("x@example.com"))
	// What is not refused does not tell either.
	for _, by := range []string{"m", "oau"} {
		ask := func(s *site) (org.AuthAnswers, error) {
			return s.AuthCheck(t.Context(), s.as(t, by), org.AuthChecks{Checks: map[string]org.AuthCheck{"read": {Action: "read", ResourceType: "user", ResourceID: id("x").String()}}})
		}
		a, errA := ask(with)
		b, errB := ask(without)
		if errA != nil || errB != nil || a.Allowed["read"] || b.Allowed["read"] {
			t.Errorf("%v (%v), %v (%v)", a, errA, b, errB)
		}
		list, err := with.Users(t.Context(), with.as(t, by), org.UserFilter{})
		if err != nil || list.Count != 1 || list.Users[0].Username != by {
			t.Errorf("%s lists %d users (%v)", by, list.Count, err)
		}
	}
}

// The audit trail is searched by people, too.
func TestAuditSearchDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	with, without := twins(t, "DELETE FROM users WHERE username = 'x'",
		"DELETE FROM organization_members WHERE organization_id <> '"+home.String()+"'", "DELETE FROM roles WHERE name = 'beta-only'", "DELETE FROM organizations WHERE name = 'Beta'")
	for _, q := range []string{"username:x", "username:" + id("x").String(), "email:x@example.com", "organization:beta", "organization:" + beta.String()} {
		a, errA := with.Audit(t.Context(), with.as(t, "oau"), org.AuditFilter{Query: q})
		b, errB := without.Audit(t.Context(), without.as(t, "oau"), org.AuditFilter{Query: q})
		if diff := cmp.Diff(errA, errB); diff != "" || a.Count != b.Count {
			t.Errorf("%s: being there can be told from not being there: counts %d and %d\n%s", q, a.Count, b.Count, diff)
		}
	}
}

// An organization's own ids do not reach into another one.
func TestIdsOfAnotherOrganization(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	pa := s.as(t, "pa")
	for name, do := range map[string]func() error{
		"member": func() error { return drop(s.Member(ctx, pa, "beta", id("m").String())) },
		"remove": func() error { return drop(s.RemoveMember(ctx, pa, "beta", id("m").String(), nil)) },
		"roles": func() error {
			return drop(s.SetMemberRoles(ctx, pa, "beta", id("m").String(), unread[org.RolesInput](t)))
		},
		"role":         func() error { return drop(s.Role(ctx, pa, org.In("beta"), "viewer")) },
		"start from":   func() error { return drop(s.NewRole(ctx, pa, org.In("beta"), "viewer")) },
		"organization": func() error { return drop(s.Organization(ctx, pa, home.String())) },
		"default":      func() error { return drop(s.Organization(ctx, pa, uuid.Nil.String())) },
	} {
		t.Run(name, func(t *testing.T) { s.refused(t, notFound, 0, do) })
	}
}
