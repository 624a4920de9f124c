package web

import (
	"net/http"

	"rolecall/org"
)

func (s *Server) listOrganizations(c *call) (reply, error) {
	list, err := s.org.Organizations(c.ctx, c.subject)
	return reply{data: each(list, wireOrganization)}, err
}

func (s *Server) showOrganization(c *call) (reply, error) {
	o, err := s.org.Organization(c.ctx, c.subject, c.organization())
	return reply{data: wireOrganization(&o)}, err
}

func organizationInput(o object) org.OrganizationInput {
	return org.OrganizationInput{
		Name:        o.text("name"),
		DisplayName: o.text("display_name"),
		Description: o.optional("description"),
		Icon:        o.optional("icon"),
	}
}

func (s *Server) createOrganization(c *call) (reply, error) {
	o, err := s.org.CreateOrganization(c.ctx, c.subject, decode(c, organizationInput))
	return reply{status: http.StatusCreated, data: wireOrganization(&o)}, err
}

func (s *Server) updateOrganization(c *call) (reply, error) {
	o, err := s.org.UpdateOrganization(c.ctx, c.subject, c.organization(), decode(c, organizationInput))
	return reply{data: wireOrganization(&o)}, err
}

func (s *Server) deleteOrganization(c *call) (reply, error) {
	_, err := s.org.DeleteOrganization(c.ctx, c.subject, c.organization())
	return reply{data: messageJSON{"Organization has been deleted."}}, err
}
