package org_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
)

// TestPredictionIsEffect: what the tester says of a sign-in is what the sign-in does.
func TestPredictionIsEffect(t *testing.T) {
	t.Parallel()
	cases := 100
	if deep {
		cases = 10_000
	}
	s := newSynced(t)
	people := []string{"m", "x", "oa", "o", "pm", "dealer"}
	s.known(t, people...)
	for _, p := range toManage { // so that someone may be the last who can
		s.store(t, "viewer", "organization", p)
	}
	r := rand.New(rand.NewPCG(1, 2))
	value := func() string { return []string{"a", "b", "c", "ops-1", "ops-2"}[r.IntN(5)] }
	key := func() string { return []string{"a", "b", "c", "glob:ops-*", "glob:*"}[r.IntN(5)] }
	pick := func(of ...string) []string { return of[:r.IntN(len(of)+1)] }
	for i := range cases {
		if i%5 == 0 {
			s.clock.advance(2 * time.Hour)
			s.exec(t, "DELETE FROM sync_sources")
			s.p.FusePeople, s.p.FusePercent, s.p.TruncatedAt = r.IntN(3), r.IntN(2)*10, r.IntN(2)*3
			field := []string{"groups", "roles", "realm.roles", ""}[r.IntN(4)]
			s.rules(t, org.SyncRoles, home, field, map[string][]string{key(): pick("viewer", "organization-admin", "gone"), key(): pick("dealer", "viewer")})
			s.rules(t, org.SyncRoles, beta, "groups", map[string][]string{key(): pick("beta-only", "organization-admin")})
			s.rules(t, org.SyncOrganizations, uuid.Nil, field, map[string][]string{key(): pick(home.String(), beta.String()), key(): pick(beta.String(), uuid.NewString())})
			s.rules(t, org.SyncSiteRoles, uuid.Nil, "groups", map[string][]string{value(): pick("owner", "auditor"), value(): pick("user-admin")})
		}
		claims := claimsOf{}
		for _, name := range []string{"groups", "roles"} {
			if list := groups(value(), value(), value()); r.IntN(4) > 0 {
				claims[name] = list["groups"].([]any)[:r.IntN(4)]
			}
		}
		if r.IntN(2) == 0 {
			claims["realm"] = map[string]any{"roles": value()}
		}
		name := people[r.IntN(len(people))]
		before := s.given(t, name)
		f, err := s.Sync.Test(t.Context(), s.Operator(), org.SyncPlace{Kind: org.SyncOrganizations}, org.Given(org.SyncTest{Provider: &s.p, Claims: claims, User: name}))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.signIn(t, name, claims); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(predicted(f), s.given(t, name)); diff != "" {
			t.Fatalf("case %d, %s with %v: (-predicted +is)\n%s\nbefore %v, forecast %+v", i, name, claims, diff, before, f)
		}
	}
}

// predicted is a forecast as given tells of what is stored.
func predicted(f org.SyncForecast) []string {
	var places, site []string
	for _, l := range slices.Concat(f.Organizations, f.Roles, f.SiteRoles) {
		text := l.Role + "<-" + l.Rule
		switch {
		case l.Change == org.SyncEnd:
		case l.Organization == uuid.Nil:
			site = append(site, "site "+text)
		case l.Organization == home:
			places = append(places, "home "+text)
		default:
			places = append(places, "beta "+text)
		}
	}
	slices.Sort(places)
	slices.Sort(site)
	return append(places, site...)
}

// TestSyncRaces: a sign-in that takes from one owner, while the other owner is taken from by hand, leaves one of them; so with the
// admins of an organization.
func TestSyncRaces(t *testing.T) {
	t.Parallel()
	races := 10
	if deep {
		races = 250 // of each
	}
	s := newSynced(t)
	s.p.FusePeople, s.p.FusePercent = 0, 0
	s.known(t, "m")
	s.rules(t, org.SyncSiteRoles, uuid.Nil, "groups", map[string][]string{"own": {"owner"}})
	s.rules(t, org.SyncRoles, home, "groups", map[string][]string{"adm": {"organization-admin"}})
	both := func(one, other func() error) {
		t.Helper()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := one(); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			// The one who asks may have lost the right to it meanwhile.
			if err := other(); err != nil && !slices.Contains([]org.Kind{org.Invalid, org.Forbidden, org.NotFound}, org.KindOf(err)) {
				t.Error(err)
			}
		})
		wg.Wait()
	}
	for i := range races {
		s.exec(t, "DELETE FROM user_roles WHERE user_id = ? AND role = 'owner'", id("o").String())
		s.record(t, uuid.Nil, "o", "owner", org.SourceManual, time.Time{})
		s.exec(t, "DELETE FROM member_roles WHERE user_id = ? AND role = 'organization-admin'", id("oa").String())
		s.give(t, home, "oa", "organization-admin")
		if err := s.signIn(t, "m", groups("own", "adm")); err != nil {
			t.Fatal(err)
		}
		both(func() error { return s.signIn(t, "m", groups("adm")) }, func() error {
			_, err := s.SetUserRoles(t.Context(), s.Operator(), "o", org.Given(org.RolesInput{Roles: none}))
			return err
		})
		if s.number(t, "SELECT count(*) FROM user_roles WHERE role = 'owner'") == 0 {
			t.Fatalf("race %d: no owner is left", i)
		}
		s.exec(t, "DELETE FROM user_roles WHERE user_id = ?", id("m").String())
		by := s.as(t, "m")
		both(func() error { return s.signIn(t, "m", groups()) }, func() error {
			_, err := s.SetMemberRoles(t.Context(), by, "default", "oa", org.Given(org.RolesInput{Roles: none}))
			return err
		})
		if s.number(t, "SELECT count(*) FROM member_roles WHERE role = 'organization-admin' AND organization_id = ?", home.String()) == 0 {
			t.Fatalf("race %d: no admin is left", i)
		}
	}
}
