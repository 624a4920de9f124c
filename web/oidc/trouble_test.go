package oidc_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"rolecall.example/web/oidc"
	"rolecall.example/web/oidc/oidctest"
)

// TestTrouble: what is wrong with a provider is told in words, without what it wrote, and is gone once it is well.
func TestTrouble(t *testing.T) {
	t.Parallel()
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for want, h := range map[string]http.HandlerFunc{
		"Nothing answers at its address.":                                nil,
		"It answers 404 Not Found.":                                      text(http.StatusNotFound, "<h1>secret</h1>"),
		"It answers 503 Service Unavailable.":                            text(http.StatusServiceUnavailable, "secret"),
		"It calls itself by another issuer than the settings do.":        text(http.StatusOK, `{"issuer":"https://secret.example"}`),
		"What it says of itself can't be used; the log has the details.": text(http.StatusOK, `secret`),
	} {
		at := httptest.NewServer(h)
		if h == nil {
			at.Close()
		}
		list, err := read(t, `{"providers":[`+(&oidctest.Provider{Server: at}).Settings("okta", "")+`]}`)
		if err != nil {
			t.Fatal(err)
		}
		p, err := oidc.New(list, oidc.Options{AccessURL: &url.URL{Scheme: "https", Host: "roles.example.com"}})
		if err != nil {
			t.Fatal(err)
		}
		if p.List()[0].Trouble != "" {
			t.Error("there is trouble before it was asked")
		}
		if err := p.Discover(t.Context()); err == nil || p.List()[0].Trouble != want || p.List()[0].Ready {
			t.Errorf("got %+v, %v, want %q", p.List()[0], err, want)
		}
		at.Close()
	}
	p := newParty(t, "")
	p.at.Down("/.well-known/openid-configuration", true)
	_ = p.Discover(t.Context())
	if p.List()[0].Trouble == "" {
		t.Error("no trouble while it is away")
	}
	p.at.Down("/.well-known/openid-configuration", false)
	if err := p.Discover(t.Context()); err != nil || p.List()[0].Trouble != "" {
		t.Errorf("it is well again, and %+v, %v", p.List()[0], err)
	}
}
