package org_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// The very next decision after a change knows of it: in the service that made the change, and in another one over the
// same file, as a second process would be.
func TestRevocationIsImmediate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := openSite(t, s.place)
	ctx := t.Context()
	token, _, err := s.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{Lifetime: time.Hour * 24 * 365}))
	if err != nil {
		t.Fatal(err)
	}
	object := rbac.Object{Type: "template", Org: home}
	may := func(by *site) bool {
		subject, err := by.TokenSubject(ctx, org.Request{}, token)
		if err != nil {
			t.Fatal(err)
		}
		return subject.Can("read", object)
	}
	ways := []struct {
		give, take func(by *site) error
	}{
		{
			func(by *site) error {
				return drop(by.SetMemberRoles(ctx, by.as(t, "oa"), "default", "m", roles("viewer")))
			},
			func(by *site) error { return drop(by.SetMemberRoles(ctx, by.as(t, "oa"), "default", "m", roles())) },
		},
		{
			func(by *site) error { return drop(by.SetUserRoles(ctx, by.as(t, "o"), "m", roles("site-reader"))) },
			func(by *site) error { return drop(by.SetUserRoles(ctx, by.as(t, "o"), "m", roles())) },
		},
		{
			func(by *site) error {
				return drop(by.BulkMembers(ctx, by.as(t, "oa"), "default", given(org.Bulk{Action: org.BulkAddRole, Role: "viewer", Users: []string{"m"}})))
			},
			func(by *site) error {
				return drop(by.PutRole(ctx, by.as(t, "oa"), org.In("default"), role("viewer")))
			},
		},
		{
			func(by *site) error {
				return drop(by.PutRole(ctx, by.as(t, "oa"), org.In("default"), role("viewer", "template:read")))
			},
			func(by *site) error { return drop(by.RemoveMember(ctx, by.as(t, "oa"), "default", "m", nil)) },
		},
		{
			func(by *site) error {
				if _, err := by.AddMember(ctx, by.as(t, "oa"), "default", "m"); err != nil {
					return err
				}
				return drop(by.SetMemberRoles(ctx, by.as(t, "oa"), "default", "m", roles("viewer")))
			},
			func(by *site) error {
				if _, err := by.SetMemberRoles(ctx, by.as(t, "oa"), "default", "m", roles()); err != nil {
					return err
				}
				return drop(by.PutRole(ctx, by.as(t, "oa"), org.In("default"), role("viewer", "template:read")))
			},
		},
	}
	deadline := time.Now().Add(5 * time.Second) // the race detector makes it slow
	for round := range 300 {
		if round >= 20 && time.Now().After(deadline) {
			break
		}
		way, by, asked := ways[round%len(ways)], s, other
		if round%2 == 1 {
			by, asked = other, s
		}
		for _, step := range []struct {
			do   func(*site) error
			want bool
		}{{way.give, true}, {way.take, false}} {
			if err := step.do(by); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if a, b := may(by), may(asked); a != step.want || b != step.want {
				t.Fatalf("round %d: decided %v where it was changed and %v elsewhere, want %v", round, a, b, step.want)
			}
		}
	}
}

// B10: a role that is taken away through one replica is refused by the other with its very next request.
func TestB10_NoReplicaIsLate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := openSite(t, s.place)
	ctx, by := t.Context(), s.as(t, "oa")
	object := rbac.Object{Type: "template", Org: home}
	stale := 0
	total := rounds(10_000)
	for round := range total {
		held := round%2 == 0
		var names []string
		if held {
			names = []string{"viewer"}
		}
		if _, err := s.SetMemberRoles(ctx, by, "default", "m", roles(names...)); err != nil {
			t.Fatal(err)
		}
		if other.as(t, "m").Can("read", object) != held {
			stale++
		}
	}
	if stale > 0 {
		t.Errorf("%d of %d decisions were late", stale, total)
	}
}

// What a transaction saw that was rolled back in the end is not remembered: neither of a refused write nor of a dry run.
func TestNothingUncommittedIsRemembered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	s.give(t, home, "maker", "viewer")
	check := func(why string) {
		t.Helper()
		if s.as(t, "m").Can("read", rbac.Object{Type: "template", Org: home}) {
			t.Errorf("%s: m got what was never given", why)
		}
		if !s.as(t, "o").Can("assign", rbac.Object{Type: "assign_role"}) || !s.as(t, "viewer").Can("read", rbac.Object{Type: "template", Org: home}) {
			t.Errorf("%s: what was never taken is gone", why)
		}
		list, err := s.Roles(ctx, s.as(t, "oa"), org.In("default"))
		if err != nil || len(list.Roles) != 9 || permTexts(list.Roles[3].Organization) != "template:read" {
			t.Errorf("%s: roles %+v (%v)", why, list.Roles, err)
		}
	}
	for why, do := range map[string]func() error{
		"given, dry": func() error {
			return drop(s.SetMemberRoles(t.Context(), dry(s.as(t, "oa")), "default", "m", roles("viewer")))
		},
		"created, dry": func() error {
			return drop(s.PutRole(t.Context(), dry(s.as(t, "oa")), org.In("default"), mustBeNew(role("fresh", "template:read"))))
		},
		"deleted, dry": func() error {
			return drop(s.DeleteRole(t.Context(), dry(s.as(t, "oa")), org.In("default"), "viewer", nil))
		},
		"the last owner": func() error { kind(t, drop(s.SetUserRoles(ctx, s.Operator(), "o", roles())), org.Invalid); return nil },
		"the own last rights": func() error {
			kind(t, drop(s.PutRole(ctx, s.as(t, "maker"), org.In("default"), role("maker"))), org.Invalid)
			return nil
		},
	} {
		if err := do(); err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		check(why)
	}
}

// writes are the use cases that need a right, each as somebody who has it.
func writes(t *testing.T, s *site) map[string]func(by *org.Actor) error {
	ctx := t.Context()
	return map[string]func(by *org.Actor) error{
		"AddMember":    func(by *org.Actor) error { return drop(s.AddMember(ctx, by, "default", "x")) },
		"RemoveMember": func(by *org.Actor) error { return drop(s.RemoveMember(ctx, by, "default", "viewer", nil)) },
		"SetMemberRoles": func(by *org.Actor) error {
			return drop(s.SetMemberRoles(ctx, by, "default", "viewer", roles("curb")))
		},
		"CreateRole": func(by *org.Actor) error {
			return drop(s.PutRole(ctx, by, org.In("default"), mustBeNew(role("fresh"))))
		},
		"PutRole":    func(by *org.Actor) error { return drop(s.PutRole(ctx, by, org.In("default"), role("viewer"))) },
		"DeleteRole": func(by *org.Actor) error { return drop(s.DeleteRole(ctx, by, org.In("default"), "viewer", nil)) },
		"PutSiteRole": func(by *org.Actor) error {
			return drop(s.PutRole(ctx, by, org.Site, roleBody(org.RoleInput{Name: "fresh"})))
		},
		"DeleteSiteRole": func(by *org.Actor) error { return drop(s.DeleteRole(ctx, by, org.Site, "site-reader", nil)) },
		"SetUserRoles":   func(by *org.Actor) error { return drop(s.SetUserRoles(ctx, by, "x", roles("auditor"))) },
		"SetStatus":      func(by *org.Actor) error { return drop2(s.SetStatus(ctx, by, "x", org.StatusSuspended, nil)) },
		"SetPassword": func(by *org.Actor) error {
			return s.SetPassword(ctx, by, "x", given(org.PasswordInput{Password: password}), nil)
		},
		"UpdateProfile": func(by *org.Actor) error {
			return drop(s.UpdateProfile(ctx, by, "x", given(org.Profile{Name: "other"})))
		},
		"DeleteUser": func(by *org.Actor) error { return drop(s.DeleteUser(ctx, by, "x", nil)) },
		"CreateUser": func(by *org.Actor) error { return drop(s.CreateUser(ctx, by, given(robot("robot")))) },
		"CreateOrganization": func(by *org.Actor) error {
			return drop(s.CreateOrganization(ctx, by, given(org.OrganizationInput{Name: "fresh"})))
		},
		"UpdateOrganization": func(by *org.Actor) error {
			return drop(s.UpdateOrganization(ctx, by, "default", given(org.OrganizationInput{DisplayName: "Other"}), nil))
		},
		"DeleteOrganization": func(by *org.Actor) error { return drop(s.DeleteOrganization(ctx, by, "beta", nil)) },
		"CreateToken": func(by *org.Actor) error {
			_, _, err := s.CreateToken(ctx, by, "x", given(org.TokenInput{}))
			return err
		},
		"CreatePasswordLink": func(by *org.Actor) error { return drop(s.CreatePasswordLink(ctx, by, "x")) },
		"BulkMembers": func(by *org.Actor) error {
			return drop(s.BulkMembers(ctx, by, "default", given(org.Bulk{Action: org.BulkRemove, Users: []string{"viewer"}})))
		},
		"AddMembers": func(by *org.Actor) error {
			return drop(s.AddMembers(ctx, by, "default", given(org.Additions{Users: []string{"x"}})))
		},
	}
}

// A right that was taken away while the request was on its way is not used: the caller is what it is inside the
// transaction.
func TestCallerIsAsItIsInTheTransaction(t *testing.T) {
	t.Parallel()
	fates := map[string]struct {
		query string
		want  *org.Error // nil: whatever refuses a user without rights
	}{
		"demoted":   {"DELETE FROM user_roles WHERE user_id = ?", nil},
		"suspended": {"UPDATE users SET status = 'suspended' WHERE id = ?", suspendedToken},
		"deleted":   {"DELETE FROM users WHERE id = ?", signedOut("This account is gone.")},
		"revoked":   {"DELETE FROM api_keys WHERE user_id = ?", signedOut("API key is invalid.")},
		"ended":     {"DELETE FROM sessions WHERE user_id = ?", signedOut("The session has ended.")},
	}
	for fate, c := range fates {
		t.Run(fate, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.insert(t, person{name: "o2", site: []string{"owner"}})
			token, _, err := s.CreateToken(t.Context(), s.as(t, "o2"), "me", given(org.TokenInput{}))
			if err != nil {
				t.Fatal(err)
			}
			caller, err := s.TokenSubject(t.Context(), org.Request{}, token)
			if fate == "ended" {
				caller, err = s.SessionSubject(t.Context(), org.Request{}, id("o2"), s.session(t, "o2"))
			}
			if err != nil {
				t.Fatal(err)
			}
			s.exec(t, c.query, id("o2").String())
			for name, do := range writes(t, s) {
				before := s.everything(t)
				err := do(caller)
				if c.want != nil && name != "CreateUser" {
					same(t, err, c.want)
				} else if k := org.KindOf(err); err == nil || k == org.Internal {
					t.Errorf("%s: %v", name, err)
				}
				if strings.Join(before, "\n") != strings.Join(s.everything(t), "\n") {
					t.Errorf("%s changed something", name)
				}
			}
		})
	}
	// Each of them works for who still has the right; so every refusal above came from what was taken.
	for name := range writes(t, newSite(t)) {
		s := newSite(t)
		s.insert(t, person{name: "o2", site: []string{"owner"}})
		if name == "DeleteOrganization" {
			s.exec(t, "DELETE FROM organization_members WHERE organization_id = ?", beta.String())
			s.exec(t, "DELETE FROM roles WHERE organization_id = ?", beta.String())
		}
		caller, err := s.SessionSubject(t.Context(), org.Request{}, id("o2"), s.session(t, "o2"))
		if err != nil {
			t.Fatal(err)
		}
		s.exec(t, "DELETE FROM login_failures") // a new revision, so that the session is looked at
		if err := writes(t, s)[name](caller); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// atOnce runs both as nearly at once as can be, and says which succeeded.
func atOnce(a, b func() error) (errA, errB error) {
	var both sync.WaitGroup
	gate := make(chan struct{})
	both.Go(func() { <-gate; errA = a() })
	both.Go(func() { <-gate; errB = b() })
	close(gate)
	both.Wait()
	return errA, errB
}

// Two owners that remove each other: one of them stays, in one process and in two.
func TestOwnersRace(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]string{"demote demote": {"demote", "demote"}, "demote suspend": {"demote", "suspend"}, "suspend delete": {"suspend", "delete"}, "suspend suspend": {"suspend", "suspend"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			other := openSite(t, s.place)
			for round := range 100 {
				a, b := fmt.Sprint("a", round), fmt.Sprint("b", round)
				s.insert(t, person{name: a, site: []string{"owner"}}, person{name: b, site: []string{"owner"}})
				s.exec(t, "DELETE FROM user_roles WHERE role = 'owner' AND user_id NOT IN (?, ?)", id(a).String(), id(b).String())
				second := s
				if round%2 == 1 {
					second = other
				}
				byA, byB := s.as(t, a), second.as(t, b)
				errA, errB := atOnce(
					func() error { return s.ways(t)[pair[0]](byA, b) },
					func() error { return second.ways(t)[pair[1]](byB, a) },
				)
				if (errA == nil) == (errB == nil) {
					t.Fatalf("round %d: %v and %v, want exactly one to succeed", round, errA, errB)
				}
				if left := s.state(t).working(); len(left) != 1 {
					t.Fatalf("round %d: working owners are left: %v", round, left)
				}
			}
		})
	}
}

// Two edits that began from the same version: one is stored, the other learns of it.
func TestLostUpdates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := openSite(t, s.place)
	ctx := t.Context()
	for round := range 30 {
		m, err := s.Member(ctx, s.as(t, "oa"), "default", "m")
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Role(ctx, s.as(t, "oa"), org.In("default"), "viewer")
		if err != nil {
			t.Fatal(err)
		}
		give := func(by *site, names ...string) func() error {
			return func() error {
				return drop(by.SetMemberRoles(ctx, by.as(t, "oa"), "default", "m", given(org.RolesInput{Roles: names, From: org.Versions{m.Tag()}})))
			}
		}
		put := func(by *site, name string) func() error {
			in := org.RoleInput{Name: "viewer", DisplayName: fmt.Sprint(name, round), Organization: perms("template:read"), From: org.Versions{r.Role.Tag()}}
			return func() error { return drop(by.PutRole(ctx, by.as(t, "oa"), org.In("default"), roleBody(in))) }
		}
		first, second := []string{"viewer"}, []string{"curb"}
		if round%2 == 1 {
			first, second = []string{"viewer", "curb"}, []string{"organization-auditor"}
		}
		for _, pair := range [][2]func() error{{give(s, first...), give(other, second...)}, {put(s, "a"), put(other, "b")}} {
			errA, errB := atOnce(pair[0], pair[1])
			if errA == nil {
				errA, errB = errB, errA
			}
			if errB != nil || org.KindOf(errA) != org.Conflict {
				t.Fatalf("round %d: %v and %v, want one success and one conflict", round, errA, errB)
			}
		}
	}
}

// meddling is a context that lets something happen when it is looked at for the n-th time: between two queries, or
// within one.
type meddling struct {
	context.Context
	mu       sync.Mutex
	left     int // looks to go
	do       func()
	happened bool
}

func (m *meddling) Done() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left--; m.left == 0 {
		m.do()
		m.happened = true
	}
	return m.Context.Done()
}

// over ends the meddling, and says whether it came to anything.
func (m *meddling) over() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = 0
	return m.happened
}

// A subject is what its roles were at one moment, whatever is written while it is read. Here a role is harmless whenever
// it is held, and strong only while nobody holds it: nobody ever has what it gives then.
func TestSubjectIsOneMoment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := openSite(t, s.place)
	ctx := t.Context()
	do := func(steps ...error) {
		for _, err := range steps {
			if err != nil {
				t.Error(err)
			}
		}
	}
	put := func(list ...string) error {
		return drop(other.PutRole(ctx, other.as(t, "oa"), org.In("default"), role("viewer", list...)))
	}
	give := func(names ...string) error {
		return drop(other.SetMemberRoles(ctx, other.as(t, "oa"), "default", "m", roles(names...)))
	}
	for _, alsoListed := range []bool{false, true} {
		for look, happened := 1, true; happened; look++ {
			do(put("template:read"), give(), give("viewer")) // a new revision: nothing is remembered
			late := s.as(t, "ua")                            // a request that began before, and reads the roles after
			listed := make(chan error, 1)
			m := &meddling{Context: ctx, left: look, do: func() {
				do(give(), put("template:delete"))
				go func() { listed <- drop(s.Roles(ctx, late, org.In("default"))) }()
				if alsoListed { // as far as the pool, which looks at contexts under a lock of its own, lets it
					select {
					case err := <-listed:
						listed <- err
					case <-time.After(20 * time.Millisecond):
					}
				}
			}}
			subject, err := s.UserSubject(m, id("m"))
			if err != nil {
				t.Fatal(err)
			}
			if happened = m.over(); happened {
				do(<-listed)
			}
			if subject.Can("delete", rbac.Object{Type: "template", Org: home}) {
				t.Errorf("written at look %d: m may do what no role ever gave it", look)
			}
			if now := s.as(t, "m"); happened && now.Can("read", rbac.Object{Type: "template", Org: home}) {
				t.Errorf("written at look %d: what was taken away is remembered", look)
			}
			if happened {
				do(put(), give()) // weak again before it is given again
			}
		}
	}
}
