package tenant

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/fold"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// RolePage returns the Roles that a filter selects, in its order. Errors as Roles.
func (s *Service) RolePage(ctx context.Context, subject *org.Actor, in org.Scope, f org.RoleFilter) (_ org.RolePage, err error) {
	defer org.Wrap(&err, "find roles of %s", in)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (p org.RolePage, err error) {
		h, err := readableScope(ctx, src, subject, in)
		if err != nil {
			return p, err
		}
		set, err := src.Roles(ctx, h.Org.ID)
		if err != nil {
			return p, err
		}
		if p.RoleList, err = roleList(ctx, src, subject, h); err != nil {
			return p, err
		}
		p.Total = len(p.Roles)
		wanted := newRoleMatch(src.Catalog(), h, f)
		p.Roles = slices.DeleteFunc(p.Roles, func(r org.Role) bool { return !wanted.fits(set.ByName[r.Name]) })
		if p.Count = len(p.Roles); f.Counts {
			counts, err := roleCounts(ctx, src, subject, h)
			if err != nil {
				return p, err
			}
			for i := range p.Roles {
				p.Roles[i].Members = counts[p.Roles[i].Name]
			}
		}
		p.Roles = partOf(p.Roles, f)
		return p, nil
	})
}

// partOf returns the part of a list that a filter asks for, in its order.
func partOf(roles []org.Role, f org.RoleFilter) []org.Role {
	if f.Sort != "" {
		slices.SortStableFunc(roles, func(x, y org.Role) int { return compareRoles(f.Sort, &x, &y) })
	}
	roles = roles[min(f.Offset, len(roles)):]
	if f.Limit > 0 {
		roles = roles[:min(f.Limit, len(roles))]
	}
	return roles
}

// compareRoles orders roles by a key, and by name where the key is equal.
func compareRoles(sort string, x, y *org.Role) (c int) {
	if x.BuiltIn != y.BuiltIn {
		if x.BuiltIn {
			return 1
		}
		return -1
	}
	byName := org.CompareNatural(x.Label(), y.Label())
	key, descending := strings.CutPrefix(sort, "-")
	switch key {
	case "members":
		c = cmp.Compare(x.Members, y.Members)
	case "updated_at":
		c = x.UpdatedAt.Compare(y.UpdatedAt)
	default:
		c = byName
	}
	if descending {
		c = -c
	}
	return cmp.Or(c, byName, strings.Compare(x.Name, y.Name))
}

// roleMatch is a filter prepared for matching many roles.
type roleMatch struct {
	org.RoleFilter
	levels []rbac.Level // that roles of the place have
	about  []int        // the numbers of the permissions that the query names
	allows int          // the number of the permission that is wanted, -1 for none that there is
}

func newRoleMatch(c *rbac.Catalog, h unit.RoleScope, f org.RoleFilter) roleMatch {
	m := roleMatch{RoleFilter: f, levels: []rbac.Level{rbac.LevelOrganization}, allows: -1}
	if h.Site() {
		m.levels = []rbac.Level{rbac.LevelSite, rbac.LevelUser}
	}
	if n, ok := c.Number(f.Allows); ok {
		m.allows = n
	}
	if m.Query = fold.Text(strings.TrimSpace(f.Query)); m.Query == "" {
		return m
	}
	for _, t := range c.Types() {
		for _, a := range t.Actions {
			p := rbac.Permission{ResourceType: t.Name, Action: a.Name}
			if n, ok := c.Number(p); ok && m.says(p.String(), c.Phrase(p), t.Label+" "+a.Label) {
				m.about = append(m.about, n)
			}
		}
	}
	return m
}

// says reports whether one of the texts contains the query.
func (m *roleMatch) says(texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(fold.Text(t), m.Query) })
}

// fits reports whether the filter selects a role.
func (m *roleMatch) fits(r *unit.SetRole) bool {
	switch {
	case m.Kind == org.RoleCustom && r.BuiltIn, m.Kind == org.RoleBuiltIn && !r.BuiltIn:
		return false
	case m.Allows != rbac.Permission{} && !m.allowedBy(r.Compiled):
		return false
	}
	return m.Query == "" || m.says(r.Name, r.DisplayName, r.Description) || m.named(r.Compiled)
}

// allowedBy reports whether a role allows what is wanted at a level where it does not deny it.
func (m *roleMatch) allowedBy(r *rbac.Role) bool {
	return slices.ContainsFunc(m.levels, func(l rbac.Level) bool {
		allow, deny := r.Bits(l)
		return has(allow, m.allows) && !has(deny, m.allows)
	})
}

// named reports whether a role allows or denies something that the query names.
func (m *roleMatch) named(r *rbac.Role) bool {
	return slices.ContainsFunc(m.levels, func(l rbac.Level) bool {
		allow, deny := r.Bits(l)
		return slices.ContainsFunc(m.about, func(n int) bool { return has(allow, n) || has(deny, n) })
	})
}

// has reports whether a set of numbers has one.
func has(set []uint64, n int) bool {
	return n >= 0 && n/64 < len(set) && set[n/64]>>(n%64)&1 == 1
}
