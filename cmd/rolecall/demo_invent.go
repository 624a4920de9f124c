package main

import (
	"fmt"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// mille are the shares of roles in the order in which they are named: a few are common, most are rare. So pages and
// searches are tried on a distribution like that of real companies.
var mille = []int{150, 90, 80, 60, 40, 18, 15, 10, 6, 5, 4}

// shares gives each of the roles its share, starting at index first of mille.
func shares(first int, names ...string) (mix []share) {
	for i, name := range names {
		mix = append(mix, share{name, mille[min(first+i, len(mille)-1)]})
	}
	return mix
}

// invent makes the cast for an unknown catalog: from its samples or, if it has none, from its areas. The built-in roles
// are held too.
func invent(c *rbac.Catalog) cast {
	var parts []part
	for _, r := range c.Samples() {
		p := part{Name: r.Name, Label: r.DisplayName}
		for _, permission := range r.Organization {
			p.Organization = append(p.Organization, permission.String())
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		parts = partsOf(c)
	}
	// The admin is left out because its share differs by company: small ones have more of them.
	builtIn := namesBut(c.BuiltInOrganizationRoles(), org.RoleOrganizationAdmin)
	// Each company has fewer roles than the one before, so that they differ.
	company := func(parts []part, admins int) troupe {
		var names []string
		for _, p := range parts {
			names = append(names, p.Name)
		}
		return troupe{parts, append(shares(0, append(names, builtIn...)...), share{org.RoleOrganizationAdmin, admins})}
	}
	return cast{
		Companies: []troupe{company(parts, 3), company(parts[:min(2, len(parts))], 15), company(parts[:min(1, len(parts))], 40)},
		Site:      append(shares(7, namesBut(c.BuiltInSiteRoles(), org.RoleOwner)...), share{org.RoleOwner, 2}),
	}
}

// namesBut are the names of all roles but one.
func namesBut(roles []*rbac.Role, one string) (names []string) {
	for _, r := range roles {
		if r.Name != one {
			names = append(names, r.Name)
		}
	}
	return names
}

// partsOf makes roles from the areas of a catalog: one that reads, one that edits, and one that may do everything
// except the last action of each type, which it denies. Areas that only concern the site get none, since an
// organization could not use them.
func partsOf(c *rbac.Catalog) (parts []part) {
	for _, area := range c.Areas() {
		var reads, edits, limited []string
		for _, t := range area.Types {
			if t.SiteOnly || c.Core(t.Name) {
				continue
			}
			reads = append(reads, t.Name+":"+reading(t))
			last := len(t.Actions) - 1
			for i, a := range t.Actions {
				name := t.Name + ":" + a.Name
				edits = append(edits, name)
				if i == last {
					name = "!" + name
				}
				limited = append(limited, name)
			}
		}
		if len(reads) == 0 {
			continue
		}
		for _, kind := range []struct {
			name        string
			permissions []string
		}{{"reader", reads}, {"editor", edits}, {"limited", limited}} {
			// Cut, so that the name is no longer than names may be.
			name := fmt.Sprintf("%.20s-%s", strings.ReplaceAll(area.ID, "_", "-"), kind.name)
			taken := slices.ContainsFunc(parts, func(p part) bool { return p.Name == name })
			if !taken && !c.Reserved(name) && org.NameProblem(name) == "" {
				parts = append(parts, part{Name: name, Label: fmt.Sprintf("%.48s: %s", area.Label, kind.name), Organization: kind.permissions})
			}
		}
	}
	return parts
}

// reading returns the action of a type that reads: the one of that name, or otherwise the first.
func reading(t rbac.ResourceType) string {
	if slices.ContainsFunc(t.Actions, func(a rbac.ActionInfo) bool { return a.Name == "read" }) {
		return "read"
	}
	return t.Actions[0].Name
}
