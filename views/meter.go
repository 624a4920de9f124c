package views

import (
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// counts are the numbers of pairs that a role allows and denies, and of all pairs.
type counts struct{ allowed, denied, total int }

func (n counts) plus(o counts) counts {
	return counts{n.allowed + o.allowed, n.denied + o.denied, n.total + o.total}
}

// sentence returns a text like "31 allowed, 3 denied".
func (n counts) sentence() string {
	switch {
	case n.denied == 0 && n.allowed == 0:
		return "no permissions"
	case n.denied == 0:
		return ui.Thousands(n.allowed) + " allowed"
	case n.allowed == 0:
		return ui.Thousands(n.denied) + " denied"
	default:
		return ui.Thousands(n.allowed) + " allowed, " + ui.Thousands(n.denied) + " denied"
	}
}

// countRole counts the pairs of a role at the levels that roles of its kind have, after wildcards.
func countRole(c *rbac.Catalog, r org.Role, ofSite bool) counts {
	role := c.Compile(*r.Rules())
	if !ofSite {
		return countAt(role, rbac.LevelOrganization)
	}
	return countAt(role, rbac.LevelSite).plus(countAt(role, rbac.LevelUser))
}

func countAt(r *rbac.Role, l rbac.Level, types ...string) (n counts) {
	n.allowed, n.denied, n.total = r.Counts(l, types...)
	return n
}
