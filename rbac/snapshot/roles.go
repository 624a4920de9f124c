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

// SiteRoles returns the roles of the site's document: the implied one, the built-in ones, the custom ones, then what roles of
// organizations give outside of them.
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

// CarriedRoles returns the roles of organizations that give something outside the one in which they are held: whoever
// holds one, anywhere, is in the document of the site. Custom roles give nothing outside. The implied role is among them only
// if it gives more than a document of an organization says about its members: then all members of any organization are there.
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

// CountsElsewhere reports whether what someone holds in one organization may count for things of another one.
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

// CarriesImplied reports whether the role that every member holds gives something outside of the organization: anything on
// the site, or on what one owns there.
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
