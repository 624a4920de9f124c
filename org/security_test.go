package org_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rolecall.example/org/services"

	"rolecall.example/org"
)

// Tests named after what SECURITY.md promises.

const wrong = "wrong horse battery"

// B12, T60: the last owner stays, however two owners try to get rid of each other at the same moment, through one
// process or two. Exactly one of them succeeds.
func TestB12_LastOwnerRaces(t *testing.T) {
	t.Parallel()
	demote := func(s service, by *org.Actor, user string) error {
		return drop(s.SetUserRoles(t.Context(), by, user, roles()))
	}
	suspend := func(s service, by *org.Actor, user string) error {
		return drop2(s.SetStatus(t.Context(), by, user, org.StatusSuspended, nil))
	}
	remove := func(s service, by *org.Actor, user string) error {
		return drop(s.DeleteUser(t.Context(), by, user, nil))
	}
	type act = func(service, *org.Actor, string) error
	for name, pair := range map[string][2]act{
		"demote-demote": {demote, demote}, "demote-suspend": {demote, suspend},
		"demote-delete": {demote, remove}, "suspend-delete": {suspend, remove},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			other := openSite(t, s.place)
			for range rounds(125) {
				s.exec(t, "DELETE FROM users WHERE id IN (?, ?)", id("o").String(), id("o2").String())
				s.insert(t, person{name: "o", site: []string{"owner"}}, person{name: "o2", site: []string{"owner"}})
				o, o2 := s.as(t, "o"), other.as(t, "o2")
				won := race(func() error { return pair[0](s.service, o, "o2") }, func() error { return pair[1](other.service, o2, "o") })
				if won != 1 {
					t.Fatalf("%d of two succeeded, want one", won)
				}
				if left := s.state(t).working(); len(left) != 1 {
					t.Fatalf("owners that can work afterwards: %v", left)
				}
			}
		})
	}
}

// B12: likewise for the last administrator of an organization.
func TestB12_LastAdminRaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.insert(t, person{name: "oa2", home: []string{"organization-admin"}})
	other := openSite(t, s.place)
	ctx := t.Context()
	for round := range rounds(500) {
		s.exec(t, "DELETE FROM organization_members WHERE user_id IN (?, ?)", id("oa").String(), id("oa2").String())
		for _, name := range []string{"oa", "oa2"} {
			s.join(t, home, name)
			s.give(t, home, name, "organization-admin")
		}
		a, b := s.as(t, "oa"), other.as(t, "oa2")
		won := race(
			func() error { return drop(s.SetMemberRoles(ctx, a, "default", "oa2", roles())) },
			func() error {
				if round%2 == 0 {
					return drop(other.RemoveMember(ctx, b, "default", "oa", nil))
				}
				return drop(other.BulkMembers(ctx, b, "default", given(org.Bulk{Action: org.BulkRemoveRole, Role: "organization-admin", Users: []string{"oa"}})))
			})
		if left := s.number(t, "SELECT count(*) FROM member_roles WHERE organization_id = ? AND role = 'organization-admin'", home.String()); left < 1 || won < 1 {
			t.Fatalf("round %d: %d succeeded, %d administrators are left", round, won, left)
		}
	}
}

// rounds is how many of n rounds a race runs: all of them where it is run for its own sake, and the fewest where the
// detector, or the engine, is what is looked at.
func rounds(n int) int {
	switch {
	case deep:
		return n
	case testing.Short():
		return max(1, n/25)
	}
	return n / 10
}

// race runs them at once and counts those that succeed.
func race(all ...func() error) int {
	var won atomic.Int64
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for _, fn := range all {
		wg.Go(func() {
			<-gate
			if fn() == nil {
				won.Add(1)
			}
		})
	}
	close(gate)
	wg.Wait()
	return int(won.Load())
}

// A11, T23: whatever is wrong with a login, the answer is the same and it costs one hash.
func TestA11_EveryWrongLoginCostsOneHash(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m", "Sue")
	for name, try := range map[string][2]string{
		"wrong password":       {"m@example.com", wrong},
		"nobody":               {"nobody@example.com", wrong},
		"suspended":            {"sue@example.com", wrong},
		"service account":      {"bot@example.com", wrong},
		"without a password":   {"x@example.com", wrong},
		"no password":          {"m@example.com", ""},
		"too long":             {"m@example.com", strings.Repeat("x", 100_000)},
		"NUL":                  {"m@example.com\x00", password},
		"space behind":         {"m@example.com ", password},
		"dot behind":           {"m@example.com.", password},
		"username":             {"m", password},
		"no text":              {"\xff\xfe", "\xff"},
		"the hash as password": {"m@example.com", hashed()},
	} {
		before := s.Hashes()
		same(t, drop(s.Login(t.Context(), org.Request{}, try[0], try[1], nil)), wrongLogin)
		if n := s.Hashes() - before; n != 1 {
			t.Errorf("%s: %d hashes", name, n)
		}
		s.exec(t, "DELETE FROM login_failures")
	}
}

// A9, T30: no spelling of an address gives more guesses.
func TestA9_AddressesAreCountedTogether(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, ips := range map[string][]string{
		"IPv6 network": {"2001:db8::1", "2001:db8::ffff", "2001:db8:0:0:dead:beef:0:1", "2001:DB8::1%eth0"},
		"mapped IPv4":  {"192.0.2.7", "::ffff:192.0.2.7"},
		"no address":   {"", "@", "unix"},
	} {
		s.exec(t, "DELETE FROM login_failures")
		try := func(ip string) error {
			return drop(s.Login(t.Context(), org.Request{IP: ip}, "nobody@example.com", wrong, nil))
		}
		same(t, try(ips[0]), wrongLogin)
		s.exec(t, "UPDATE login_failures SET failures = 60 WHERE door LIKE 'address%'")
		for _, ip := range ips {
			if err := try(ip); org.KindOf(err) != org.TooMany {
				t.Errorf("%s: from %q: %v", name, ip, err)
			}
		}
		if n := s.number(t, "SELECT count(*) FROM login_failures WHERE door LIKE 'address%'"); n != 1 {
			t.Errorf("%s: counted at %d doors", name, n)
		}
	}
}

// A9, T31: what is counted for one name is still known after any number of others, and they take little room each.
func TestA9_FloodOfNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	ctx := t.Context()
	for range 10 {
		same(t, drop(s.Login(ctx, org.Request{}, "m@example.com", wrong, nil)), wrongLogin)
	}
	at := s.clock.now().Format("2006-01-02 15:04:05.999999999-07:00")
	s.exec(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 50000)
		INSERT INTO login_failures SELECT 'account ' || i, 1, ? FROM n`, at)
	same(t, drop(s.Login(ctx, org.Request{IP: "192.0.2.9"}, "m@example.com", password, nil)), tooManyLogins)
	long := strings.Repeat("x", 1<<20) + "@example.com"
	same(t, drop(s.Login(ctx, org.Request{}, long, "hunter2-in-the-wrong-field", nil)), wrongLogin)
	if n := s.number(t, "SELECT max(length(door)) FROM login_failures"); n > 100 {
		t.Errorf("a row of %d bytes is kept", n)
	}
}

// A10, T33: being locked out concerns logins alone. The password can still be changed by who is signed in, whose own
// guesses at the old one are counted at a door of their own.
func TestA10_LockoutLeavesSessionsAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	ctx := t.Context()
	for i := range 11 {
		_ = drop(s.Login(ctx, org.Request{IP: fmt.Sprint("192.0.2.", i)}, "m@example.com", wrong, nil))
	}
	same(t, drop(s.Login(ctx, org.Request{}, "m@example.com", password, nil)), tooManyLogins)
	if _, err := s.UserSubject(ctx, id("m")); err != nil {
		t.Errorf("its session: %v", err)
	}
	change := func(old string) error {
		return s.SetPassword(ctx, s.as(t, "m"), "me", given(org.PasswordInput{Password: "another horse battery", OldPassword: old}), nil)
	}
	for range 10 {
		kind(t, change(wrong), org.Invalid)
	}
	same(t, change(password), tooManyLogins)
	s.clock.advance(16 * time.Minute)
	if err := change(password); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

// T29, T32: guesses at the old password made at once are counted too.
func TestA9_OldPasswordGuessesInParallel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	m, before := s.as(t, "m"), s.Hashes()
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			_ = s.SetPassword(t.Context(), m, "me", given(org.PasswordInput{Password: "another horse battery", OldPassword: wrong}), nil)
		})
	}
	wg.Wait()
	if n := s.Hashes() - before; n != 10 {
		t.Errorf("%d guesses were tried, want 10", n)
	}
}

// A12, T69: hashes wait for each other; those who would wait too long are told to come back, and their attempt does not
// count as a wrong one.
func TestA12_TooManyLoginsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Service = services.New(s.db, services.Options{Now: s.clock.now}) // hashes at full cost
	var busy, other, over atomic.Int64
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			defer over.Add(1)
			err := drop(s.Login(t.Context(), org.Request{IP: fmt.Sprintf("10.%d.%d.1", i/200, i%200)}, fmt.Sprintf("u%d@example.com", i), wrong, nil))
			if e, ok := errors.AsType[*org.Error](err); ok && e.Kind == org.Unavailable && e.RetryAfter > 0 {
				busy.Add(1)
			} else if org.KindOf(err) != org.Unauthenticated {
				other.Add(1)
			}
		})
	}
	for range 20 { // meanwhile those who are signed in get on
		if _, err := s.Members(t.Context(), s.as(t, "oa"), "default", org.MemberFilter{}); err != nil {
			t.Error(err)
		}
	}
	if over.Load() == 500 {
		t.Error("20 lists took longer than all logins")
	}
	wg.Wait()
	if busy.Load() < 100 || other.Load() > 0 {
		t.Errorf("of 500 logins at once %d were put off, %d failed otherwise", busy.Load(), other.Load())
	}
}

// E, B12: who can write the database file gets back in, whatever state the owners are in, and it is recorded.
func TestRecoverOwner(t *testing.T) {
	t.Parallel()
	lock := []string{
		"UPDATE users SET status = 'suspended'",
		"DELETE FROM user_roles",
		"INSERT INTO user_roles (user_id, role) SELECT id, 'site-reader' FROM users",
		"INSERT INTO role_permissions (role_id, level, resource_type, action, negate) SELECT id, 'site', 'assign_role', 'assign', true FROM roles WHERE name = 'site-reader'",
	}
	for _, user := range []string{"o", "M", "Sue", "fresh"} {
		s := newSite(t)
		for _, query := range lock {
			s.exec(t, query)
		}
		if found, err := s.CheckIntegrity(t.Context()); err != nil || len(found) != 1 || !strings.Contains(found[0], "recover-owner") {
			t.Fatalf("%s: found %v, %v", user, found, err)
		}
		entries := s.entries(t)
		got, err := s.RecoverOwner(t.Context(), org.Request{}, org.OwnerRecovery{Username: user, Email: "fresh@example.com", Password: "back in at last"})
		if err != nil {
			t.Fatalf("%s: %v", user, err)
		}
		if n := s.entries(t) - entries; n != 1 {
			t.Errorf("%s: %d entries in the audit trail", user, n)
		}
		if actor := s.text(t, "SELECT actor FROM audit_logs ORDER BY seq DESC LIMIT 1"); actor != "operator" {
			t.Errorf("%s: recorded as done by %q", user, actor)
		}
		if _, err := s.Login(t.Context(), org.Request{}, got.Email, "back in at last", nil); err != nil {
			t.Errorf("%s: %v", user, err)
		}
		if found, err := s.CheckIntegrity(t.Context()); err != nil || len(found) > 0 {
			t.Errorf("%s: afterwards %v, %v", user, found, err)
		}
	}
	s := newSite(t)
	kind(t, drop(s.RecoverOwner(t.Context(), org.Request{}, org.OwnerRecovery{Username: "bot", Password: "back in at last"})), org.Invalid)
	kind(t, drop(s.RecoverOwner(t.Context(), org.Request{}, org.OwnerRecovery{Username: "fresh", Password: "back in at last"})), org.Invalid)
}
