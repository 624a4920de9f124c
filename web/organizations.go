package web

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// listOrganizations answers all organizations that the caller may read: JSON has all of them, as in Coder's API, and a
// page a part.
func (s *Server) listOrganizations(c *call) (reply, error) {
	if c.as == asJSON {
		list, err := s.tenant.Organizations(c.ctx, c.actor)
		return reply{json: each(list, wireOrganization)}, err
	}
	q := c.query()
	f := org.OrganizationFilter{Query: q.text("q")}
	f.Limit, f.Offset = c.page(q)
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	list, err := s.tenant.FindOrganizations(c.ctx, c.actor, f)
	o := views.Organizations{List: list, Filter: f, Now: c.now()}
	return reply{html: show(page{
		title: "Organizations", active: "organizations",
		body: views.OrganizationsPage(o), fragment: views.OrganizationsResults(o),
	})}, err
}

func (s *Server) showOrganization(c *call) (reply, error) {
	v, err := s.tenant.OrganizationView(c.ctx, c.actor, c.organization())
	if err != nil {
		return reply{}, err
	}
	f := views.OrganizationForm{OrganizationView: v, Input: inputOf(&v.Organization), Confirm: c.query().text("confirm") == "delete"}
	return reply{json: wireOrganization(&v.Organization), version: v.Organization.Tag(), html: show(c.organizationPage(f))}, nil
}

func inputOf(o *org.Organization) org.OrganizationInput {
	return org.OrganizationInput{Name: o.Name, DisplayName: o.DisplayName, Description: &o.Description, Icon: &o.Icon}
}

// organizationPage makes the settings page of an organization.
func (c *call) organizationPage(f views.OrganizationForm) page {
	f.CanReadSync = c.may("read", "idpsync_settings", f.Organization.ID)
	return page{title: "Settings", active: "settings", body: views.OrganizationPage(f)}
}

// errDefaultRoles is the refusal of Coder's API for an organization that may not have its own default roles.
var errDefaultRoles = &org.Error{
	Kind:    org.Forbidden,
	Message: "Changing default organization roles is not enabled on this deployment.",
	Detail:  "Every member has organization-member and nothing else here; give roles to members instead.",
}

// newOrganizationInput reads the settings of a new organization, and who becomes its first administrator.
func newOrganizationInput(o object) org.OrganizationInput {
	in := organizationInput(o)
	in.Admin = strings.TrimSpace(o.text("first_administrator"))
	return in
}

// organizationInput reads the settings of an organization. A description or icon that is missing stays as it is.
func organizationInput(o object) org.OrganizationInput {
	o.ignore(sentBack...)
	if len(o.texts("default_org_member_roles", maxRoles)) > 0 {
		o.refuse(errDefaultRoles)
	}
	return org.OrganizationInput{
		Name:        o.text("name"),
		DisplayName: o.text("display_name"),
		Description: o.optional("description"),
		Icon:        o.optional("icon"),
	}
}

// newOrganization shows the form for a new organization. The right is checked first, so that no one fills it in for
// nothing.
func (s *Server) newOrganization(c *call) (reply, error) {
	if !c.may("create", "organization", uuid.Nil) {
		return reply{}, &org.Error{Kind: org.Forbidden, Message: "Forbidden.", Detail: "You don't have permission to create organizations."}
	}
	return reply{html: show(c.newOrganizationPage(views.OrganizationForm{Input: org.OrganizationInput{Admin: c.actor.User.Username}}))}, nil
}

func (c *call) newOrganizationPage(f views.OrganizationForm) page {
	f.NamesAdmin = c.may("assign", "assign_org_role", org.ElsewhereOrg)
	return page{
		title:  "New organization",
		active: "organizations",
		crumbs: []views.Crumb{{Label: "Organizations", URL: views.OrganizationsPath}},
		body:   views.NewOrganizationPage(f),
	}
}

func (s *Server) createOrganization(c *call) (reply, error) {
	o, err := s.tenant.CreateOrganization(c.ctx, c.actor, decode(c, newOrganizationInput))
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			o, _ := c.object() // unreadable: an empty form
			return c.newOrganizationPage(views.OrganizationForm{Input: newOrganizationInput(o), Err: e}), nil
		})
	}
	return reply{
		status: http.StatusCreated, made: views.OrganizationsPath + "/" + o.ID.String(), json: wireOrganization(&o), version: o.Tag(),
		next: to(views.MembersURL(o.Name, org.MemberFilter{}), o.Label()+" was created."),
	}, nil
}

// enteredOrganization returns a refused form as it was filled in.
func (c *call) enteredOrganization() org.OrganizationInput {
	o, _ := c.object() // unreadable: an empty form
	return organizationInput(o)
}

func (s *Server) updateOrganization(c *call) (reply, error) {
	o, err := s.tenant.UpdateOrganization(c.ctx, c.actor, c.organization(), decode(c, organizationInput), c.begunFrom())
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			return s.refusedSettings(c, views.OrganizationForm{Input: c.enteredOrganization(), Err: e})
		})
	}
	return reply{json: wireOrganization(&o), version: o.Tag(), next: to(views.OrganizationURL(o.Name), "The settings were saved.")}, nil
}

// refusedSettings shows the settings again with f.Input or, if that is the zero value, with the stored settings.
func (s *Server) refusedSettings(c *call, f views.OrganizationForm) (page, error) {
	v, err := s.tenant.OrganizationView(c.ctx, c.actor, c.organization())
	if f.OrganizationView = v; f.Input == (org.OrganizationInput{}) {
		f.Input = inputOf(&v.Organization)
	}
	return c.organizationPage(f), err
}

func (s *Server) deleteOrganization(c *call) (reply, error) {
	o, err := s.tenant.DeleteOrganization(c.ctx, c.actor, c.organization(), c.ifMatch())
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			return s.refusedSettings(c, views.OrganizationForm{Confirm: true, Err: e})
		})
	}
	return reply{
		json: client.Message{Message: "Organization has been deleted."},
		next: to(views.OrganizationsPath, o.Label()+" was deleted."),
	}, nil
}
