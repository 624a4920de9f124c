// Package guard keeps HTTP handlers behind permissions.
//
//	mux.Handle("POST /invoices/{id}/void", guard.Require(l, "invoice:void", who)(h))
//
// who returns the user and the organization of a request. The handler runs if the checker allows it. Otherwise the answer is
// 401 (no user), 403 (not allowed) or 503 with Retry-After (no decision at present).
package guard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rolecall.example/client"
)

// Checker decides. A [client.Client] asks the server; the engine of package client/local decides in this process. An error
// means that there is no decision.
type Checker interface {
	Permits(ctx context.Context, a client.Access) (allowed bool, err error)
}

// knower is a Checker that knows which permissions exist.
type knower interface {
	Knows(permission string) error
}

// Who returns the user who sent a request, and the organization that it is about. It must have authenticated the user; ok is
// false if there is none. The organization is "" for a permission that is about the site.
type Who func(r *http.Request) (user, organization string, ok bool)

// Option changes how Require decides or answers.
type Option func(*gate)

// Owner makes permissions on one's own objects count: of returns the id of the object's owner, or "".
func Owner(of func(r *http.Request) string) Option { return func(g *gate) { g.owner = of } }

// AtLeast makes a decision include a write: of returns the X-Rolecall-Revision of the server's answer to it, or "".
func AtLeast(of func(r *http.Request) string) Option { return func(g *gate) { g.atLeast = of } }

// Refuse replaces the answers to refused requests. status is 401, 403 or 503; Retry-After is set already.
func Refuse(answer func(w http.ResponseWriter, r *http.Request, status int)) Option {
	return func(g *gate) { g.refuse = answer }
}

// gate holds what Require was given.
type gate struct {
	checker    Checker
	permission string
	who        Who
	owner      func(*http.Request) string
	atLeast    func(*http.Request) string
	refuse     func(w http.ResponseWriter, r *http.Request, status int)
}

// Require returns middleware that lets requests through if their user has the permission, such as "invoice:void". It panics if
// the text is not a permission or the checker does not know it, so call it when the program starts.
func Require[P ~string](c Checker, permission P, who Who, options ...Option) func(http.Handler) http.Handler {
	if err := Known(c, string(permission)); err != nil {
		panic(err)
	}
	g := &gate{checker: c, permission: string(permission), who: who, refuse: plain}
	for _, o := range options {
		o(g)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if g.passes(w, r) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Known returns an error unless the text is a permission that the checker knows, as far as it can tell.
func Known(c Checker, permission string) error {
	if _, _, ok := (client.Access{Permission: permission}).Pair(); !ok {
		return fmt.Errorf("guard: %q is not a permission like invoice:void", permission)
	}
	if k, ok := c.(knower); ok {
		return k.Knows(permission)
	}
	return nil
}

// passes reports whether a request may go on. If not, it has answered the request.
func (g *gate) passes(w http.ResponseWriter, r *http.Request) bool {
	user, organization, ok := g.who(r)
	if !ok || user == "" {
		g.refuse(w, r, http.StatusUnauthorized)
		return false
	}
	a := client.Access{User: user, Organization: organization, Permission: g.permission}
	if g.owner != nil {
		a.Owner = g.owner(r)
	}
	if g.atLeast != nil {
		a.AtLeast = g.atLeast(r)
	}
	status, retryAfter := Decide(r.Context(), g.checker, a)
	if status == http.StatusOK {
		return true
	}
	if retryAfter > 0 {
		w.Header().Set("Retry-After", Seconds(retryAfter))
	}
	g.refuse(w, r, status)
	return false
}

func plain(w http.ResponseWriter, _ *http.Request, status int) {
	http.Error(w, http.StatusText(status), status)
}

// pause is the Retry-After if the error names none.
const pause = 2 * time.Second

// Decide returns 200 if access is allowed, 403 if it is not, and 503 with the time to wait if there is no decision. Use it for
// middleware of other frameworks.
func Decide(ctx context.Context, c Checker, a client.Access) (status int, retryAfter time.Duration) {
	allowed, err := c.Permits(ctx, a)
	switch {
	case err != nil:
		return http.StatusServiceUnavailable, after(err)
	case allowed:
		return http.StatusOK, 0
	default:
		return http.StatusForbidden, 0
	}
}

func after(err error) time.Duration {
	if e, ok := errors.AsType[*client.Error](err); ok && e.RetryAfter > 0 {
		return e.RetryAfter
	}
	return pause
}

// Seconds formats a duration for Retry-After, rounded up.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
