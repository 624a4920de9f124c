package org_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// secret is something that opens the account of its target to its maker: a password link, a token, a password that the
// maker typed, and what came of signing in with that.
type secret struct {
	kind          string // link, token, password, login (a token), session
	maker, target uuid.UUID
	email         string // of the target
	text          string
	limits        *tokenLimits         // of a token; nil: none
	allowance     map[uuid.UUID]rights // what the target may hold without its maker holding it; nil at first
}

func (s *secret) String() string { return s.kind + " of " + s.email }

// stillOpens tries whatever one person made for another, where it opens more than its maker held when it was made, or
// holds now. It must not work any more.
func stillOpens(kinds ...string) func(a *attempt, after *state) []string {
	return func(a *attempt, after *state) (bad []string) {
		a.secrets = slices.DeleteFunc(a.secrets, func(s *secret) bool {
			if !slices.Contains(kinds, s.kind) {
				return false
			}
			over, what := a.try(s, after)
			if what != "" {
				bad = append(bad, what)
			}
			return over
		})
		return bad
	}
}

// try reports whether a secret is over, and what it opens that it must not.
func (a *attempt) try(s *secret, after *state) (over bool, bad string) {
	target, maker := after.accounts[s.target], after.accounts[s.maker]
	if target == nil {
		return true, ""
	}
	if s.allowance == nil {
		s.allowance = map[uuid.UUID]rights{}
		for _, place := range after.places() {
			s.allowance[place] = target.in(place)
		}
	}
	more := s.beyond(target, maker, after)
	orphan := s.kind == "link" && (maker == nil || maker.suspended())
	if more == "" && !orphan {
		s.grow(target, maker, after)
		return false, ""
	}
	if !a.works(s) {
		return !orphan && !target.suspended(), ""
	}
	who := "someone deleted"
	if maker != nil {
		who = fmt.Sprintf("%s (%s)", maker.name, maker.status)
	}
	return false, fmt.Sprintf("%s still has the %s of %s, who may do %s", who, s.kind, target.name, more)
}

// beyond is what the target may do without the maker's making it possible.
func (s *secret) beyond(target, maker *acct, st *state) string {
	for _, place := range append([]uuid.UUID{uuid.Nil}, target.homes...) {
		allowed, mine := s.allowance[place], reach(maker, place)
		allowed[own] = allowed[own].or(s.allowance[uuid.Nil][own])
		bare := bareMember
		if place == uuid.Nil {
			bare = bareSite
		}
		for w, set := range target.in(place) {
			if more := set.minus(allowed[w]).minus(mine[w]).minus(bare[w]); more != set0 {
				return fmt.Sprintf("%v in %s, %s", more, st.label(place), whose[w])
			}
		}
	}
	return ""
}

// grow lets the target keep what it came to hold while the maker held it too.
func (s *secret) grow(target, maker *acct, st *state) {
	if maker == nil {
		return
	}
	for _, place := range st.places() {
		allowed, both, mine := s.allowance[place], target.in(place), reach(maker, place)
		for w := range allowed {
			allowed[w] = allowed[w].or(both[w].and(mine[w]))
		}
		s.allowance[place] = allowed
	}
}

// works reports whether a secret still opens what it did.
func (a *attempt) works(s *secret) bool {
	var err error
	switch s.kind {
	case "link":
		_, err = a.svc.OpenPasswordLink(a.ctx, s.text)
	case "token", "login":
		_, err = a.svc.TokenSubject(a.ctx, org.Request{}, s.text)
	case "password":
		_, err = a.svc.LoginToken(a.ctx, org.Request{}, s.email, s.text, "")
	case "session":
		data, found, failed := a.store.FindCtx(context.WithoutCancel(a.ctx), s.text)
		if failed != nil {
			a.t.Fatal(failed)
		}
		return found && len(data) > 0
	}
	return err == nil
}
