package rbac

import "slices"

// Effect is what a permission in an organization's role changes for somebody who holds that role and no other, or why it
// changes nothing.
type Effect uint8

const (
	TakesEffect    Effect = iota // it changes what it says
	NotInCatalog                 // the catalog has no such pair
	SiteOnlyType                 // nothing of this type belongs to an organization
	DeniedForAll                 // the role denies the action on every type
	DeniedBeside                 // the role denies the very same pair
	AllowedForAll                // the role allows the action on every type
	EveryoneHas                  // every member may do it without the role
	EveryoneHasOwn               // every member may do it to what they own; the role widens it to everything
)

// anyone stands for the id of a member, and someplace for that of an organization, where neither makes a difference.
var anyone, someplace = ID{15: 1}, ID{15: 2}

// plain is what every member may do without being given a role.
type plain struct{ anything, own Set }

func (c *Catalog) plainMember() plain {
	s := c.NewSubject(anyone, []ID{someplace}, nil)
	return plain{s.Allowed(Object{Org: someplace}), s.Allowed(Object{Org: someplace, Owner: anyone})}
}

// Effect tells what p would change at a level of r, or changes if it is there already. A deny only ever repeats a deny of
// all types; an allow can be without effect for many reasons, and the strongest is told. The levels site and user apply
// wherever the holder is, so they are judged by the role alone.
func (c *Catalog) Effect(r *Role, l Level, p Permission) Effect {
	list := r.Permissions(l)
	all, opposite := p, p
	all.ResourceType, opposite.Negate = Wildcard, !p.Negate
	oppositeAll := opposite
	oppositeAll.ResourceType = Wildcard
	inOrganization := l == LevelOrganization && p.ResourceType != Wildcard
	switch {
	case !c.Valid(p.ResourceType, p.Action) && !r.BuiltIn:
		return NotInCatalog
	case inOrganization && c.SiteOnly(p.ResourceType):
		return SiteOnlyType
	case p.Negate:
		if p.ResourceType != Wildcard && slices.Contains(list, all) {
			return DeniedForAll
		}
		return TakesEffect
	case p.ResourceType != Wildcard && slices.Contains(list, oppositeAll):
		return DeniedForAll
	case slices.Contains(list, p) && slices.Contains(list, opposite):
		return DeniedBeside
	case p.ResourceType != Wildcard && slices.Contains(list, all):
		return AllowedForAll
	case inOrganization && c.plain.anything.Contains(p.ResourceType, p.Action):
		return EveryoneHas
	case inOrganization && c.plain.own.Contains(p.ResourceType, p.Action):
		return EveryoneHasOwn
	}
	return TakesEffect
}

// Counts is how many pairs the role allows and denies at a level, after wildcards and with a deny beating an allow, and how
// many pairs there are: of the named types, or of all if none is named. The role must be compiled, or built in.
func (r *Role) Counts(l Level, types ...string) (allowed, denied, pairs int) {
	at := &r.compiled[l]
	for i := range r.catalog.Pairs() {
		if len(types) > 0 && !slices.Contains(types, r.catalog.pairs[i].ResourceType) {
			continue
		}
		pairs++
		switch at.vote(i) {
		case 1:
			allowed++
		case -1:
			denied++
		}
	}
	return allowed, denied, pairs
}
