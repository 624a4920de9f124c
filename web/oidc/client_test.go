package oidc_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/web/oidc"
	"rolecall.example/web/oidc/oidctest"
)

// TestRotatedKeys: a key that is new is asked for, and one that there is not at most once a minute.
func TestRotatedKeys(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	if _, err := p.signIn(t); err != nil {
		t.Fatal(err)
	}
	p.clock.pass(2 * time.Minute)
	p.at.Rotate()
	if _, err := p.signIn(t); err != nil {
		t.Errorf("after a rotation: got %v", err)
	}
	before := p.at.Asked("/keys")
	p.at.Change(func(h, _ claims) { h["kid"] = "invented" })
	for range 5 {
		if _, err := p.signIn(t); org.KindOf(err) != org.Unauthenticated {
			t.Errorf("an invented key: got %v", err)
		}
	}
	if n := p.at.Asked("/keys"); n != before {
		t.Errorf("the keys were asked for %d times more within a minute", n-before)
	}
}

// TestDown: a provider that is away is told from one that lies, and is there again by itself.
func TestDown(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	for _, path := range []string{"/token", "/keys", "/userinfo"} {
		p.clock.pass(2 * time.Minute)
		p.at.Rotate() // so that the keys are needed
		p.at.Down(path, true)
		_, err := p.signIn(t)
		e, _ := errors.AsType[*org.Error](err)
		if e == nil || e.Kind != org.Unavailable || e.Message != "Okta can't be reached at the moment." || p.List()[0].Down.IsZero() {
			t.Errorf("without %s: got %v, %+v", path, err, p.List())
		}
		p.at.Down(path, false)
		p.clock.pass(10 * time.Second)
		if _, err := p.signIn(t); err != nil || !p.List()[0].Down.IsZero() {
			t.Errorf("with %s again: got %v", path, err)
		}
	}
}

// TestDiscovery: what a provider says of itself is not believed blindly, and bounded in size and time.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	huge := func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat(" ", 1<<16))
		for range 1 << 15 { // 2 GiB
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://192.0.2.1/.well-known/openid-configuration", http.StatusFound)
	}
	loop := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }
	for name, h := range map[string]http.HandlerFunc{"2 GiB": huge, "redirect to plain http": elsewhere, "redirects for ever": loop} {
		at := httptest.NewServer(h)
		list, err := read(t, `{"providers":[`+(&oidctest.Provider{Server: at}).Settings("okta", "")+`]}`)
		if err != nil {
			t.Fatal(err)
		}
		p, err := oidc.New(list, oidc.Options{AccessURL: &url.URL{Scheme: "https", Host: "roles.example.com"}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := p.Discover(t.Context()); err == nil || time.Since(began) > 8*time.Second {
			t.Errorf("%s: got %v after %s", name, err, time.Since(began))
		}
		if _, _, err := p.Begin(httptest.NewRequest(http.MethodGet, "/", nil), "okta", oidc.ModeLogin, "", false); org.KindOf(err) != org.Unavailable {
			t.Errorf("%s: a sign-in begins: %v", name, err)
		}
		at.Close()
	}
	at := oidctest.New(t, ada())
	for name, extra := range map[string]map[string]any{
		"another issuer":      {"issuer": "https://evil.example"},
		"plain token address": {"token_endpoint": "http://evil.example/token"},
		"plain keys":          {"jwks_uri": "http://evil.example/keys"},
		"no keys":             {"jwks_uri": ""},
		"script to sign out":  {"end_session_endpoint": "javascript:alert(1)"},
		"plain userinfo":      {"userinfo_endpoint": "http://evil.example/me"},
	} {
		at.Discovery(extra)
		list, err := read(t, `{"providers":[`+at.Settings("okta", "")+`]}`)
		if err != nil {
			t.Fatal(err)
		}
		p, err := oidc.New(list, oidc.Options{AccessURL: &url.URL{Scheme: "https", Host: "roles.example.com"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Discover(t.Context()); err == nil {
			t.Errorf("%s: believed", name)
		}
	}
}

// TestSecretsStay: a redirect takes neither the code nor the secret along.
func TestSecretsStay(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	reached := false
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer thief.Close()
	moved := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer moved.Close()
	for _, name := range []string{"token_endpoint", "userinfo_endpoint"} {
		p.at.Discovery(map[string]any{name: moved.URL})
		if err := p.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := p.signIn(t); err == nil || reached {
			t.Errorf("%s redirects: got %v, reached %v", name, err, reached)
		}
	}
}
