package rbac

import "slices"

// Limits restrict a subject to some of its rights. The zero Limits leave all of them.
type Limits struct {
	Pairs []Permission // allows, with [Wildcard] as an action for all of a type; nil: every pair
	Orgs  []ID         // nil: everywhere
}

// Limit returns the subject restricted to the limits: it may do what s may do, if the pair is one of Pairs and the object
// belongs to one of Orgs. With Orgs it may do nothing outside them except read its own account, so that it can tell who it
// is; asked about any organization, it answers only for these, and it belongs to no others. A list that is empty but not nil
// leaves nothing. The roles that the subject holds are listed unchanged.
//
// A nil Subject stays nil. Limits of a subject that has some already add up.
func (s *Subject) Limit(l Limits) *Subject {
	if s == nil {
		return nil
	}
	limited := *s
	if l.Pairs != nil {
		limited.pairs = s.catalog.covered(l.Pairs)
		if s.pairs != nil {
			limited.pairs.and(s.pairs)
		}
	}
	if l.Orgs != nil {
		limited.stayIn(l.Orgs)
	}
	if limited.only != nil {
		limited.own = s.catalog.covered([]Permission{{ResourceType: "user", Action: "read"}})
		if limited.pairs != nil {
			limited.own.and(limited.pairs)
		}
	}
	return &limited
}

// Limited reports whether the subject has limits.
func (s *Subject) Limited() bool { return s != nil && (s.only != nil || s.pairs != nil) }

// Cover reports whether these limits leave everything that others leave, for any subject and any catalog: an action
// by name does not cover all of a type, which may get more.
func (l Limits) Cover(o Limits) bool {
	pairs := l.Pairs == nil || o.Pairs != nil && !slices.ContainsFunc(o.Pairs, func(p Permission) bool {
		return !slices.ContainsFunc(l.Pairs, func(q Permission) bool { return q.covers(&p) })
	})
	return pairs && (l.Orgs == nil || o.Orgs != nil && !slices.ContainsFunc(o.Orgs, func(org ID) bool { return !slices.Contains(l.Orgs, org) }))
}

// covered returns the pairs that any of the permissions covers.
func (c *Catalog) covered(perms []Permission) bitset {
	pairs := c.newRights().allow
	for _, p := range perms {
		pairs.or(c.covers[p.pair()])
	}
	return pairs
}

// stayIn removes the subject from all but some organizations.
func (s *Subject) stayIn(orgs []ID) {
	was := *s
	s.only, s.orgs, s.few = make(map[ID]bool, len(orgs)), map[ID]*rights{}, nil
	s.someOrg = s.catalog.newRights()
	for _, org := range orgs {
		if org == (ID{}) || was.only != nil && !was.only[org] {
			continue
		}
		s.only[org] = true
		if r, ok := was.orgs[org]; ok {
			s.orgs[org] = r
			s.someOrg.addAllowed(r)
		}
	}
}

// limit removes from a reach what the subject's limits leave out.
func (at *reach) limit(s *Subject, o *Object) {
	at.left = s.pairs
	switch {
	case s.only == nil, o.AnyOrg && len(s.only) > 0, !o.AnyOrg && s.only[o.Org]:
	case !o.AnyOrg && o.Org == ID{} && o.Owner == s.id:
		at.left = s.own
	default:
		at.refuse()
	}
}

// refuse leaves nothing to any level.
func (at *reach) refuse() {
	for l := range at.rights {
		at.rights[l], at.why[l] = nil, OutOfReach
	}
}
