package unit

import (
	"context"
	"iter"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// A caller who acts on another account must hold what it holds, or acting on it would be a way to gain rights: setting the
// password of an account, or making a token for it, amounts to becoming that account. This file is the only measure of that. Use
// cases refuse by it, pages disable controls by it, and what others made for an account ends by it.

// Measure says how much of two accounts is compared.
type Measure bool

const (
	// Whole compares the site and every organization of the target.
	Whole Measure = true
	// SiteOnly is for what takes power away: in an emergency that must not require the same power.
	SiteOnly Measure = false
)

// excess is what an account is allowed in a place and another one is not. The place is an organization, or uuid.Nil for the
// site.
type excess struct {
	place uuid.UUID
	perms []rbac.Permission
}

// beyond yields what target is allowed and by is not, place by place, the site first. Each place is compared twice: on objects
// without an owner, and on objects that each account owns itself. Where by is not a member it counts as a member without roles,
// since every account is that in some organization; where it is one, its denies count. A target that is suspended or never
// signed in counts by what it holds. The operator, and an account acting on itself, are not measured: neither gains anything.
func beyond(by, target *org.Actor, m Measure) iter.Seq[excess] {
	return func(yield func(excess) bool) {
		if by.Operator || by.ID() == target.ID() {
			return
		}
		places := []rbac.ID{uuid.Nil}
		if m == Whole {
			places = append(places, target.Grants.Organizations()...)
		}
		for _, place := range places {
			perms := target.Grants.Allowed(rbac.Object{Org: place}).Minus(by.Grants.AllowedOnJoining(rbac.Object{Org: place}))
			if len(perms) == 0 {
				perms = target.Grants.Allowed(rbac.Object{Org: place, Owner: target.ID()}).
					Minus(by.Grants.AllowedOnJoining(rbac.Object{Org: place, Owner: by.ID()}))
			}
			if len(perms) > 0 && !yield(excess{place, perms}) {
				return
			}
		}
	}
}

// HoldsAllOf reports whether by holds all that target holds.
func HoldsAllOf(by, target *org.Actor) bool {
	for range beyond(by, target, Whole) {
		return false
	}
	return true
}

// HoldsMore says what target holds and by does not, for the end of a sentence; "" if there is nothing. It names
// permissions only for places that by may read.
func (s Reader) HoldsMore(ctx context.Context, by, target *org.Actor, m Measure) (string, error) {
	hidden := false
	for more := range beyond(by, target, m) {
		if more.place == uuid.Nil {
			return org.Summarize(more.perms), nil
		}
		if !by.Can("read", org.OrgObject(more.place)) {
			hidden = true
			continue
		}
		o, err := s.Q.GetOrganization(ctx, more.place)
		if err != nil {
			return "", err
		}
		return org.Summarize(more.perms) + " in " + o.DisplayName, nil
	}
	if hidden {
		return "in an organization that you can't see", nil
	}
	return "", nil
}

// MayActOn refuses to act on an account that holds more than the caller. Forbidden: the message says what more it holds.
func (a *Attempt) MayActOn(ctx context.Context, user uuid.UUID, m Measure) error {
	target, err := a.Subject(ctx, user)
	if err != nil {
		return err
	}
	more, err := a.HoldsMore(ctx, a.Actor, target, m)
	if err != nil || more == "" {
		return err
	}
	return &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
		Detail: "You don't have permission to act on this account: it has permissions that you don't have, " + more + "."}
}
