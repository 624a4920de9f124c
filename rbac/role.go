package rbac

import (
	"fmt"
	"slices"
)

// Role is a named list of permissions at each level. [Catalog.Compile] makes one ready for decisions; the built-in ones
// come from the catalog. A compiled role must not be changed.
type Role struct {
	Name        string
	DisplayName string // may be empty
	Description string // its purpose in one line; may be empty

	// Site and user permissions of a role held in an organization count like those of a role held site-wide.
	Site, Organization, User []Permission

	BuiltIn   bool // set by New only
	SiteScope bool // a built-in role that is held site-wide, not in an organization

	catalog  *Catalog
	compiled [levels]rights
}

// Permissions returns the list of a level.
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

// Compile returns a copy of r that is ready for decisions, with sorted lists. The copy is never built-in, even if r is.
// Permissions that are not in the catalog stay in the lists and have no effect. It panics on a role that was compiled for
// another catalog: use a [Migration] to translate its names.
func (c *Catalog) Compile(r Role) *Role {
	c.mustOwn(&r)
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
	r.compiled[LevelUser].only(c.owned)
	return &r
}

// ready returns a role of this catalog unchanged, and compiles one that never was.
func (c *Catalog) ready(r *Role) *Role {
	if c.mustOwn(r); r.catalog == nil {
		return c.Compile(*r)
	}
	return r
}

// same reports whether two catalogs have the same content, and with it the same numbers.
func (c *Catalog) same(o *Catalog) bool {
	return c == o || c != nil && o != nil && c.hash() == o.hash()
}

// mustOwn panics if the role was compiled for a catalog with different content. Its names may mean something else here, so
// compiling them could silently lose denies.
func (c *Catalog) mustOwn(r *Role) {
	if r.catalog != nil && !r.catalog.same(c) {
		panic(fmt.Sprintf("rbac: role %q belongs to another catalog", r.Name))
	}
}

func (c *Catalog) newRights() *rights {
	n := (len(c.pairs) + 63) / 64
	words := make(bitset, 2*n)
	return &rights{allow: words[:n], deny: words[n:]}
}
