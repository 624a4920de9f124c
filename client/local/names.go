package local

import (
	"maps"
	"slices"

	"rolecall.example/rbac"
)

// names finds permissions of a catalog by their current or former names.
type names struct {
	catalog *rbac.Catalog
	pairs   map[string]pair
}

// pair is a permission of the catalog.
type pair struct {
	number          int
	siteOnly, owned bool
}

// namesOf lists the permissions of a catalog.
func namesOf(c *rbac.Catalog) *names {
	n := &names{catalog: c, pairs: map[string]pair{}}
	for i := range c.Document().Numbers {
		if p, ok := c.Numbered(i); ok {
			n.pairs[p.String()] = pair{number: i, siteOnly: c.SiteOnly(p.ResourceType), owned: c.Owned(p.ResourceType)}
		}
	}
	for name := range n.former() {
		if now, ok := c.Present(name); ok {
			if _, taken := n.pairs[name.String()]; !taken {
				n.pairs[name.String()] = n.pairs[now.String()]
			}
		}
	}
	return n
}

// former yields the names that pairs have or may have had, from the former names of their types and actions.
func (n *names) former() func(yield func(rbac.Permission) bool) {
	d := n.catalog.Document()
	shared := map[string][]string{}
	for _, a := range d.Actions {
		shared[a.Name] = a.RenamedFrom
	}
	return func(yield func(rbac.Permission) bool) {
		for i := range d.Types {
			t := &d.Types[i]
			for _, of := range append([]string{t.Name}, t.RenamedFrom...) {
				for j := range t.Actions {
					a := &t.Actions[j]
					for _, action := range slices.Concat([]string{a.Name}, a.RenamedFrom, shared[a.Name]) {
						if !yield(rbac.Permission{ResourceType: of, Action: action}) {
							return
						}
					}
				}
			}
		}
	}
}

// nearest says which permission was probably meant.
func (n *names) nearest(permission string) string {
	if word := rbac.Nearest(permission, slices.Sorted(maps.Keys(n.pairs))); word != "" {
		return " (did you mean " + word + "?)"
	}
	return ""
}
