package org_test

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// tokenLimits is what a token of the walk is limited to, as it was asked for.
type tokenLimits struct {
	pairs  set
	within []uuid.UUID // nil: everywhere
}

// cut is what the limits leave of rights in a place. Of the site a token for organizations may read its own account alone.
func (l *tokenLimits) cut(r rights, place uuid.UUID) rights {
	for w := range r {
		r[w] = r[w].and(l.pairs)
	}
	if l.within == nil || slices.Contains(l.within, place) {
		return r
	}
	self := rights{}
	if place == uuid.Nil {
		self[own] = r[own].and(pairsOf(perm("user:read")))
	}
	return self
}

// cover reports whether these limits leave all that others leave.
func (l *tokenLimits) cover(o *tokenLimits) bool {
	if o == nil || o.pairs.minus(l.pairs) != set0 {
		return false
	}
	return l.within == nil || o.within != nil && !slices.ContainsFunc(o.within, func(id uuid.UUID) bool { return !slices.Contains(l.within, id) })
}

// pairsOf is the pairs of the catalog that some permissions are about.
func pairsOf(list ...rbac.Permission) (s set) {
	for i, p := range pairs() {
		for _, q := range list {
			if q.ResourceType == p.ResourceType && (q.Action == p.Action || q.Action == rbac.Wildcard) {
				s.put(i)
			}
		}
	}
	return s
}

// limited is an account as a token with limits makes it.
func (a *acct) limited(l *tokenLimits) *acct {
	with := *a
	with.limits, with.rights = l, map[uuid.UUID]rights{}
	return &with
}

// limitedToken makes a token with limits: mostly one's own, and mostly one that can do something.
func (a *attempt) limitedToken() error {
	user := a.before.accounts[a.actor.id]
	if a.rng.IntN(4) == 0 {
		user = a.target()
		a.acted = user.id
	}
	list := append(few(a.rng, walkPermissions, 8), a.kindOfLimit()...)
	list = slices.DeleteFunc(list, func(p rbac.Permission) bool { return p.ResourceType == rbac.Wildcard })
	in, limits := org.TokenInput{}, &tokenLimits{pairs: pairsOf(list...)}
	for _, p := range list {
		in.Scopes = append(in.Scopes, p.ResourceType+":"+p.Action)
	}
	if a.rng.IntN(2) == 0 {
		for _, id := range []uuid.UUID{home, beta}[:1+a.rng.IntN(2)] {
			in.Organizations, limits.within = append(in.Organizations, id.String()), append(limits.within, id)
		}
	}
	if len(list) == 0 {
		return nil
	}
	a.say("makes a token of %s for %s in %v", user.name, strings.Join(in.Scopes, " "), in.Organizations)
	text, _, err := a.svc.CreateToken(a.ctx, a.by, user.name, given(in))
	if err != nil {
		return err
	}
	a.mustCover(limits)
	token := a.secret("token", a.maker(user.id), user, text)
	token.limits = limits
	a.keeps(token)
	a.narrow = append(a.narrow, token)
	return nil
}

// kindOfLimit is permissions that steps need together.
func (a *attempt) kindOfLimit() []rbac.Permission {
	return pick(a.rng, [][]rbac.Permission{
		nil,
		perms("assign_org_role:*", "organization:read", "organization_member:read", "template:read"),
		perms("organization:read", "organization_member:*", "assign_org_role:assign", "user:read"),
		perms("organization:read", "assign_org_role:*", "template:*", "workspace:*", "organization_member:*", "user:read"),
		perms("user:*", "assign_role:*", "api_key:create", "api_key:read"),
	})
}

// mustCover fails the walk if a token with limits has made one that reaches more. nil: it has none.
func (a *attempt) mustCover(made *tokenLimits) {
	if a.via != nil && a.via.limits != nil && !a.via.limits.cover(made) {
		a.t.Errorf("%s %s: by a token that is limited to %v in %v", a.who(), a.what, a.via.limits.pairs, a.via.limits.within)
	}
}
