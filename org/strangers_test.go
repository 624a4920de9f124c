package org_test

import (
	"context"
	"testing"

	"rolecall.example/org"
)

// A dry run names people only to who may read them. Who may write a role is told how many it reaches.
func TestImpactNamesNobodyToStrangers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "m", "viewer")
	s.give(t, home, "maker", "viewer")
	if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), role("hr", "organization_member:read")); err != nil {
		t.Fatal(err)
	}
	put := func(ctx context.Context, by *org.Actor) error {
		return drop(s.PutRole(ctx, by, org.In("default"), role("viewer")))
	}
	remove := func(ctx context.Context, by *org.Actor) error {
		return drop(s.DeleteRole(ctx, by, org.In("default"), "viewer", nil))
	}
	assign := func(ctx context.Context, by *org.Actor) error {
		return drop(s.SetMemberRoles(ctx, by, "default", "m", roles()))
	}
	for _, tt := range []struct {
		name, by string
		change   func(context.Context, *org.Actor) error
		reads    bool // the caller, by a role on top
		people   int
	}{
		{"put", "maker", put, false, 3}, {"put", "maker", put, true, 3}, {"put", "o", put, true, 3},
		{"delete", "maker", remove, false, 3}, {"delete", "maker", remove, true, 3},
		{"assign", "dealer", assign, true, 1}, // nobody changes the roles of a member whom it may not read
	} {
		if tt.reads && tt.by == "maker" {
			s.exec(t, "DELETE FROM member_roles WHERE role = 'hr'")
			s.give(t, home, tt.by, "hr")
		}
		by, impact := dryRun(s.as(t, tt.by))
		if err := tt.change(t.Context(), by); err != nil {
			t.Fatalf("%s by %s: %v", tt.name, tt.by, err)
		}
		s.exec(t, "DELETE FROM member_roles WHERE role = 'hr'")
		if impact.Members != tt.people || len(impact.Losses) == 0 {
			t.Errorf("%s by %s: %+v", tt.name, tt.by, impact)
		}
		if (len(impact.Who.Sample) > 0) != tt.reads {
			t.Errorf("%s by %s, who reads members: %v: %+v are affected", tt.name, tt.by, tt.reads, impact.Who)
		}
		for _, l := range impact.Losses {
			if (len(l.Sample) > 0) != tt.reads || l.Members == 0 {
				t.Errorf("%s by %s, who reads members: %v: %+v", tt.name, tt.by, tt.reads, l)
			}
		}
	}
	// Of the accounts of the site nobody but who may read them is told.
	s.exec(t, "INSERT INTO role_permissions SELECT id, 'site', 'user', 'read', true FROM roles WHERE name = 'site-reader'")
	s.exec(t, "INSERT INTO user_roles (user_id, role) SELECT id, 'site-reader' FROM users WHERE username = 'o'")
	for _, by := range []*org.Actor{s.Operator(), s.as(t, "o")} {
		by, impact := dryRun(by)
		if err := drop(s.PutRole(t.Context(), by, org.Site, roleBody(org.RoleInput{Name: "site-reader", Site: perms("!user:read", "file:read")}))); err != nil {
			t.Fatal(err)
		}
		named := by.User.Username == "operator"
		for _, l := range impact.Gains {
			if (len(l.Sample) > 0) != named {
				t.Errorf("%s is told %+v", by.User.Username, l)
			}
		}
		if impact.Members != 2 || len(impact.Gains)+len(impact.Losses) == 0 {
			t.Errorf("%+v", impact)
		}
	}
}
