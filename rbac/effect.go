package rbac

import "slices"

// Effect says whether a permission in an organization's role changes anything for a member who holds only that role, and
// why not.
type Effect uint8

const (
	TakesEffect    Effect = iota // it has an effect
	NotInCatalog                 // the catalog has no such pair
	SiteOnlyType                 // no object of this type belongs to an organization
	DeniedForAll                 // the role denies the action on every type
	DeniedBeside                 // the role denies the same pair
	AllowedForAll                // the role allows the action on every type
	EveryoneHas                  // every member may do it without the role
	EveryoneHasOwn               // every member may do it to their own objects; the role extends it to all
	NobodyOwns                   // at the level user: objects of this type belong to no user
)

// anyone and someplace are ids of a member and an organization for questions that depend on neither.
var anyone, someplace = ID{15: 1}, ID{15: 2}

// plain is what every member may do without a role of their own: to any object, and to their own objects.
type plain struct{ anything, own Set }

func (c *Catalog) plainMember() plain {
	s := c.NewSubject(anyone, []ID{someplace}, nil)
	return plain{s.Allowed(Object{Org: someplace}), s.Allowed(Object{Org: someplace, Owner: anyone})}
}

// Effect returns whether p has an effect at a level of r, whether it is already in the list or not, and the strongest reason why
// it has none. A deny has none only if the role denies all types. At the levels site and user, which apply everywhere,
// only the role is considered.
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
	case l == LevelUser && p.ResourceType != Wildcard && !c.Owned(p.ResourceType):
		return NobodyOwns
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

// Counts returns how many pairs the role allows and denies at a level, with wildcards resolved and denies beating allows,
// and how many pairs there are. It counts the pairs of the named types, or of all types if none is named. The role must be
// compiled or built in.
func (r *Role) Counts(l Level, types ...string) (allowed, denied, pairs int) {
	at := &r.compiled[l]
	for _, i := range r.catalog.numbers {
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
