package snapshot

import "rolecall.example/rbac"

// OrganizationRoles returns the roles of an organization's document: the implied one, the built-in ones, then the custom ones.
func OrganizationRoles(c *rbac.Catalog, custom []*rbac.Role) []Role {
	list := []Role{RoleOf(c.ImpliedOrganization())}
	for _, r := range c.BuiltInOrganizationRoles() {
		list = append(list, RoleOf(r))
	}
	for _, r := range custom {
		list = append(list, RoleOf(r))
	}
	return list
}

// SiteRoles returns the roles of the site's document: the implied one, the built-in ones, the custom ones, and then what roles
// of organizations give outside of their organization.
func SiteRoles(c *rbac.Catalog, custom []*rbac.Role) []Role {
	list := []Role{RoleOf(c.ImpliedSite())}
	for _, r := range c.BuiltInSiteRoles() {
		list = append(list, RoleOf(r))
	}
	for _, r := range custom {
		list = append(list, RoleOf(r))
	}
	for _, r := range CarriedRoles(c) {
		carried, _ := RoleOf(r).Carried()
		list = append(list, carried)
	}
	return list
}

// CarriedRoles returns the roles of organizations that give something outside the organization in which they are held. Everyone
// who holds one of them anywhere is in the document of the site. Custom roles give nothing outside. The implied role is included
// only if [CarriesImplied] says so; then all members of all organizations are in the document of the site.
func CarriedRoles(c *rbac.Catalog) (list []*rbac.Role) {
	for _, r := range c.BuiltInOrganizationRoles() {
		if _, ok := RoleOf(r).Carried(); ok {
			list = append(list, r)
		}
	}
	if CarriesImplied(c) {
		list = append(list, c.ImpliedOrganization())
	}
	return list
}

// CountsElsewhere reports whether roles held in one organization may count for objects of another one.
func CountsElsewhere(c *rbac.Catalog) bool {
	for _, r := range CarriedRoles(c) {
		for _, g := range []*Grants{RoleOf(r).Site, RoleOf(r).User} {
			for n := range c.Document().Numbers {
				p, ok := c.Numbered(n)
				if ok && g != nil && !c.SiteOnly(p.ResourceType) && (g.Allow.Has(n) || g.Deny.Has(n)) {
					return true
				}
			}
		}
	}
	return false
}

// CarriesImplied reports whether the role that every member holds gives something outside of the organization: anything at the
// level of the site, or on the member's own objects of a type that belongs to the site.
func CarriesImplied(c *rbac.Catalog) bool {
	of := RoleOf(c.ImpliedOrganization())
	if of.User == nil || of.Site != nil {
		return of.Site != nil
	}
	for n := range c.Document().Numbers {
		p, ok := c.Numbered(n)
		if ok && c.SiteOnly(p.ResourceType) && (of.User.Allow.Has(n) || of.User.Deny.Has(n)) {
			return true
		}
	}
	return false
}
