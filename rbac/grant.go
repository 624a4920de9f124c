package rbac

import "slices"

// CheckGrant returns those of perms that the subject must not grant at a level because it does not hold them there; nil
// means that it may grant all. To give or take a deny, the subject must hold the denied permission. To grant a wildcard,
// it must hold every pair that the wildcard covers there. A permission that is not in the catalog cannot be granted.
//
// To hold a permission is to be allowed it on an object without organization and owner (site), on an object of org
// without owner (organization; nothing is held in the zero organization), or on the subject's own object (user).
func (s *Subject) CheckGrant(l Level, org ID, perms []Permission) []Permission {
	var missing []Permission
	held := s.allowedAt(l, org)
	for _, p := range perms {
		if !held.covers(l, p) {
			missing = append(missing, p)
		}
	}
	return missing
}

// allowedAt returns what the subject holds at a level, as CheckGrant defines it.
func (s *Subject) allowedAt(l Level, org ID) Set {
	switch {
	case s == nil:
		return Set{}
	case l == LevelSite:
		return s.Allowed(Object{})
	case l == LevelOrganization && org != ID{}:
		return s.Allowed(Object{Org: org})
	case l == LevelUser:
		return s.Allowed(Object{Owner: s.id})
	}
	return Set{}
}

// MayAssign reports whether the subject may give r to a user, or take it, in org (site-wide if org is zero). For a built-in
// role, the catalog's assignment map decides: the subject must hold, site-wide or in org, a built-in role that assigns r,
// and r must belong to that scope. For a custom role, the subject must hold all that it allows and denies; missing lists
// the rest. Permissions that are not in the catalog have no effect and are skipped. A subject with limits must also hold all
// that a built-in role has.
//
// Whether the subject may assign roles at all (assign, unassign) is a separate question for [Subject.Authorize].
func (s *Subject) MayAssign(r *Role, org ID) (ok bool, missing []Permission) {
	if s == nil || r == nil {
		return false, nil
	}
	s.catalog.mustOwn(r)
	if r.BuiltIn && (r.SiteScope != (org == ID{}) || !s.handsOut(r.Name, org)) {
		return false, nil
	}
	if r.BuiltIn && !s.Limited() { // otherwise the map gives more than the limits leave
		return true, nil
	}
	for l := range Level(levels) {
		missing = append(missing, s.CheckGrant(l, org, s.catalog.effective(r.Permissions(l)))...)
	}
	return len(missing) == 0, missing
}

// MayHandOut is MayAssign for subjects that a deny may affect: they must also hold all that a built-in role allows, so that
// no one gets around a deny through another account. Without a deny, the assignment map implies that.
func (s *Subject) MayHandOut(r *Role, org ID) (ok bool, missing []Permission) {
	ok, missing = s.MayAssign(r, org)
	if !ok || !r.BuiltIn {
		return ok, missing
	}
	for l := range Level(levels) {
		missing = append(missing, s.CheckGrant(l, org, r.Permissions(l))...)
	}
	return len(missing) == 0, missing
}

// handsOut reports whether a built-in role that the subject holds in org, or site-wide, assigns the role of that name.
func (s *Subject) handsOut(name string, org ID) bool {
	return slices.ContainsFunc(s.grants, func(g Grant) bool {
		here := (g.Org == ID{} || g.Org == org) && (s.only == nil || s.only[org])
		return here && g.Role.BuiltIn && slices.Contains(s.catalog.assigns[g.Role.Name], name)
	})
}

// effective leaves out permissions that are not in the catalog.
func (c *Catalog) effective(perms []Permission) []Permission {
	return slices.DeleteFunc(slices.Clone(perms), func(p Permission) bool {
		_, known := c.covers[p.pair()]
		return !known
	})
}

// AllowedIn returns the pairs that the subject is allowed on an object of the organization without an owner. For the zero
// organization it returns [Subject.AllowedSite].
func (s *Subject) AllowedIn(org ID) Set { return s.Allowed(Object{Org: org}) }

// AllowedSite returns the pairs that the subject's site permissions allow after their denies.
func (s *Subject) AllowedSite() Set { return s.Allowed(Object{}) }

// Allowed returns the pairs that the subject is allowed on an object with the organization and owner of o. The type of o
// is ignored.
func (s *Subject) Allowed(o Object) Set {
	if s == nil {
		return Set{}
	}
	set := Set{catalog: s.catalog, pairs: s.catalog.newRights().allow}
	var at reach
	at.find(s, &o)
	for _, i := range s.catalog.numbers {
		if at.allows(i) {
			set.pairs.set(i)
		}
	}
	return set
}

// AllowedOnJoining returns what Allowed would return once the subject has joined the organization of o without a role.
// Joining adds what every member may do, and the subject's denies still count.
func (s *Subject) AllowedOnJoining(o Object) Set {
	set := s.Allowed(o)
	if s == nil || o.Org == (ID{}) || s.InOrg(o.Org) {
		return set
	}
	bare := s.catalog.bareMember(o, s.id)
	joined := bare
	joined.rights[LevelSite] = s.site
	if o.Owner == s.id {
		joined.rights[LevelUser] = s.user
	}
	if s.Limited() {
		joined.limit(s, &o)
	}
	for _, i := range s.catalog.numbers {
		if bare.allows(i) && joined.allows(i) {
			set.pairs.set(i)
		}
	}
	return set
}

// bareMember returns what applies to o for a member of its organization who was given no role.
func (c *Catalog) bareMember(o Object, id ID) reach {
	var at reach
	at.find(c.NewSubject(id, []ID{o.Org}, nil), &o)
	return at
}

// Given returns the pairs that at least one of the roles, held alone in an organization, allows there on an object without
// an owner. Held together they allow no more: a role only adds to what the others allow, or denies it.
func (c *Catalog) Given(roles []*Role) Set {
	set := Set{catalog: c, pairs: c.newRights().allow}
	for _, r := range roles {
		r = c.ready(r)
		site, org := &r.compiled[LevelSite], &r.compiled[LevelOrganization]
		for i := range set.pairs {
			set.pairs[i] |= (site.allow[i] | org.allow[i]&^org.deny[i]) &^ site.deny[i]
		}
	}
	return set
}

// OrganizationRights returns the pairs that the roles, held together in org and without any other role, allow on an object
// of org without an owner. Their site permissions count.
func (c *Catalog) OrganizationRights(org ID, roles []*Role) Set {
	s := c.bareSubject(ID{})
	s.orgs[org] = c.newRights()
	for _, r := range roles {
		s.hold(Grant{Role: r, Org: org})
	}
	return s.AllowedIn(org)
}
