package rbac

import "slices"

// Role is a named list of permissions at the three levels. Make one with [Catalog.Compile] or take a built-in
// one from the catalog; it must not be changed afterwards.
type Role struct {
	Name        string
	DisplayName string // may be empty

	// A role held in an organization may carry site and user permissions too; they count like those of a role
	// held site-wide.
	Site, Organization, User []Permission

	BuiltIn   bool // set by Parse alone
	SiteScope bool // of a built-in role: it is held site-wide, not in an organization

	catalog  *Catalog
	compiled [levels]rights
}

// Permissions is the role's list at a level.
func (r *Role) Permissions(l Level) []Permission {
	switch l {
	case LevelSite:
		return r.Site
	case LevelOrganization:
		return r.Organization
	case LevelUser:
		return r.User
	}
	return nil
}

// Compile makes a custom role ready for use. It works on a copy, with sorted lists; the result never counts as
// built-in, whatever r says. Permissions that are not in the catalog stay in the lists but have no effect.
func (c *Catalog) Compile(r Role) *Role {
	r.BuiltIn, r.SiteScope = false, false
	return c.compile(r)
}

func (c *Catalog) compile(r Role) *Role {
	r.catalog = c
	for l, list := range []*[]Permission{&r.Site, &r.Organization, &r.User} {
		*list = slices.Clone(*list)
		SortPermissions(*list)
		r.compiled[l] = *c.newRights()
		for _, p := range *list {
			into := r.compiled[l].allow
			if p.Negate {
				into = r.compiled[l].deny
			}
			into.or(c.covers[p.pair()])
		}
	}
	return &r
}

func (c *Catalog) newRights() *rights {
	n := (len(c.pairs) + 63) / 64
	words := make(bitset, 2*n)
	return &rights{allow: words[:n], deny: words[n:]}
}
