package org_test

import (
	"strings"
	"sync"
	"testing"

	"rolecall.example/org/services"

	"rolecall.example/org"
)

var fullHash = org.HashCost{Memory: 19 * 1024, Time: 2, Threads: 1}

// A stored hash is computed as it says itself, so that the cost of new ones can be raised; a sign-in renews it.
func TestHashCost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Service = services.New(s.db, services.Options{Now: s.clock.now}) // new hashes at full cost
	ctx := t.Context()
	stored := func() string {
		return s.text(t, "SELECT password_hash FROM users WHERE id = ?", id("m").String())
	}
	for _, old := range []org.HashCost{{Memory: 7168, Time: 5, Threads: 1}, {Memory: 8192, Time: 1, Threads: 4}} {
		s.exec(t, "UPDATE users SET password_hash = ? WHERE id = ?", hashedAt(old), id("m").String())
		before, account := s.Hashes(), s.text(t, "SELECT CAST(version AS text) || CAST(updated_at AS text) FROM users WHERE id = ?", id("m").String())
		same(t, drop(s.Login(ctx, org.Request{}, "m@example.com", wrong, nil)), wrongLogin)
		if n := s.Hashes() - before; n != 1 || stored() != hashedAt(old) {
			t.Errorf("%+v: a wrong login cost %d hashes and left %s", old, n, stored())
		}
		for range 2 {
			if _, err := s.Login(ctx, org.Request{}, "m@example.com", password, nil); err != nil {
				t.Errorf("%+v: %v", old, err)
			}
			if !strings.HasPrefix(stored(), "$argon2id$v=19$m=19456,t=2,p=1$") {
				t.Errorf("%+v became %s", old, stored())
			}
		}
		if n := s.Hashes() - before; n != 4 {
			t.Errorf("%+v: three logins and a renewal took %d hashes", old, n)
		}
		if now := s.text(t, "SELECT CAST(version AS text) || CAST(updated_at AS text) FROM users WHERE id = ?", id("m").String()); now != account {
			t.Errorf("renewing the hash changed the account: %s became %s", account, now)
		}
		same(t, drop(s.Login(ctx, org.Request{}, "m@example.com", wrong, nil)), wrongLogin)
	}
	// Who changes the password proves the old one by a hash of any cost.
	s.exec(t, "UPDATE users SET password_hash = ? WHERE id = ?", hashed(), id("m").String())
	if err := s.SetPassword(ctx, s.as(t, "m"), "me", given(org.PasswordInput{Password: "another horse battery", OldPassword: password}), nil); err != nil {
		t.Error(err)
	}
}

// Logins made at once all get in, though one of them renews the hash that the others looked at.
func TestHashRenewedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(t, "UPDATE users SET password_hash = ? WHERE id = ?", hashedAt(org.HashCost{Memory: 7168, Time: 2, Threads: 1}), id("m").String())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := s.Login(t.Context(), org.Request{}, "m@example.com", password, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// What cannot be computed, or must not be, is a fault: nobody is let in, and it is logged.
func TestHashOutOfBounds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	good := hashed()
	try := func(stored string) {
		t.Helper()
		s.exec(t, "UPDATE users SET password_hash = ? WHERE id = ?", stored, id("m").String())
		s.exec(t, "DELETE FROM login_failures")
		if err := drop(s.Login(t.Context(), org.Request{}, "m@example.com", password, nil)); err == nil || org.KindOf(err) != org.Internal {
			t.Errorf("%q: %v", stored, err)
		}
	}
	for _, parameters := range []string{
		"m=7167,t=1,p=1", "m=1048577,t=1,p=1", "m=7168,t=0,p=1", "m=7168,t=17,p=1", "m=7168,t=1,p=0", "m=7168,t=1,p=17",
		"m=4294974464,t=1,p=1", "m=7168,t=1,p=257", "m=7168,t=1", "t=1,m=7168,p=1", "m=07168,t=1,p=1", "m=7168,t=1,p=1,keyid=1", "m= 7168,t=1,p=1", "",
	} {
		try(strings.Replace(good, "m=7168,t=1,p=1", parameters, 1))
	}
	for _, other := range []string{strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "argon2id", "argon2i", 1), good + "$", " " + good} {
		try(other)
	}
}

// New hashes cost what the promise says.
func TestFullHashCost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Service = services.New(s.db, services.Options{Now: s.clock.now})
	ctx := t.Context()
	if err := s.SetPassword(ctx, s.as(t, "o"), "m", given(org.PasswordInput{Password: password}), nil); err != nil {
		t.Fatal(err)
	}
	if got := s.text(t, "SELECT password_hash FROM users WHERE id = ?", id("m").String()); !strings.HasPrefix(got, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored %s", got)
	}
	s.exec(t, "UPDATE users SET password_hash = ? WHERE id = ?", hashedAt(fullHash), id("m").String())
	before := s.Hashes()
	if _, err := s.Login(ctx, org.Request{}, "m@example.com", password, nil); err != nil || s.Hashes()-before != 1 {
		t.Errorf("%d hashes, %v", s.Hashes()-before, err)
	}
}
