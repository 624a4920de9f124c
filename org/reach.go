package org

import (
	"context"
	"iter"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// Whoever acts on another account must hold what it holds, or acting on it would be a way to come by more: who sets the
// password of an account, or makes a token for it, becomes that account. This file is the one measure of that; the use
// cases refuse by it, the pages grey by it, and what somebody made for an account ends by it.

// measure is how much of two accounts is compared.
type measure bool

const (
	// whole compares the site and every organization of the target.
	whole measure = true
	// siteOnly is for what takes power away: in an emergency that must not need the power itself.
	siteOnly measure = false
)

// excess is what an account is allowed in a place and another one is not. The place is an organization, or the site for
// uuid.Nil.
type excess struct {
	place uuid.UUID
	perms []rbac.Permission
}

// beyond yields what target is allowed and by is not, place by place, the site first. Each place is compared twice: on
// objects of no one, and on objects of one's own, each account with its own. Where by is no member it counts as a member
// without roles, since that is what every account is in some organization; where it is one, its denies count. A target
// that is suspended or never signed in counts by what it holds. The operator and oneself are not measured: neither
// becomes more by acting.
func beyond(by, target *Subject, m measure) iter.Seq[excess] {
	return func(yield func(excess) bool) {
		if by.operator || by.ID() == target.ID() {
			return
		}
		places := []rbac.ID{uuid.Nil}
		if m == whole {
			places = append(places, target.grants.Organizations()...)
		}
		for _, place := range places {
			perms := target.grants.Allowed(rbac.Object{Org: place}).Minus(by.grants.AllowedOnJoining(rbac.Object{Org: place}))
			if len(perms) == 0 {
				perms = target.grants.Allowed(rbac.Object{Org: place, Owner: target.ID()}).
					Minus(by.grants.AllowedOnJoining(rbac.Object{Org: place, Owner: by.ID()}))
			}
			if len(perms) > 0 && !yield(excess{place, perms}) {
				return
			}
		}
	}
}

// holdsAllOf reports whether by holds all that target holds.
func holdsAllOf(by, target *Subject) bool {
	for range beyond(by, target, whole) {
		return false
	}
	return true
}

// holdsMore says what target holds and by does not, for the end of a sentence; "" if there is nothing. It names
// permissions only of a place that by may read.
func (s source) holdsMore(ctx context.Context, by, target *Subject, m measure) (string, error) {
	hidden := false
	for more := range beyond(by, target, m) {
		if more.place == uuid.Nil {
			return some(more.perms), nil
		}
		if !by.Can("read", orgObject(more.place)) {
			hidden = true
			continue
		}
		org, err := s.q.GetOrganization(ctx, more.place)
		if err != nil {
			return "", err
		}
		return some(more.perms) + " in " + org.DisplayName, nil
	}
	if hidden {
		return "in an organization that you can't see", nil
	}
	return "", nil
}

// mayActOn refuses to act on an account that holds more than the caller. Forbidden: what it holds more.
func (c *change) mayActOn(user uuid.UUID, m measure) error {
	target, err := c.subject(c.ctx, user)
	if err != nil {
		return err
	}
	more, err := c.holdsMore(c.ctx, c.by, target, m)
	if err != nil || more == "" {
		return err
	}
	return &Error{Kind: Forbidden, Message: "Forbidden.",
		Detail: "You don't have permission to act on this account: it has permissions that you don't have, " + more + "."}
}
