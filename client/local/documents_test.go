package local_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"rolecall.example/client/local"
	"rolecall.example/rbac/snapshot"
)

// The engine fetches a new key when a document is signed by it. An invented key does not make it ask twice a minute.
func TestKeys(t *testing.T) {
	const keys = "/.well-known/rolecall-keys"
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		if n := f.count(keys); n != 1 {
			t.Errorf("asked %d times for keys at the start", n)
		}
		pass(time.Minute)
		f.with(func() { f.rotate("k2") })
		e.Check(text(ada), text(labs), "report:read")
		pass(time.Second)
		expect(t, "by the new key", e.Check(text(ada), text(labs), "report:read"), true, local.Decided)
		f.with(func() {
			published := f.public
			f.rotate("invented")
			f.public = published
		})
		before := f.count(keys)
		e.Check(text(ada), text(zoo), "report:read")
		pass(10 * time.Minute)
		expect(t, "by an invented key", e.Check(text(ada), text(zoo), "report:read"), false, local.Asked)
		expect(t, "meanwhile", e.Check(text(ada), text(labs), "report:read"), true, local.Decided)
		if n := f.count(keys) - before; n < 5 || n > 11 {
			t.Errorf("asked %d times for keys in ten minutes", n)
		}
		if s := e.Stats(); s.Refusals == 0 || s.Err != nil && s.Status == local.Fresh && s.Organizations != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// Pinned keys are never replaced, and the engine asks for no others.
func TestTrustedKeys(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		trusted := map[string]ed25519.PublicKey{f.signer.ID: f.signer.Key.Public().(ed25519.PublicKey)}
		e := loaded(t, f, local.Options{TrustedKeys: trusted})
		f.with(func() { f.rotate("k2"); f.append(snapshot.EventKeys, "", snapshot.Keys{JWKS: f.public}) })
		e.Check(text(ada), text(labs), "report:read")
		pass(time.Minute)
		expect(t, "by another key", e.Check(text(ada), text(labs), "report:read"), false, local.Asked)
		if n := f.count("/.well-known/rolecall-keys"); n != 0 {
			t.Errorf("asked %d times for keys", n)
		}
		delete(trusted, f.signer.ID)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := local.Open(ctx, f.client(), local.Options{TrustedKeys: trusted}); err == nil {
			t.Error("Open by a key that is not trusted")
		}
	})
}

// A correctly signed document of yesterday is not used: the feed names something newer.
func TestReplay(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		yesterday := f.document(text(acme), false, false)
		f.change(acme, nil, text(ada))
		f.with(func() { f.stored[text(acme)], f.floor = yesterday, int64(len(f.log)) })
		e := f.engine(t, local.Options{})
		e.Check(text(ada), text(acme), "report:read")
		pass(time.Minute)
		expect(t, "of yesterday", e.Check(text(ada), text(acme), "report:read"), false, local.Asked)
		f.with(func() { f.stored = map[string][]byte{} })
		pass(6 * time.Second)
		expect(t, "of today", e.Check(text(ada), text(acme), "report:read"), false, local.Decided)
		// The same when the engine fetches again because something is missing.
		f.with(func() { f.stored[text(acme)] = yesterday; f.lag[text(acme)] = 0 })
		f.with(func() {
			f.append(snapshot.EventReload, text(acme), snapshot.Reload{Organization: text(acme), To: f.orgs[text(acme)].revision + 10})
		})
		pass(31 * time.Second)
		expect(t, "without the new one", e.Check(text(ada), text(acme), "report:read"), false, local.StaleReason)
		expect(t, "nobody else is concerned", e.Check(text(ada), text(labs), "report:read"), false, local.Asked)
		pass(2 * time.Second)
		expect(t, "nobody else is concerned", e.Check(text(ada), text(labs), "report:read"), true, local.Decided)
	})
}

// A document may be a minute old: the feed continues from it, and its old state never decides.
func TestOldDocument(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		inBubbleNamed(t, quiet, func(t *testing.T, f *fake) {
			f.quiet = quiet
			f.stored[text(acme)] = f.document(text(acme), false, false)
			e := f.engine(t, local.Options{})
			f.change(acme, map[string][]string{text(eve): {"organization-clerk"}})
			f.change(acme, nil, text(ada))
			pass(6 * time.Second)
			e.Check(text(ada), text(acme), "report:read")
			pass(time.Second)
			expect(t, "led on", e.Check(text(ada), text(acme), "report:read"), false, local.Decided)
			expect(t, "led on", e.Check(text(eve), text(acme), "report:read"), true, local.Decided)
			f.change(acme, map[string][]string{text(ada): {"organization-clerk"}})
			pass(0)
			expect(t, "and on", e.Check(text(ada), text(acme), "report:read"), true, local.Decided)
		})
	}
}

func inBubbleNamed(t *testing.T, quiet bool, test func(t *testing.T, f *fake)) {
	name := "named"
	if quiet {
		name = "unnamed"
	}
	t.Run(name, func(t *testing.T) { inBubble(t, test) })
}

// Events that arrive twice, late or in the wrong order still lead to the state of the server.
func TestDisorder(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		f.with(func() { f.lag[text(acme)] = 1 })
		f.change(acme, nil, text(ada)) // held back
		f.change(acme, map[string][]string{text(eve): {"organization-clerk"}})
		pass(time.Second)
		expect(t, "with a gap", e.Check(text(ada), text(acme), "report:read"), false, local.Decided)
		expect(t, "with a gap", e.Check(text(eve), text(acme), "report:read"), true, local.Decided)
		documents := f.count("/organizations/" + text(acme) + "/snapshot")
		f.with(func() { f.lag = map[string]int{} }) // and now it comes
		pass(time.Second)
		f.with(func() { f.log = append(f.log, f.log[0], f.log[1]); f.log[2].seq, f.log[3].seq = 3, 4 }) // and again
		pass(time.Second)
		expect(t, "after all", e.Check(text(ada), text(acme), "report:read"), false, local.Decided)
		expect(t, "after all", e.Check(text(eve), text(acme), "report:read"), true, local.Decided)
		if n := f.count("/organizations/" + text(acme) + "/snapshot"); n != documents {
			t.Errorf("%d documents for what was known", n-documents)
		}
	})
}

// A document of another server is refused even if the same key signed it. So is an address over which others could interfere.
func TestOtherServer(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := local.Open(ctx, f.client(), local.Options{Issuer: "https://staging.example"}); err == nil {
			t.Error("Open took the documents of another server")
		}
		for _, address := range []string{"http://roles.example", "ftp://127.0.0.1", "roles.example", ""} {
			c := f.client()
			c.BaseURL = address
			if _, err := local.Open(ctx, c, local.Options{}); err == nil {
				t.Errorf("Open took the address %q", address)
			}
		}
		for _, o := range []local.Options{{MaxStaleness: time.Second}, {MaxStaleness: time.Hour}, {Aliases: []string{"name"}}, {TrustedKeys: map[string]ed25519.PublicKey{"k": nil}}} {
			if _, err := local.Open(ctx, f.client(), o); err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Open took %+v: %v", o, err)
			}
		}
	})
}
