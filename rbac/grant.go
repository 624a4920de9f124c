package rbac

import "slices"

// CheckGrant lists those of perms that the subject must not grant at a level, because it does not hold them
// there itself: nobody grants what they do not hold. Nil means that all is well. Giving or taking a deny needs
// the denied permission held. A wildcard needs every pair it covers. A permission that the catalog does not know
// can not be granted; callers decide what to do with a stored one.
//
// Held means allowed on an object without organization and owner (site), on one of org without owner
// (organization; nobody holds anything in the zero organization), or on one that the subject owns (user).
func (s *Subject) CheckGrant(l Level, org ID, perms []Permission) []Permission {
	var missing []Permission
	held := s.allowedAt(l, org)
	for _, p := range perms {
		if !held.covers(p) {
			missing = append(missing, p)
		}
	}
	return missing
}

// allowedAt is what the subject is allowed at the scope of a level.
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

// MayAssign reports whether the subject may give r to somebody, or take it, in org (site-wide when org is zero).
// For a built-in role the catalog's map decides: the subject must hold, site-wide or in org, a built-in role
// whose holders hand out r; and r must belong at that scope. A custom role needs all that it allows and denies
// held; missing says what is not. Permissions that are not in the catalog have no effect and are skipped.
//
// The right to assign roles at all (assign, unassign) is a question of its own and not asked here.
func (s *Subject) MayAssign(r *Role, org ID) (ok bool, missing []Permission) {
	if s == nil || r == nil {
		return false, nil
	}
	if r.BuiltIn {
		return r.SiteScope == (org == ID{}) && s.handsOut(r.Name, org), nil
	}
	for l := range Level(levels) {
		missing = append(missing, s.CheckGrant(l, org, s.catalog.effective(r.Permissions(l)))...)
	}
	return len(missing) == 0, missing
}

// MayHandOut is MayAssign for a subject that may be under a deny: a built-in role must be held like any other too, so that
// nobody shakes off a deny by way of somebody else. Whoever is under no deny holds all that the map lets it hand out.
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

// handsOut asks the map: does any built-in role that the subject holds here hand out the role of that name?
func (s *Subject) handsOut(name string, org ID) bool {
	return slices.ContainsFunc(s.grants, func(g Grant) bool {
		here := g.Org == ID{} || g.Org == org
		return here && g.Role.BuiltIn && slices.Contains(s.catalog.assigns[g.Role.Name], name)
	})
}

// effective leaves out the permissions that the catalog does not know.
func (c *Catalog) effective(perms []Permission) []Permission {
	return slices.DeleteFunc(slices.Clone(perms), func(p Permission) bool {
		_, known := c.covers[p.pair()]
		return !known
	})
}

// AllowedIn is what the subject may do to an object of the organization that nobody owns. For the zero
// organization it is [Subject.AllowedSite].
func (s *Subject) AllowedIn(org ID) Set { return s.Allowed(Object{Org: org}) }

// AllowedSite is what the subject's site permissions allow, after their denies.
func (s *Subject) AllowedSite() Set { return s.Allowed(Object{}) }

// Allowed is every pair that the subject is allowed on an object of that organization and owner; the type in o is not
// looked at.
func (s *Subject) Allowed(o Object) Set {
	if s == nil {
		return Set{}
	}
	set := Set{catalog: s.catalog, pairs: s.catalog.newRights().allow}
	var at reach
	at.find(s, &o)
	for i := range s.catalog.pairs {
		if at.allows(i) {
			set.pairs.set(i)
		}
	}
	return set
}

// AllowedOnJoining is Allowed for a subject that joins the organization of o, without a role there, if it does not belong
// to it yet. Joining adds what such a member may do and nothing more, and sets none of the subject's own denies aside.
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
	for i := range s.catalog.pairs {
		if bare.allows(i) && joined.allows(i) {
			set.pairs.set(i)
		}
	}
	return set
}

// bareMember is what has a say about o when somebody without roles asks who belongs to its organization.
func (c *Catalog) bareMember(o Object, id ID) reach {
	var at reach
	at.find(c.NewSubject(id, []ID{o.Org}, nil), &o)
	return at
}

// Given is every pair that at least one of these roles, held alone in an organization, allows there on an object that
// nobody owns. Held together they allow no more, since a role can only add to what others give, or deny it.
func (c *Catalog) Given(roles []*Role) Set {
	set := Set{catalog: c, pairs: c.newRights().allow}
	for _, r := range roles {
		if r.catalog != c { // never compiled, or for another product
			r = c.Compile(*r)
		}
		site, org := &r.compiled[LevelSite], &r.compiled[LevelOrganization]
		for i := range set.pairs {
			set.pairs[i] |= (site.allow[i] | org.allow[i]&^org.deny[i]) &^ site.deny[i]
		}
	}
	return set
}

// OrganizationRights is what these roles, held in org by somebody who holds nothing else, allow on an object of
// org that nobody owns. Site permissions that they carry are part of it.
func (c *Catalog) OrganizationRights(org ID, roles []*Role) Set {
	s := c.bareSubject(ID{})
	s.orgs[org] = c.newRights()
	for _, r := range roles {
		s.hold(Grant{Role: r, Org: org})
	}
	return s.AllowedIn(org)
}
