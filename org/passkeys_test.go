package org_test

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/services"
)

// here is the site of passkeys, as a browser sees it.
var here = virtualwebauthn.RelyingParty{ID: "roles.example.com", Name: "rolecall", Origin: "https://roles.example.com"}

// withPasskeys is a site that has passkeys.
func withPasskeys(tb testing.TB, s *site, options ...func(*services.Options)) *site {
	tb.Helper()
	keys, err := factor.NewPasskeys(&url.URL{Scheme: "https", Host: "Roles.Example.com:443"})
	if err != nil {
		tb.Fatal(err)
	}
	o := services.Options{Now: s.clock.now, HashCost: cheapHash, Passkeys: keys}
	for _, option := range options {
		option(&o)
	}
	return &site{service: service{services.New(s.db, o)}, db: s.db, raw: s.raw, place: s.place, clock: s.clock}
}

// device is an authenticator with one passkey.
type device struct {
	at   virtualwebauthn.RelyingParty
	has  virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
}

func newDevice(owner string) *device {
	user := id(owner)
	return &device{here, virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: user[:]}), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)}
}

// registration is what the device answers to the options of a new passkey.
func (d *device) registration(tb testing.TB, options []byte) org.Input[org.NewPasskey] {
	tb.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		tb.Fatal(err)
	}
	return org.NewInput(org.NewPasskey{Device: "A test", Response: []byte(virtualwebauthn.CreateAttestationResponse(d.at, d.has, d.cred, *o))}, nil)
}

// assertion is what it answers to those of a sign-in.
func (d *device) assertion(tb testing.TB, options []byte) []byte {
	tb.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		tb.Fatal(err)
	}
	d.cred.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(d.at, d.has, d.cred, *o))
}

// passkey sets one up for somebody, in a browser of that name.
func (s *site) passkey(tb testing.TB, name string) (*device, org.AddedPasskey) {
	tb.Helper()
	d := newDevice(name)
	options, err := s.PasskeyOptions(tb.Context(), s.as(tb, name), name, password)
	if err != nil {
		tb.Fatal(err)
	}
	added, err := s.AddPasskey(tb.Context(), s.as(tb, name), name, d.registration(tb, options), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return d, added
}

// asked is what a browser is asked to sign in.
func (s *site) asked(tb testing.TB, browser string) []byte {
	tb.Helper()
	options, err := s.LoginPasskeyOptions(tb.Context(), browser, "")
	if err != nil {
		tb.Fatal(err)
	}
	return options
}

// A passkey lets in, alone and as the second step, and what is not one does not.
func TestPasskey(t *testing.T) {
	t.Parallel()
	s := withPasskeys(t, newSite(t))
	s.withPasswords(t, "m", "oa")
	ctx, from := t.Context(), org.Request{IP: "192.0.2.1"}
	d, added := s.passkey(t, "m")
	if len(added.RecoveryCodes) != 10 || added.Name != "A test" {
		t.Fatalf("%+v", added)
	}
	other, _ := s.passkey(t, "oa")
	var sessions atomic.Int64
	in := func(browser string, response []byte) error {
		return drop(s.LoginPasskey(ctx, from, browser, response, beginning(&sessions)))
	}
	answer := d.assertion(t, s.asked(t, "b"))
	if err := in("b", answer); err != nil || sessions.Load() != 1 {
		t.Fatalf("a right one: %v", err)
	}
	kind(t, in("b", answer), org.Invalid) // again

	elsewhere, phished := *d, *d
	elsewhere.at.ID, phished.at.Origin = "other.example.com", "https://roles.example.com.evil.example"
	kind(t, in("b", elsewhere.assertion(t, s.asked(t, "b"))), org.Unauthenticated)
	kind(t, in("b", phished.assertion(t, s.asked(t, "b"))), org.Unauthenticated)
	kind(t, in("another", d.assertion(t, s.asked(t, "b"))), org.Invalid)
	kind(t, in("", d.assertion(t, s.asked(t, "b"))), org.Invalid)
	kind(t, in("b", []byte(`{"id":"x"}`)), org.Invalid)
	stolen := *other // the key of one account that says it is another's
	stolen.has.Options.UserHandle = d.has.Options.UserHandle
	kind(t, in("b", stolen.assertion(t, s.asked(t, "b"))), org.Unauthenticated)
	unverified := *d
	unverified.has.Options.UserNotVerified = true
	kind(t, in("b", unverified.assertion(t, s.asked(t, "b"))), org.Unauthenticated)
	kind(t, in("b", newDevice("m").assertion(t, s.asked(t, "b"))), org.Unauthenticated)
	late := d.assertion(t, s.asked(t, "b"))
	s.clock.advance(5*time.Minute + time.Second)
	kind(t, in("b", late), org.Invalid)
	registering, err := s.PasskeyOptions(ctx, s.as(t, "m"), "b", password)
	if err != nil {
		t.Fatal(err)
	}
	d.cred.Counter += 10
	kind(t, in("b", d.assertion(t, registering)), org.Invalid)
	copied := *d
	copied.cred.Counter = 0
	kind(t, in("b", copied.assertion(t, s.asked(t, "b"))), org.Unauthenticated)
	if list, err := s.Passkeys(ctx, s.as(t, "m")); err != nil || list[0].Doubted.IsZero() || list[0].LastUsed.IsZero() {
		t.Errorf("after the copy: %+v, %v", list, err)
	}

	needed, ok := errors.AsType[*org.CodeNeededError](drop(s.Login(ctx, from, "m@example.com", password, nil)))
	if !ok {
		t.Fatal("the password alone lets in")
	}
	second, err := s.LoginPasskeyOptions(ctx, "b", needed.Challenge)
	if err != nil {
		t.Fatal(err)
	}
	kind(t, in("b", other.assertion(t, second)), org.Unauthenticated) // of another account than the password
	if second, err = s.LoginPasskeyOptions(ctx, "b", needed.Challenge); err != nil {
		t.Fatal(err)
	}
	if err := in("b", d.assertion(t, second)); err != nil {
		t.Errorf("the second step: %v", err)
	}
	kind(t, drop(s.LoginCode(ctx, from, needed.Challenge, added.RecoveryCodes[0], nil)), org.Unauthenticated) // it has had its second step
	if err := drop(s.LoginToken(ctx, from, "m@example.com", password, added.RecoveryCodes[0])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	s.exec(t, "UPDATE users SET must_change = true WHERE id = ?", id("m").String())
	if err := in("b", d.assertion(t, s.asked(t, "b"))); err != nil {
		t.Errorf("with a password that must be replaced: %v", err)
	}
	s.exec(t, "UPDATE users SET status = 'suspended' WHERE id = ?", id("m").String())
	before := sessions.Load()
	kind(t, in("b", d.assertion(t, s.asked(t, "b"))), org.Unauthenticated)
	if sessions.Load() != before {
		t.Error("a suspended account got a session")
	}
}

// Of fifty answers to one question at once, one lets in.
func TestPasskeyRace(t *testing.T) {
	t.Parallel()
	s := withPasskeys(t, newSite(t))
	s.withPasswords(t, "m")
	d, _ := s.passkey(t, "m")
	answer := d.assertion(t, s.asked(t, "b"))
	var in, sessions atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if drop(s.LoginPasskey(t.Context(), org.Request{IP: fmt.Sprintf("192.0.%d.1", i)}, "b", answer, beginning(&sessions))) == nil {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("one answer let in %d", in.Load())
	}
}

// Who adds and removes passkeys is the person of the account, and the last way in and a factor that is needed stay.
func TestChangePasskeys(t *testing.T) {
	t.Parallel()
	s := withPasskeys(t, newSite(t))
	s.withPasswords(t, "m", "o", "oa")
	ctx, m := t.Context(), s.as(t, "m")
	kind(t, drop(s.PasskeyOptions(ctx, m, "b", "")), org.Invalid)
	kind(t, drop(s.PasskeyOptions(ctx, m, "b", "wrong horse battery")), org.Invalid)
	d, added := s.passkey(t, "m")
	options, err := s.PasskeyOptions(ctx, m, "b", password)
	if err != nil {
		t.Fatal(err)
	}
	kind(t, drop(s.AddPasskey(ctx, m, "another", d.registration(t, options), nil)), org.Invalid)
	kind(t, drop(s.AddPasskey(ctx, s.as(t, "oa"), "b", newDevice("oa").registration(t, options), nil)), org.Invalid)
	if options, err = s.PasskeyOptions(ctx, m, "b", password); err != nil {
		t.Fatal(err)
	}
	kind(t, drop(s.AddPasskey(ctx, m, "b", d.registration(t, options), nil)), org.Conflict) // the device has it already
	key := added.ID.String()
	kind(t, s.RemovePasskey(ctx, m, key, "", org.FactorsForNone), org.Invalid)
	kind(t, s.RemovePasskey(ctx, m, key, password, org.FactorsForAll), org.Invalid)
	kind(t, s.RemovePasskey(ctx, s.as(t, "oa"), key, password, org.FactorsForNone), org.NotFound)
	locked := withPasskeys(t, s, func(o *services.Options) { o.Passwords, o.Providers = org.PasswordsForNobody, []string{"okta"} })
	kind(t, locked.RemovePasskey(ctx, m, key, password, org.FactorsForNone), org.Invalid) // nothing else would let in
	var sessions atomic.Int64
	if err := drop(locked.LoginPasskey(ctx, org.Request{}, "b", d.assertion(t, s.asked(t, "b")), beginning(&sessions))); err != nil {
		t.Errorf("where no password counts: %v", err)
	}
	if err := s.RemovePasskey(ctx, m, key, password, org.FactorsForNone); err != nil {
		t.Fatal(err)
	}
	kind(t, drop(s.LoginPasskey(ctx, org.Request{}, "b", d.assertion(t, s.asked(t, "b")), beginning(&sessions))), org.Unauthenticated)
	if err := drop(s.Login(ctx, org.Request{}, "m@example.com", password, nil)); err != nil {
		t.Errorf("the password alone, afterwards: %v", err)
	}
	s.exec(t, "UPDATE users SET password_by = ? WHERE id = ?", id("o").String(), id("m").String())
	kind(t, drop(s.PasskeyOptions(ctx, m, "b", password)), org.Invalid) // under somebody else's password

	d, _ = s.passkey(t, "oa")
	if n, err := s.PasskeysElsewhere(ctx, "roles.example.com"); err != nil || n != 0 {
		t.Errorf("%d elsewhere, %v", n, err)
	}
	if err := s.ResetFactors(ctx, s.as(t, "o"), "oa"); err != nil {
		t.Fatal(err)
	}
	kind(t, drop(s.LoginPasskey(ctx, org.Request{}, "b", d.assertion(t, s.asked(t, "b")), beginning(&sessions))), org.Unauthenticated)
	s.passkey(t, "o")
	// The only owner has a passkey alone: it counts as a way to sign in, and no reset may take it.
	s.exec(t, "UPDATE users SET password_hash = '' WHERE id = ?", id("o").String())
	if n, err := s.CountOwners(ctx); err != nil || n != 1 {
		t.Errorf("%d owners can sign in, %v", n, err)
	}
	kind(t, s.ResetFactors(ctx, s.Operator(), "o"), org.Invalid)
	if n, err := s.ForgetPasskeys(ctx, "new.example.com"); err != nil || n != 1 {
		t.Errorf("forgot those of %d, %v", n, err)
	}
	if n := s.number(t, "SELECT count(*) FROM passkeys"); n != 0 {
		t.Errorf("%d are left", n)
	}
	if n := s.number(t, "SELECT count(*) FROM audit_logs WHERE resource_type = 'mfa' AND action = 'delete' AND status_code < 300"); n != 3 {
		t.Errorf("%d entries of removals, want one removed, one reset, one forgotten", n)
	}
}
