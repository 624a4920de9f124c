package oidc_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"rolecall.example/org"
	"rolecall.example/web/oidc"
	"rolecall.example/web/oidc/oidctest"
)

// hanging asks a provider without a network, and never gets the answer of one path: no header, or nothing after it.
type hanging struct {
	at     *oidctest.Provider
	path   string
	header bool // comes
}

func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == h.path && !h.header {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	w := httptest.NewRecorder()
	h.at.Config.Handler.ServeHTTP(w, r)
	res := w.Result()
	if r.URL.Path == h.path {
		res.Body = endless{r}
	}
	return res, nil
}

// endless is a body that never comes.
type endless struct{ r *http.Request }

func (e endless) Read([]byte) (int, error) { <-e.r.Context().Done(); return 0, e.r.Context().Err() }

func (e endless) Close() error { return nil }

// TestSlow: a provider that takes a request and keeps the answer is told from one that lies, after 10 seconds, and is there
// again by itself.
func TestSlow(t *testing.T) {
	t.Parallel()
	at := oidctest.New(t, ada()) // outside, where time goes on
	for _, path := range []string{"/token", "/keys", "/userinfo"} {
		for _, header := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				at.Now = time.Now
				list, err := read(t, `{"providers":[`+at.Settings("okta", "")+`]}`)
				if err != nil {
					t.Fatal(err)
				}
				list[0].ClientSecret = oidctest.ClientSecret
				h := &hanging{at: at}
				access := &url.URL{Scheme: "https", Host: "roles.example.com"}
				p := &party{at: at}
				p.Providers, err = oidc.New(list, oidc.Options{AccessURL: access, Transport: h, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Discover(t.Context()); err != nil {
					t.Fatal(err)
				}
				signIn := func() error {
					where, cookie, err := p.Begin(httptest.NewRequest(http.MethodGet, "/", nil), "okta", oidc.ModeLogin, "", false)
					if err != nil {
						return err
					}
					w := httptest.NewRecorder()
					at.Config.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, where, nil))
					back, err := w.Result().Location()
					if err != nil {
						return err
					}
					_, err = p.finish(t, "okta", cookie, back.Query())
					return err
				}
				h.path, h.header = path, header
				began := time.Now()
				err = signIn()
				took := time.Since(began)
				synctest.Wait() // the request for keys ends beside the sign-in
				e, _ := errors.AsType[*org.Error](err)
				if e == nil || e.Kind != org.Unavailable || took != 10*time.Second || p.List()[0].Down.IsZero() {
					t.Errorf("%s, header %v: got %v after %s, %+v", path, header, err, took, p.List())
				}
				h.path = ""
				<-time.After(10 * time.Second)
				if err := signIn(); err != nil || !p.List()[0].Down.IsZero() {
					t.Errorf("%s, header %v, in time again: got %v, %+v", path, header, err, p.List())
				}
			})
		}
	}
}

// TestGivenUp: a browser that goes away in the middle says nothing of the provider.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	at := oidctest.New(t, ada())
	synctest.Test(t, func(t *testing.T) {
		list, err := read(t, `{"providers":[`+at.Settings("okta", "")+`]}`)
		if err != nil {
			t.Fatal(err)
		}
		p, err := oidc.New(list, oidc.Options{
			AccessURL: &url.URL{Scheme: "https", Host: "roles.example.com"}, Transport: &hanging{at: at, path: "/token"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		where, cookie, err := p.Begin(httptest.NewRequest(http.MethodGet, "/", nil), "okta", oidc.ModeLogin, "", false)
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(where)
		back := url.Values{"code": {"x"}, "state": {u.Query().Get("state")}}
		r := httptest.NewRequest(http.MethodGet, "/login/oidc/okta/callback?"+back.Encode(), nil)
		r.AddCookie(cookie)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := p.Finish(ctx, r, "okta", false); err == nil || !p.List()[0].Down.IsZero() {
			t.Errorf("got %v, %+v", err, p.List())
		}
	})
}
