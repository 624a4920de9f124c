package org_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/services"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// stopped is a clock that stands still until it is set.
type stopped struct{ at atomic.Int64 }

func (c *stopped) now() time.Time      { return time.UnixMicro(c.at.Load()).UTC() }
func (c *stopped) set(at time.Time)    { c.at.Store(at.UnixMicro()) }
func (c *stopped) add(d time.Duration) { c.at.Add(d.Microseconds()) }

// servers opens several servers on the database of a site, with caches of their own and one clock.
func (s *site) servers(t *testing.T, n int) ([]service, *stopped) {
	t.Helper()
	c := &stopped{}
	c.set(start.AddDate(0, 0, 1))
	list := make([]service, n)
	for i := range list {
		list[i] = service{services.New(dbtest.Reopen(t, s.place), services.Options{Now: c.now})}
	}
	return list, c
}

// record stores what one source gives a member, or an account for a role of the site, past all rules.
func (s *site) record(t *testing.T, place uuid.UUID, name, role string, source org.Source, ends time.Time) {
	t.Helper()
	until := sql.NullTime{Time: ends, Valid: !ends.IsZero()}
	s.write(t, func(q *db.Queries) error {
		if place == uuid.Nil {
			return q.InsertUserRole(t.Context(), db.InsertUserRoleParams{UserID: id(name), Role: role, Source: string(source), Now: start, EndsAt: until})
		}
		return q.InsertMemberRole(t.Context(), db.InsertMemberRoleParams{OrganizationID: place, Role: role, UsernameKey: org.FoldCase(name),
			UserID: id(name), Source: string(source), Now: start, EndsAt: until})
	})
}

// docs/spec/records.md: what ends is gone at its end on every server, with what they remember, and nobody sweeps.
func TestEndsToTheMicrosecond(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 2)
	end := clock.now().Add(time.Hour)
	s.record(t, home, "m", "viewer", org.SourceManual, end)
	s.record(t, uuid.Nil, "x", "auditor", org.SourceManual, end)
	s.record(t, home, "dealer", "organization-member", org.SourceManual, end)
	cases := []struct {
		name string
		may  func(a *org.Actor) bool
	}{
		{"m", func(a *org.Actor) bool { return a.Can("read", rbac.Object{Type: "template", Org: home}) }},
		{"x", func(a *org.Actor) bool { return a.Can("read", org.UsersObject) }},
		{"dealer", func(a *org.Actor) bool { return a.Can("assign", org.OrgRolesObject(home)) }},
	}
	states := map[string]org.State{}
	for _, at := range []time.Duration{-time.Hour + time.Second, -time.Second, -time.Microsecond, 0, time.Microsecond, time.Minute} {
		clock.set(end.Add(at))
		for i, server := range servers {
			for range 2 { // the second time from memory
				for _, c := range cases {
					a, err := server.UserSubject(t.Context(), id(c.name))
					if err != nil {
						t.Fatal(err)
					}
					if got, want := c.may(a), at < 0; got != want {
						t.Errorf("server %d, %v from the end: %s may: %v", i, at, c.name, got)
					}
				}
			}
			owner, err := server.UserSubject(t.Context(), id("o"))
			if err != nil {
				t.Fatal(err)
			}
			state, err := server.StateIn(t.Context(), owner, "default")
			if err != nil || (at < 0) == (state == "") {
				t.Errorf("server %d, %v from the end: the state of a list is %q, %v", i, at, state, err)
			}
			states[string(state)] = state
			_, err = server.Member(t.Context(), owner, "default", "dealer")
			if gone := org.KindOf(err) == org.NotFound; gone != (at >= 0) || err != nil && !gone {
				t.Errorf("server %d, %v from the end: the membership: %v", i, at, err)
			}
		}
	}
	if len(states) != 2 {
		t.Errorf("%d states before the end", len(states)-1)
	}
	if n := s.number(t, "SELECT count(*) FROM member_roles WHERE ends_at IS NOT NULL"); n != 2 {
		t.Errorf("%d records left: somebody swept", n)
	}
}

// What is held is the union over the records that count, whatever order they come and go in, with what servers remember.
func TestHeldIsTheUnion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 2)
	steps, rng := 60, rand.New(rand.NewPCG(12, uint64(time.Now().UnixNano())))
	if deep {
		steps = 100_000
	}
	type key struct {
		role   string
		source org.Source
	}
	records := map[key]time.Time{{"organization-member", org.SourceManual}: {}}
	roles := []string{"viewer", "curb", "dealer", "organization-auditor", "organization-member"}
	sources := []org.Source{org.SourceManual, org.SourceInvite, "oidc:okta", "scim:okta"}
	owner := s.as(t, "o")
	for step := range steps {
		k := key{roles[rng.IntN(len(roles))], sources[rng.IntN(len(sources))]}
		switch n := rng.IntN(10); {
		case n < 5:
			ends := time.Time{}
			if rng.IntN(3) > 0 {
				ends = clock.now().Add(time.Duration(rng.IntN(5)-1) * time.Second)
			}
			if _, member := records[key{"organization-member", org.SourceManual}]; member {
				records[k] = ends
				s.record(t, home, "m", k.role, k.source, ends)
			}
		case n < 7 && k.role != "organization-member":
			delete(records, k)
			s.write(t, func(q *db.Queries) error {
				return q.DeleteMemberRecord(t.Context(), db.DeleteMemberRecordParams{OrganizationID: home, Role: k.role, UsernameKey: "m", Source: string(k.source)})
			})
		default:
			clock.add(time.Duration(rng.IntN(3000)) * time.Millisecond)
		}
		member, held := false, []string{}
		for k, ends := range records {
			switch {
			case !ends.IsZero() && !ends.After(clock.now()):
			case k.role == "organization-member":
				member = true
			case !slices.Contains(held, k.role):
				held = append(held, k.role)
			}
		}
		slices.Sort(held)
		server := servers[rng.IntN(len(servers))]
		m, err := server.Member(t.Context(), owner, "default", "m")
		a, failed := server.UserSubject(t.Context(), id("m"))
		if failed != nil || err != nil && org.KindOf(err) != org.NotFound {
			t.Fatal(step, err, failed)
		}
		if member != (err == nil) || member && !slices.Equal(unit.RoleNames(m.Roles), held) {
			t.Fatalf("step %d: %v holds %v, want %v %v of %v", step, err, m.Roles, member, held, records)
		}
		reads := member && (slices.Contains(held, "viewer") || slices.Contains(held, "dealer"))
		if got := a.Can("read", rbac.Object{Type: "template", Org: home}); got != reads && !slices.Contains(held, "organization-auditor") {
			t.Fatalf("step %d: reads templates: %v with %v", step, got, held)
		}
		if slices.Contains(a.User.OrganizationIDs, home) != member {
			t.Fatalf("step %d: belongs to %v", step, a.User.OrganizationIDs)
		}
	}
	if r, err := db.Inspect(t.Context(), s.place, true); err != nil || len(r.Findings) > 0 {
		t.Errorf("%v, %v", r.Findings, err)
	}
}

// The sweeper takes what has ended, tells of each member once, and a membership with all that was held by it.
func TestSweep(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 2)
	end := clock.now().Add(time.Hour)
	s.record(t, home, "m", "viewer", org.SourceManual, end)
	s.record(t, home, "m", "curb", "oidc:okta", end)
	s.record(t, home, "m", "curb", org.SourceManual, time.Time{})
	s.record(t, home, "dealer", "organization-member", org.SourceManual, end)
	s.record(t, uuid.Nil, "x", "auditor", org.SourceManual, end)
	if at, ok, err := servers[0].NextEnd(t.Context()); err != nil || !ok || !at.Equal(end) {
		t.Errorf("next end %v, %v, %v", at, ok, err)
	}
	clock.set(end.Add(-time.Microsecond))
	if n, err := servers[0].SweepEnded(t.Context()); n != 0 || err != nil {
		t.Errorf("%d swept before the end, %v", n, err)
	}
	clock.set(end)
	results := make(chan error, 2)
	for _, server := range servers {
		go func() {
			_, err := server.SweepEnded(t.Context())
			results <- err
		}()
	}
	if err := errors.Join(<-results, <-results); err != nil {
		t.Fatal(err)
	}
	if got := s.memberRoles(t, home, "m") + "|" + s.siteRoles(t, "x"); got != "curb|" {
		t.Errorf("left: %s", got)
	}
	if s.isMember(t, home, "dealer") || s.number(t, "SELECT count(*) FROM member_roles WHERE username_key = 'dealer'") != 0 {
		t.Error("the membership of dealer is still there")
	}
	var got []string
	for _, row := range dbtest.Rows(t, s.place, "SELECT resource_target, action, actor, CASE WHEN actor_id IS NULL THEN 'nobody' ELSE 'somebody' END, changes FROM audit_logs ORDER BY resource_target") {
		got = append(got, strings.Join(row, " "))
	}
	until := `"until":"` + end.Format(time.RFC3339) + `"`
	want := []string{
		`dealer delete system:expiry nobody {"assignments":{"old":[{"role":"organization-member","source":"manual",` + until + `}],"new":[],"secret":false},"roles":{"old":["dealer"],"new":null,"secret":false},"user_id":{"old":"` + id("dealer").String() + `","new":null,"secret":false},"username":{"old":"dealer","new":null,"secret":false}}`,
		`m write system:expiry nobody {"assignments":{"old":[{"role":"curb","source":"oidc:okta",` + until + `},{"role":"viewer","source":"manual",` + until + `}],"new":[],"secret":false},"roles":{"old":["curb","viewer"],"new":["curb"],"secret":false}}`,
		`x write system:expiry nobody {"assignments":{"old":[{"role":"auditor","source":"manual",` + until + `}],"new":[],"secret":false},"rbac_roles":{"old":["auditor"],"new":[],"secret":false}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, ok, err := servers[0].NextEnd(t.Context()); err != nil || ok {
		t.Errorf("there is another end, %v", err)
	}
	if r, err := db.Inspect(t.Context(), s.place, true); err != nil || len(r.Findings) > 0 {
		t.Errorf("%v, %v", r.Findings, err)
	}
}

// A membership that has ended and was not swept is none: who joins anew begins without what was held before.
func TestJoinAfterTheEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 1)
	end := clock.now().Add(time.Hour)
	s.record(t, home, "dealer", "organization-member", org.SourceManual, end)
	clock.set(end)
	owner, err := servers[0].UserSubject(t.Context(), id("o"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := servers[0].AddMember(t.Context(), owner, "default", "dealer"); err != nil {
		t.Fatal(err)
	}
	if got := s.memberRoles(t, home, "dealer"); got != "" || !s.isMember(t, home, "dealer") {
		t.Errorf("holds %q", got)
	}
	if r, err := db.Inspect(t.Context(), s.place, true); err != nil || len(r.Findings) > 0 {
		t.Errorf("%v, %v", r.Findings, err)
	}
}

// Who holds it only until some moment is not the one who keeps an organization, or the site, from being without anybody.
func TestLastWithoutAnEnd(t *testing.T) {
	t.Parallel()
	for _, source := range []org.Source{org.SourceManual, "oidc:okta"} {
		s := newSite(t)
		servers, clock := s.servers(t, 1)
		s.record(t, home, "m", "organization-admin", source, clock.now().Add(time.Hour))
		by, err := servers[0].UserSubject(t.Context(), id("m"))
		if err != nil {
			t.Fatal(err)
		}
		set := func(names ...string) error {
			_, err := servers[0].SetMemberRoles(t.Context(), by, "default", "oa", roles(names...))
			return err
		}
		if err := set(); err == nil || !strings.Contains(fmt.Sprint(err), "At least one active organization admin") {
			t.Errorf("the last one without an end went: %v", err)
		}
		s.record(t, home, "viewer", "organization-admin", source, time.Time{})
		if err := set(); err != nil {
			t.Errorf("another one stays: %v", err)
		}
	}
}

// Two owners for good are taken at once by one who is an owner until tomorrow: one of them stays.
func TestLastOwnerWithoutAnEndRaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 2)
	s.record(t, uuid.Nil, "x", "owner", org.SourceManual, clock.now().Add(24*time.Hour))
	rounds := 5
	if deep {
		rounds = 250
	}
	for range rounds {
		s.record(t, uuid.Nil, "o", "owner", org.SourceManual, time.Time{})
		s.record(t, uuid.Nil, "m", "owner", org.SourceManual, time.Time{})
		results := make(chan error, 2)
		for i, name := range []string{"o", "m"} {
			go func() {
				by, err := servers[i].UserSubject(t.Context(), id("x"))
				if err == nil {
					_, err = servers[i].SetUserRoles(t.Context(), by, name, roles())
				}
				results <- err
			}()
		}
		first, second := <-results, <-results
		if (first == nil) == (second == nil) {
			t.Fatalf("%v and %v", first, second)
		}
		if n := s.number(t, "SELECT count(*) FROM user_roles WHERE role = 'owner' AND ends_at IS NULL"); n != 1 {
			t.Fatalf("%d owners without an end", n)
		}
	}
}
