package web

import "rolecall.example/org"

// The roles of an organization and those of the site are listed, shown and written by the same handlers. They differ in
// the use cases that are called: a path without an organization is about the site.

func (c *call) ofSite() bool { return c.organization() == "" }

func (s *Server) roleList(c *call) (org.RoleList, error) {
	if c.ofSite() {
		return s.tenant.SiteRoles(c.ctx, c.actor)
	}
	return s.tenant.OrganizationRoles(c.ctx, c.actor, c.organization())
}

func (s *Server) roleView(c *call, name string) (org.RoleView, error) {
	if c.ofSite() {
		return s.tenant.SiteRole(c.ctx, c.actor, name)
	}
	return s.tenant.OrganizationRole(c.ctx, c.actor, c.organization(), name)
}

func (s *Server) startRole(c *call, from string) (org.RoleView, error) {
	if c.ofSite() {
		return s.tenant.NewSiteRole(c.ctx, c.actor, from)
	}
	return s.tenant.NewOrganizationRole(c.ctx, c.actor, c.organization(), from)
}

func (s *Server) roleVersions(c *call, name string) ([]org.RoleVersion, error) {
	if c.ofSite() {
		return s.tenant.SiteRoleVersions(c.ctx, c.actor, name)
	}
	return s.tenant.OrganizationRoleVersions(c.ctx, c.actor, c.organization(), name)
}

// storeRole takes an actor, which may be that of a dry run.
func (s *Server) storeRole(c *call, by *org.Actor, input org.Input[org.RoleInput]) (org.Role, error) {
	if c.ofSite() {
		return s.tenant.PutSiteRole(c.ctx, by, input)
	}
	return s.tenant.PutOrganizationRole(c.ctx, by, c.organization(), input)
}

// dropRole takes an actor, as storeRole.
func (s *Server) dropRole(c *call, by *org.Actor, name string, ifMatch org.Versions) (org.Role, error) {
	if c.ofSite() {
		return s.tenant.DeleteSiteRole(c.ctx, by, name, ifMatch)
	}
	return s.tenant.DeleteOrganizationRole(c.ctx, by, c.organization(), name, ifMatch)
}
