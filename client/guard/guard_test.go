package guard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/client/guard"
)

// checker allows what it is told to, and records what it was asked.
type checker struct {
	allowed bool
	err     error
	asked   client.Access
}

func (c *checker) Permits(_ context.Context, a client.Access) (bool, error) {
	c.asked = a
	return c.allowed, c.err
}

func (c *checker) Knows(permission string) error {
	if permission != "invoice:void" {
		return fmt.Errorf("no permission %q", permission)
	}
	return nil
}

func who(r *http.Request) (user, organization string, ok bool) {
	user, ok = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return user, r.PathValue("organization"), ok
}

var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

func serve(h http.Handler, user string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	mux.Handle("POST /{organization}/invoices/{id}/void", h)
	r := httptest.NewRequest(http.MethodPost, "/acme/invoices/7/void", nil)
	if user != "-" {
		r.Header.Set("Authorization", "Bearer "+user)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

// TestRequire checks what a guard answers.
func TestRequire(t *testing.T) {
	t.Parallel()
	busy := &client.Error{Status: http.StatusTooManyRequests, RetryAfter: 1500 * time.Millisecond}
	tests := []struct {
		name, user, retry string
		checker           checker
		status            int
	}{
		{"allowed", "ada", "", checker{allowed: true}, http.StatusNoContent},
		{"denied", "ada", "", checker{}, http.StatusForbidden},
		{"nobody", "-", "", checker{allowed: true}, http.StatusUnauthorized},
		{"a user without a name", "", "", checker{allowed: true}, http.StatusUnauthorized},
		{"no decision", "ada", "2", checker{allowed: true, err: errors.New("cut off")}, http.StatusServiceUnavailable},
		{"no decision for a while", "ada", "2", checker{err: busy}, http.StatusServiceUnavailable},
	}
	for _, tt := range tests {
		w := serve(guard.Require(&tt.checker, "invoice:void", who)(ok), tt.user)
		if w.Code != tt.status || w.Header().Get("Retry-After") != tt.retry {
			t.Errorf("%s: %d, Retry-After %q; want %d, %q", tt.name, w.Code, w.Header().Get("Retry-After"), tt.status, tt.retry)
		}
	}
}

// Options add to the question, and replace the answer.
func TestOptions(t *testing.T) {
	t.Parallel()
	c := &checker{}
	refused := 0
	h := guard.Require(c, "invoice:void", who,
		guard.Owner(func(r *http.Request) string { return "owner of " + r.PathValue("id") }),
		guard.AtLeast(func(*http.Request) string { return "acme@5" }),
		guard.Refuse(func(w http.ResponseWriter, _ *http.Request, status int) {
			refused = status
			w.WriteHeader(http.StatusTeapot)
		}))
	w := serve(h(ok), "ada")
	want := client.Access{User: "ada", Organization: "acme", Permission: "invoice:void", Owner: "owner of 7", AtLeast: "acme@5"}
	if c.asked != want || w.Code != http.StatusTeapot || refused != http.StatusForbidden {
		t.Errorf("asked %+v, answered %d, refused with %d", c.asked, w.Code, refused)
	}
}

// A text that is no permission panics when the program starts.
func TestRequirePanics(t *testing.T) {
	t.Parallel()
	for _, permission := range []string{"", "void", "invoice:", ":void", "a:b:c", "invoice:viod"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was taken", permission)
				}
			}()
			guard.Require(&checker{}, permission, who)
		}()
	}
}

// A client asks the server. Silence, refusals and strange answers of the server allow nothing.
func TestClientIsAChecker(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		body   string
		want   int
	}{
		{200, `{"it":true}`, 204},
		{200, `{"it":false}`, 403},
		{200, `{"it":false,"errors":{"it":{"code":"not_found","message":"-"}}}`, 403},
		{200, `{"it":true,"errors":{"it":{"code":"suspended","message":"-"}}}`, 403},
		{200, `{}`, 503},
		{200, `{"it":"true"}`, 503},
		{200, `<html>`, 503},
		{401, `{"message":"-"}`, 503},
		{403, `{"message":"-"}`, 503},
		{429, `{"message":"-"}`, 503},
		{500, ``, 503},
	}
	for _, tt := range tests {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		}))
		h := guard.Require(&client.Client{BaseURL: server.URL}, "invoice:void", who)(ok)
		if w := serve(h, "ada"); w.Code != tt.want {
			t.Errorf("the server says %d %s: %d, want %d", tt.status, tt.body, w.Code, tt.want)
		}
		server.Close()
		if w := serve(h, "ada"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("the server is away: %d", w.Code)
		}
	}
}
