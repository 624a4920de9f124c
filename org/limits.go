package org

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// Limits restrict the rights that an API token has from its account. The zero Limits restrict nothing. They never change
// once the token is made.
type Limits struct {
	Decides       bool              // it may ask for decisions, and reaches nothing else
	Pairs         []rbac.Permission // allows, an action perhaps "*", as they were meant under Catalog; nil: every pair
	Catalog       int64             // the version of the catalog that Pairs were written under
	Organizations []uuid.UUID       // sorted; nil: everywhere
}

// Any reports whether there are limits.
func (l *Limits) Any() bool { return l.Decides || l.Pairs != nil || l.Organizations != nil }

// engine returns the limits in the form that the engine takes, with the pairs as they are meant under the catalog in force.
func (l *Limits) engine(pairs []rbac.Permission) (e rbac.Limits) {
	e.Pairs = pairs
	if l.Organizations != nil {
		e.Orgs = make([]rbac.ID, len(l.Organizations))
		for i, id := range l.Organizations {
			e.Orgs[i] = id
		}
	}
	return e
}

// Limits returns the limits of the token that the caller used. [Actor.Can] applies them: what the token does not allow looks
// as if the account may not do it.
func (s *Actor) Limits() Limits { return s.limits }

// Limit restricts the caller to the limits of its token. pairs are those of the limits as they are meant under the caller's
// catalog. It changes the caller's key, so that nothing is cached for both the limited and the unlimited caller.
func (s *Actor) Limit(l Limits, pairs []rbac.Permission) {
	if !l.Any() {
		return
	}
	h := sha256.New()
	h.Write(s.Key[:])
	fmt.Fprintln(h, l.Decides, l.Pairs == nil, pairs, l.Organizations == nil, l.Organizations)
	h.Sum(s.Key[:0])
	s.limits, s.within = l, l.engine(pairs)
	s.Grants = s.Grants.Limit(s.within)
}

// LimitedAs returns target, restricted by the caller's token if it is the caller's own account.
func (s *Actor) LimitedAs(target *Actor) *Actor {
	if target.ID() != s.ID() || !s.limits.Any() {
		return target
	}
	with := *target
	with.Grants = target.Grants.Limit(s.within)
	return &with
}

// Wider says what new limits allow that those of the caller do not, "" if there is nothing: no one makes a token that can do
// more than the one that the request came with.
func (s *Actor) Wider(l Limits) string {
	e := l.engine(l.Pairs)
	switch {
	case !s.limits.Any(), s.limits.Decides && l.Decides && s.within.Cover(e):
		return ""
	case s.limits.Decides:
		return "everything but decisions"
	case !s.within.Cover(rbac.Limits{Pairs: e.Pairs, Orgs: s.within.Orgs}):
		if e.Pairs == nil {
			return "every permission"
		}
		missing := slices.DeleteFunc(slices.Clone(e.Pairs), func(p rbac.Permission) bool {
			return s.within.Cover(rbac.Limits{Pairs: []rbac.Permission{p}, Orgs: s.within.Orgs})
		})
		return strings.Join(ScopeNames(missing), ", ")
	case !s.within.Cover(rbac.Limits{Pairs: e.Pairs, Orgs: e.Orgs}):
		return "other organizations"
	}
	return ""
}

// ScopeNames returns permissions as scopes of a token.
func ScopeNames(pairs []rbac.Permission) []string {
	names := make([]string, len(pairs))
	for i, p := range pairs {
		names[i] = p.String()
	}
	return names
}
