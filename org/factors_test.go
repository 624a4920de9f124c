package org_test

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/services"
)

// withVault is a site whose people can set up second factors.
func withVault(tb testing.TB, s *site) *site {
	tb.Helper()
	v := factor.NewVault(filepath.Join(tb.TempDir(), "key"), true)
	return &site{
		service: service{services.New(s.db, services.Options{Now: s.clock.now, HashCost: cheapHash, Vault: v})},
		db:      s.db, raw: s.raw, place: s.place, clock: s.clock,
	}
}

// enrolled sets up an app for somebody, and gives its seed and the recovery codes. The code that confirmed it is used up.
func (s *site) enrolled(tb testing.TB, name string) (seed []byte, codes []string) {
	tb.Helper()
	who := s.as(tb, name)
	told, err := s.EnrolApp(tb.Context(), who, "rolecall", password)
	if err != nil {
		tb.Fatal(err)
	}
	if seed, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(told.Secret); err != nil {
		tb.Fatal(err)
	}
	if codes, err = s.ConfirmApp(tb.Context(), who, s.shown(tb, seed), nil); err != nil {
		tb.Fatal(err)
	}
	return seed, codes
}

// shown is what an app shows now.
func (s *site) shown(tb testing.TB, seed []byte) string {
	tb.Helper()
	code, err := factor.Code(seed, s.clock.now())
	if err != nil {
		tb.Fatal(err)
	}
	return code
}

// beginning makes sessions with different tokens.
func beginning(sessions *atomic.Int64) org.BeginSession {
	return func(context.Context, uuid.UUID) (org.NewSession, error) {
		return org.NewSession{Token: fmt.Sprint("session ", sessions.Add(1)), Data: []byte("data"), ExpiresAt: start.AddDate(1, 0, 0)}, nil
	}
}

// The password alone lets nobody in who has an app, and nothing else changes for anybody.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	s := withVault(t, newSite(t))
	s.withPasswords(t, "m", "oa")
	ctx, here := t.Context(), org.Request{IP: "192.0.2.1"}
	seed, codes := s.enrolled(t, "m")
	if f, err := s.Factors(ctx, s.as(t, "m")); err != nil || f.App.IsZero() || f.RecoveryCodes != 10 {
		t.Fatalf("%+v, %v", f, err)
	}
	var sessions atomic.Int64
	same(t, drop(s.Login(ctx, here, "m@example.com", "wrong horse battery", nil)), wrongLogin)
	needed, ok := errors.AsType[*org.CodeNeededError](drop(s.Login(ctx, here, "m@example.com", password, beginning(&sessions))))
	if !ok || needed.Challenge == "" || sessions.Load() != 0 {
		t.Fatalf("the password alone: %+v", needed)
	}
	same(t, drop(s.LoginToken(ctx, here, "m@example.com", password, "")), org.ErrCodeNeeded)
	if err := drop(s.Login(ctx, here, "oa@example.com", password, beginning(&sessions))); err != nil {
		t.Errorf("somebody without an app: %v", err)
	}
	// The code that confirmed the app is used up, and so is each one after it.
	kind(t, drop(s.LoginCode(ctx, here, needed.Challenge, s.shown(t, seed), beginning(&sessions))), org.Unauthenticated)
	s.clock.advance(time.Minute)
	if err := drop(s.LoginCode(ctx, here, needed.Challenge, s.shown(t, seed), beginning(&sessions))); err != nil {
		t.Fatal(err)
	}
	kind(t, drop(s.LoginCode(ctx, here, needed.Challenge, codes[0], beginning(&sessions))), org.Unauthenticated) // the challenge is used up
	kind(t, drop(s.LoginToken(ctx, here, "m@example.com", password, s.shown(t, seed))), org.Unauthenticated)
	if err := drop(s.LoginToken(ctx, here, "m@example.com", password, codes[1])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	kind(t, drop(s.LoginToken(ctx, here, "m@example.com", password, codes[1])), org.Unauthenticated)
	if f, err := s.Factors(ctx, s.as(t, "m")); err != nil || f.RecoveryCodes != 9 {
		t.Errorf("left: %+v, %v", f, err)
	}
	if n := s.number(t, "SELECT count(*) FROM audit_logs WHERE resource_type = 'mfa' AND status_code < 300"); n != 3 {
		t.Errorf("%d entries of second factors, want an app set up and confirmed, and a recovery code used", n)
	}
}

// Of fifty sign-ins with one code at once, one is let in.
func TestCodeRaces(t *testing.T) {
	t.Parallel()
	s := withVault(t, newSite(t))
	s.withPasswords(t, "m")
	seed, codes := s.enrolled(t, "m")
	s.clock.advance(time.Minute)
	for name, code := range map[string]string{"app": s.shown(t, seed), "recovery": codes[0]} {
		s.exec(t, "DELETE FROM login_failures")
		var sessions, in atomic.Int64
		var challenges []string
		for range 8 { // of several sign-ins, as an attacker beside the owner
			needed, ok := errors.AsType[*org.CodeNeededError](drop(s.Login(t.Context(), org.Request{IP: "192.0.2.1"}, "m@example.com", password, nil)))
			if !ok {
				t.Fatal(name, "no challenge")
			}
			challenges = append(challenges, needed.Challenge)
		}
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if drop(s.LoginCode(t.Context(), org.Request{IP: fmt.Sprintf("192.0.%d.1", i)}, challenges[i%len(challenges)], code, beginning(&sessions))) == nil {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 {
			t.Errorf("%s: one code let in %d", name, in.Load())
		}
	}
}

// Codes cannot be guessed: a challenge takes five, an account ten in 15 minutes, and the right password forgives none.
func TestCodeGuesses(t *testing.T) {
	t.Parallel()
	s := withVault(t, newSite(t))
	s.withPasswords(t, "m")
	s.enrolled(t, "m")
	ctx, wrong := t.Context(), "000000"
	challenge := func(from int) string {
		needed, _ := errors.AsType[*org.CodeNeededError](drop(s.Login(ctx, org.Request{IP: fmt.Sprintf("10.0.%d.1", from)}, "m@example.com", password, nil)))
		if needed == nil {
			return ""
		}
		return needed.Challenge
	}
	guesses := 0
	for from := range 10 {
		c := challenge(from)
		for range 8 {
			err := drop(s.LoginCode(ctx, org.Request{IP: fmt.Sprintf("10.0.%d.1", from)}, c, wrong, nil))
			if e, ok := errors.AsType[*org.Error](err); ok && e.Message == "The code is wrong." {
				guesses++
			}
		}
	}
	if guesses > 10 || guesses < 5 {
		t.Errorf("%d guesses in 15 minutes", guesses)
	}
	kind(t, drop(s.Login(ctx, org.Request{IP: "10.1.0.1"}, "m@example.com", password, nil)), org.TooMany)
}

// A challenge ends with its five minutes, and with the password that it stands for; who is suspended meanwhile stays out.
func TestChallengeEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*site){
		"late": func(s *site) { s.clock.advance(5*time.Minute + time.Second) },
		"password": func(s *site) {
			s.exec(t, "UPDATE users SET password_hash = ? WHERE id = ?", hashedAt(org.HashCost{Memory: 8 * 1024, Time: 2, Threads: 1}), id("m").String())
		},
		"suspended": func(s *site) { s.exec(t, "UPDATE users SET status = 'suspended' WHERE id = ?", id("m").String()) },
		"deleted":   func(s *site) { s.exec(t, "DELETE FROM users WHERE id = ?", id("m").String()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := withVault(t, newSite(t))
			s.withPasswords(t, "m")
			_, codes := s.enrolled(t, "m")
			needed, ok := errors.AsType[*org.CodeNeededError](drop(s.Login(t.Context(), org.Request{}, "m@example.com", password, nil)))
			if !ok {
				t.Fatal("no challenge")
			}
			end(s)
			var sessions atomic.Int64
			kind(t, drop(s.LoginCode(t.Context(), org.Request{}, needed.Challenge, codes[0], beginning(&sessions))), org.Unauthenticated)
			if sessions.Load() != 0 {
				t.Error("a session began")
			}
		})
	}
}

// A challenge is no way around the policy about passwords: it counts when the code comes.
func TestCodeKeepsPasswordPolicy(t *testing.T) {
	t.Parallel()
	s := withVault(t, newSite(t))
	s.withPasswords(t, "m")
	_, codes := s.enrolled(t, "m")
	needed, ok := errors.AsType[*org.CodeNeededError](drop(s.Login(t.Context(), org.Request{}, "m@example.com", password, nil)))
	if !ok {
		t.Fatal("no challenge")
	}
	strict := service{services.New(s.db, services.Options{Now: s.clock.now, HashCost: cheapHash, Passwords: org.PasswordsForOwners})}
	var sessions atomic.Int64
	kind(t, drop(strict.LoginCode(t.Context(), org.Request{}, needed.Challenge, codes[0], beginning(&sessions))), org.Forbidden)
	if sessions.Load() != 0 {
		t.Error("a session began")
	}
}

// Who changes how an account signs in knows its password; who resets it holds all that the account holds.
func TestChangeFactors(t *testing.T) {
	t.Parallel()
	s := withVault(t, newSite(t))
	s.withPasswords(t, "m", "o")
	ctx, m := t.Context(), s.as(t, "m")
	_, codes := s.enrolled(t, "m")
	kind(t, drop(s.EnrolApp(ctx, m, "rolecall", password)), org.Conflict)
	kind(t, drop(s.EnrolApp(ctx, s.as(t, "o"), "rolecall", "wrong horse battery")), org.Invalid)
	kind(t, drop(s.NewRecoveryCodes(ctx, m, "wrong horse battery")), org.Invalid)
	kind(t, s.RemoveApp(ctx, m, "wrong horse battery", org.FactorsForNone), org.Invalid)
	kind(t, drop(s.ConfirmApp(ctx, m, "000000", nil)), org.Invalid)
	again, err := s.NewRecoveryCodes(ctx, m, password)
	if err != nil {
		t.Fatal(err)
	}
	kind(t, drop(s.LoginToken(ctx, org.Request{}, "m@example.com", password, codes[0])), org.Unauthenticated)
	if err := drop(s.LoginToken(ctx, org.Request{}, "m@example.com", password, again[0])); err != nil {
		t.Error(err)
	}
	kind(t, s.ResetFactors(ctx, m, "me"), org.Invalid)
	kind(t, s.ResetFactors(ctx, s.as(t, "oa"), "m"), org.Forbidden)
	kind(t, s.ResetFactors(ctx, s.as(t, "o"), "oa"), org.NotFound)
	if err := drop(s.EnrolApp(ctx, s.as(t, "o"), "rolecall", password)); err != nil {
		t.Fatal(err)
	}
	kind(t, s.RemoveApp(ctx, s.as(t, "o"), password, org.FactorsForNone), org.NotFound) // no code has confirmed it
	if err := s.ResetFactors(ctx, s.as(t, "o"), "m"); err != nil {
		t.Fatal(err)
	}
	if err := drop(s.Login(ctx, org.Request{}, "m@example.com", password, nil)); err != nil {
		t.Errorf("after the reset: %v", err)
	}
	s.enrolled(t, "o")
	if _, err := s.RecoverOwner(ctx, org.Request{}, org.OwnerRecovery{Username: "o", Password: "back in at last"}); err != nil {
		t.Fatal(err)
	}
	if err := drop(s.Login(ctx, org.Request{}, "o@example.com", "back in at last", nil)); err != nil {
		t.Errorf("the owner that was recovered: %v", err)
	}
	bare := newSite(t)
	bare.withPasswords(t, "m")
	kind(t, drop(bare.EnrolApp(ctx, bare.as(t, "m"), "rolecall", password)), org.Invalid)
}
