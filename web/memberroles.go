package web

import (
	"strings"

	"rolecall.example/org"
	"rolecall.example/views"
)

// showMemberRoles returns the roles of a member and those that the caller could give: as a form on a page, as a popover
// in the list.
func (s *Server) showMemberRoles(c *call) (reply, error) {
	a, err := s.tenant.MemberRoles(c.ctx, c.actor, c.organization(), c.user())
	if err != nil {
		return reply{}, err
	}
	return reply{json: wireAssignment(&a), version: a.Member.Tag(), html: show(s.assignmentForm(c, views.AssignmentForm{RoleForm: a}))}, nil
}

func (s *Server) assignmentForm(c *call, f views.AssignmentForm) page {
	f.Version, f.Back, f.Catalog = f.Member.Tag(), c.cameFrom(), c.catalog()
	name := f.Member.Label()
	return page{
		title:  "Roles of " + name,
		active: "members",
		crumbs: []views.Crumb{
			membersCrumb(c.memberHome()),
			{Label: name, URL: views.WithBack(views.MemberURL(c.organization(), f.Member.Username), f.Back)},
		},
		body: views.AssignmentPage(f), fragment: views.AssignmentPopover(f),
	}
}

// setMemberRoles replaces the roles of a member. In the list only the row of the member changes; without script the browser
// goes back to the list. If it is refused, the form keeps its ticks and shows the stored state beside them.
func (s *Server) setMemberRoles(c *call) (reply, error) {
	input := decode(c, c.rolesInput)
	if c.dry {
		return c.foreseen(s.tenant.PreviewMemberRoles(c.ctx, c.actor, c.organization(), c.user(), input))
	}
	m, done, err := s.tenant.SetMemberRoles(c.ctx, c.actor, c.organization(), c.user(), input)
	if err != nil {
		return c.again(err, func(e *org.Error) (p page, err error) {
			a, err := s.tenant.MemberRoles(c.ctx, c.actor, c.organization(), c.user())
			if err != nil {
				return p, err
			}
			checked, before := c.tickedRoles()
			return s.assignmentForm(c, views.AssignmentForm{RoleForm: a, Checked: checked, Before: before, Terms: c.sentTerms(), Err: e}), nil
		})
	}
	next := to(c.memberHome(), "The roles of "+m.Label()+" were updated.")
	next.undo = undoOf(done)
	return reply{
		json: wireMember(&m), version: m.Tag(), next: next,
		html: s.memberRow(c, c.organization(), c.user(), false),
	}, nil
}

// tickedRoles returns the roles that were ticked in a refused form, and those that were held when it was opened; nil if
// the form does not say.
func (c *call) tickedRoles() (checked, before map[string]bool) {
	o, err := c.object()
	if err != nil || !o.has("roles") {
		return nil, nil
	}
	checked = setOf(c.rolesInput(o).Roles)
	if o.has("held") {
		before = setOf(strings.Fields(o.text("held")))
	}
	return checked, before
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// memberRow makes the row of the list that changes with a member. If aside is true, the row comes with another answer
// and finds its own place.
func (s *Server) memberRow(c *call, organization, user string, aside bool) func() (page, error) {
	return func() (p page, err error) {
		o, err := s.tenant.Organization(c.ctx, c.actor, organization)
		if err != nil {
			return p, err
		}
		m, err := s.tenant.Member(c.ctx, c.actor, organization, user)
		if err != nil {
			return p, err
		}
		records, err := s.tenant.MemberRecords(c.ctx, c.actor, organization, user)
		if err != nil {
			return p, err
		}
		m.Ends = org.EndsOf(records)
		return page{body: views.MemberRow(views.MemberRowView{
			Member:       m,
			Organization: o,
			LinkRoles:    c.may("read", "assign_org_role", o.ID),
			Query:        searchedFor(c.request()),
			Back:         currentPage(c.request()),
			CanAssign:    true, // the caller has just done it
			Aside:        aside,
			CanRemove:    c.may("delete", "organization_member", o.ID),
			Now:          c.now(),
		})}, nil
	}
}

// maxRoles is the most roles that a request can assign to one account.
const maxRoles = 1000

// rolesInput reads the complete list of roles of a member or user.
func (c *call) rolesInput(o object) org.RolesInput {
	o.ignore(sentBack...)
	field := "roles"
	if !o.has(field) {
		o.addError(field, "must be given; an empty list takes all roles away")
	}
	if o.form {
		field = "role" // roles has the ticked boxes; an empty one says that there were boxes, so ticking none is an answer too
	}
	return org.RolesInput{Roles: o.texts(field, maxRoles), Terms: o.terms(), From: c.versions(o), IfMatch: c.ifMatch()}
}
