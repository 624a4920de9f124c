package org_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
)

// TestUserRefusals: for everybody about everybody, the view of an account says that something can't be done exactly
// when it is refused.
func TestUserRefusals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// A second owner, so that for one of them being the last is not what refuses.
	s.insert(t, person{name: "o2", site: []string{"owner"}}, person{name: "sa", home: []string{"organization-admin"}, status: "suspended"})
	targets := []string{"o", "o2", "ua", "au", "oa", "m", "x", "pa", "reader", "Sue", "Dora", "bot", "sa"}
	for _, caller := range []string{"o", "ua", "au", "oa", "m", "x", "reader"} {
		by := s.as(t, caller)
		for _, target := range targets {
			v, err := s.UserView(t.Context(), by, target)
			if err != nil {
				if org.KindOf(err) != org.Invalid {
					t.Errorf("%s looks at %s: %v", caller, target, err)
				}
				continue
			}
			status := org.StatusSuspended
			if v.User.Status == org.StatusSuspended {
				status = org.StatusActive
			}
			for _, tt := range []struct {
				what, refusal string
				do            func(*org.Actor) error
			}{
				{"profile", v.ProfileRefusal, func(by *org.Actor) error {
					return drop(s.UpdateProfile(t.Context(), by, target, given(org.Profile{Name: "Another"})))
				}},
				{"link", v.PasswordRefusal, func(by *org.Actor) error { return drop(s.CreatePasswordLink(t.Context(), by, target)) }},
				{"end of the link", v.LinkRefusal, func(by *org.Actor) error {
					if v.User.LoginType == org.LoginPassword {
						if _, err := s.CreatePasswordLink(t.Context(), s.Operator(), target); err != nil {
							t.Fatal(err)
						}
					}
					return s.DeletePasswordLink(t.Context(), by, target)
				}},
				{"end of a token", v.RevokeRefusal, func(by *org.Actor) error { return s.endToken(t.Context(), t, by, target) }},
				{"status", v.StatusRefusal, func(by *org.Actor) error { return drop2(s.SetStatus(t.Context(), by, target, status, nil)) }},
				{"delete", v.DeleteRefusal, func(by *org.Actor) error { return drop(s.DeleteUser(t.Context(), by, target, nil)) }},
				{"token", v.TokensRefusal, func(by *org.Actor) error {
					_, _, err := s.CreateToken(t.Context(), by, target, given(org.TokenInput{Name: "another"}))
					return err
				}},
			} {
				if err := tt.do(dry(by)); (err == nil) != (tt.refusal == "") {
					t.Errorf("%s about the %s of %s: the view says %q, the use case %v", caller, tt.what, target, tt.refusal, err)
				}
			}
		}
	}
}

// endToken revokes a token of somebody that the operator has just made. One that the caller can't see is as good as none.
func (s *site) endToken(ctx context.Context, t *testing.T, by *org.Actor, user string) error {
	t.Helper()
	_, token, err := s.CreateToken(t.Context(), s.Operator(), user, given(org.TokenInput{}))
	if err != nil {
		t.Fatal(err)
	}
	return s.DeleteToken(ctx, by, user, token.ID)
}

// TestUserAssignment: a box that the form leaves open can be changed alone, and one that it locks can't.
func TestUserAssignment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, caller := range []string{"o", "ua", "au", "m"} {
		by := s.as(t, caller)
		for _, target := range []string{"o", "ua", "au", "m", "reader", "bot"} {
			a, err := s.UserAssignment(t.Context(), by, target)
			if kind := org.KindOf(err); err != nil && (kind == org.Invalid || kind == org.Forbidden) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			held := refNames(a.User.Roles)
			for _, c := range a.Choices {
				if c.Held != slices.Contains(held, c.Role.Name) {
					t.Errorf("%s holds %s: %v", target, c.Role.Name, c.Held)
				}
				changed := append(slices.Clone(held), c.Role.Name)
				if c.Held {
					changed = slices.DeleteFunc(slices.Clone(held), func(n string) bool { return n == c.Role.Name })
				}
				_, err := s.SetUserRoles(t.Context(), dry(by), target, given(org.RolesInput{Roles: changed, From: org.Versions{a.User.Tag()}}))
				if (err == nil) != (c.Refusal == "") {
					t.Errorf("%s changes %s of %s: the form says %q, the use case %v", caller, c.Role.Name, target, c.Refusal, err)
				}
			}
		}
	}
	a, err := s.UserAssignment(t.Context(), s.as(t, "o"), "m")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetUserRoles(t.Context(), s.as(t, "o"), "m", roles("auditor")); err != nil {
		t.Fatal(err)
	}
	_, err = s.SetUserRoles(t.Context(), s.as(t, "o"), "m", given(org.RolesInput{Roles: []string{"user-admin"}, From: org.Versions{a.User.Tag()}}))
	kind(t, err, org.Conflict)
	if got := s.siteRoles(t, "m"); got != "auditor" {
		t.Errorf("stored %q", got)
	}
}

func TestUserView(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.CreatePasswordLink(t.Context(), s.as(t, "o"), "oa"); err != nil {
		t.Fatal(err)
	}
	v, err := s.UserView(t.Context(), s.as(t, "o"), "oa")
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Memberships) != 1 || v.Memberships[0].Organization.ID != home || !cmp.Equal(refNames(v.Memberships[0].Roles), []string{"organization-admin"}) {
		t.Errorf("memberships %+v", v.Memberships)
	}
	if v.Link == nil || v.Link.Secret != "" || v.Self {
		t.Errorf("link %+v, self %v", v.Link, v.Self)
	}
	own, err := s.UserView(t.Context(), s.as(t, "m"), "me")
	if err != nil || !own.Self || own.DeleteRefusal == "" || own.ProfileRefusal != "" || len(own.Memberships) != 1 {
		t.Errorf("one's own view: %+v, %v", own, err)
	}
	_, err = s.UserView(t.Context(), s.as(t, "m"), "o")
	same(t, err, badUser("o"))
}

// TestNewUserOrganizations: what is offered is what is accepted.
func TestNewUserOrganizations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for caller, want := range map[string][]string{"o": {"Beta", "default"}, "ua": {"Beta", "default"}} {
		list, err := s.NewUserOrganizations(t.Context(), s.as(t, caller))
		var got []string
		for _, o := range list {
			got = append(got, o.Name)
		}
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s may put new accounts into %v, want %v; %v", caller, got, want, err)
		}
	}
	for _, caller := range []string{"m", "oa", "x"} {
		_, err := s.NewUserOrganizations(t.Context(), s.as(t, caller))
		kind(t, err, org.Forbidden)
	}
}

// TestOrganizationView: it foresees the deletion.
func TestOrganizationView(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	empty, err := s.CreateOrganization(t.Context(), s.as(t, "o"), given(org.OrganizationInput{Name: "empty"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, caller := range []string{"o", "oa", "m"} {
		for _, name := range []string{"default", "beta", empty.Name} {
			v, err := s.OrganizationView(t.Context(), s.as(t, caller), name)
			if org.KindOf(err) == org.NotFound && err != nil {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.DeleteOrganization(t.Context(), dry(s.as(t, caller)), name, nil)
			if (err == nil) != (v.DeleteRefusal == "") {
				t.Errorf("%s deletes %s: the view says %q, the use case %v", caller, name, v.DeleteRefusal, err)
			}
			if e, _ := errors.AsType[*org.Error](err); v.CanDelete == (e != nil && e.Kind == org.Forbidden) {
				t.Errorf("%s may delete %s: %v, %v", caller, name, v.CanDelete, err)
			}
		}
	}
	v, err := s.OrganizationView(t.Context(), s.as(t, "o"), "beta")
	if err != nil || v.Roles != 1 || v.DeleteRefusal != "It still has 2 other members and 1 custom role; remove them first" {
		t.Errorf("beta: %+v, %v", v, err)
	}
}

func TestFindOrganizations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct {
		as    string
		f     org.OrganizationFilter
		want  []string
		count int
	}{
		{"o", org.OrganizationFilter{}, []string{"Beta", "default"}, 2},
		{"o", org.OrganizationFilter{Query: "ET"}, []string{"Beta"}, 1},
		{"o", org.OrganizationFilter{Limit: 1, Offset: 1}, []string{"default"}, 2},
		{"o", org.OrganizationFilter{Offset: 9}, nil, 2},
		{"m", org.OrganizationFilter{}, []string{"default"}, 1},
		{"x", org.OrganizationFilter{}, nil, 0},
	} {
		list, err := s.FindOrganizations(t.Context(), s.as(t, tt.as), tt.f)
		var got []string
		for _, o := range list.Organizations {
			got = append(got, o.Name)
		}
		if err != nil || !cmp.Equal(tt.want, got) || list.Count != tt.count || list.CanCreate != (tt.as == "o") {
			t.Errorf("%s with %+v: %v of %d, %v; want %v of %d", tt.as, tt.f, got, list.Count, err, tt.want, tt.count)
		}
	}
}

// TestNewSiteRole: a site role starts without what only organization roles carry, and only for owners.
func TestNewSiteRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, err := s.NewRole(t.Context(), s.as(t, "o"), org.Site, "site-reader")
	if err != nil || len(v.Role.Site) != 1 || len(v.NotCopied) != 0 || v.Organization.Name != "" || !v.CanUpdate {
		t.Errorf("from site-reader: %+v, %v", v.Role, err)
	}
	if v, err := s.NewRole(t.Context(), s.as(t, "o"), org.Site, ""); err != nil || len(v.Role.Site)+len(v.Role.User) != 0 {
		t.Errorf("from nothing: %+v, %v", v.Role, err)
	}
	_, err = s.NewRole(t.Context(), s.as(t, "o"), org.Site, "gone")
	kind(t, err, org.NotFound)
	_, err = s.NewRole(t.Context(), s.as(t, "ua"), org.Site, "")
	kind(t, err, org.Forbidden)
}

// TestNavigationGroups: what may not be opened is not offered, and counts are those of the lists.
func TestNavigationGroups(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	type nav struct {
		Users, Orgs, SiteRoles bool
		Log, OrgLog, Change    bool
		Members                int
	}
	for caller, want := range map[string]nav{
		"o":   {true, true, true, true, true, true, len(homeMembers)},
		"ua":  {true, true, true, false, false, false, 0},
		"au":  {true, true, false, true, true, false, len(homeMembers)},
		"oa":  {true, false, false, false, true, true, len(homeMembers)},
		"m":   {Members: 1},
		"oau": {OrgLog: true, Members: len(homeMembers)},
	} {
		n, err := s.Navigation(t.Context(), s.as(t, caller), "default")
		if err != nil {
			t.Fatal(err)
		}
		got := nav{n.CanReadUsers, n.CanReadOrganizations, n.SiteRoles, n.CanReadSiteAudit, n.CanReadOrgAudit, n.CanChange, n.Members}
		if caller == "ua" {
			got.Members = 0 // whom it sees is told elsewhere
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", caller, diff)
		}
		if list, err := s.Users(t.Context(), s.as(t, caller), org.UserFilter{}); err != nil || n.CanReadUsers != (n.UserCount == list.Count) {
			t.Errorf("%s: %d users in the navigation, %d in the list; %v", caller, n.UserCount, list.Count, err)
		}
	}
	if n, err := s.Navigation(t.Context(), s.as(t, "x"), "default"); err != nil || n.Current != nil {
		t.Errorf("an organization that may not be read: %+v, %v", n.Current, err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct {
		as, organization, query                   string
		orgs, members, roles, users, siteRoleHits int
	}{
		{"o", "default", "e", 2, 8, 6, 8, 4},
		{"o", "", "viewer", 0, 0, 0, 1, 0},
		{"o", "default", "VIEWER", 0, 1, 1, 1, 0},
		{"oa", "default", "viewer", 0, 1, 1, 1, 0},
		{"m", "default", "viewer", 0, 0, 1, 0, 0},
		{"pa", "default", "viewer", 0, 0, 0, 1, 0},
		{"pm", "default", "viewer", 0, 0, 0, 0, 0},
	} {
		h, err := s.Search(t.Context(), s.as(t, tt.as), tt.organization, tt.query)
		if err != nil {
			t.Fatal(err)
		}
		got := []int{len(h.Organizations), len(h.Members), len(h.Roles), len(h.Users), len(h.SiteRoles)}
		want := []int{tt.orgs, tt.members, tt.roles, tt.users, tt.siteRoleHits}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s looks for %q in %q: organizations, members, roles, users, site roles (-want +got)\n%s", tt.as, tt.query, tt.organization, diff)
		}
	}
}
