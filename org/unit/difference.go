package unit

import (
	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// turn is a permission that someone gains or loses by a change.
type turn struct {
	Permission rbac.Permission
	own        bool // on own things only
	Gained     bool
}

// Turns lists all that someone gains and loses in an organization, or on the site for uuid.Nil. What it lists for everyone's
// things it does not list again for one's own. Dry runs and suggestions count by it, so that they agree.
func (s Reader) Turns(before, after *rbac.Subject, orgID, owner uuid.UUID) []turn {
	var list []turn
	told := map[rbac.Permission]bool{}
	for _, own := range []bool{false, true} {
		o := rbac.Object{Org: orgID}
		if own {
			o.Owner = owner
		}
		for _, gained := range []bool{true, false} {
			from, to := before, after
			if !gained {
				from, to = after, before
			}
			for _, p := range s.Surplus(to, from, o) {
				if !told[p] {
					told[p] = true
					list = append(list, turn{p, own, gained})
				}
			}
		}
	}
	return list
}

// Surplus lists what a may do and b may not, on objects that can exist: those of a type that never belongs to an
// organization belong to none, whatever o says.
func (s Reader) Surplus(a, b *rbac.Subject, o rbac.Object) []rbac.Permission {
	var out []rbac.Permission
	for _, siteOnly := range []bool{false, true} {
		if siteOnly {
			o.Org = rbac.ID{}
		}
		for _, p := range a.Allowed(o).Minus(b.Allowed(o)) {
			if s.Catalog().SiteOnly(p.ResourceType) == siteOnly {
				out = append(out, p)
			}
		}
	}
	return out
}
