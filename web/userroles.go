package web

import (
	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// showUserRoles returns the names of an account's roles, separately for the site and the organizations; on a page it is
// the form for site roles.
func (s *Server) showUserRoles(c *call) (reply, error) {
	if c.as != asJSON {
		a, err := s.account.UserAssignment(c.ctx, c.actor, c.user())
		return reply{html: show(s.userAssignmentForm(c, views.UserAssignmentForm{UserRoleForm: a}))}, err
	}
	names, err := s.account.UserRoles(c.ctx, c.actor, c.user())
	wire := client.UserRoles{Roles: append([]string{}, names.Roles...), Organizations: map[uuid.UUID][]string{}, Assignments: each(names.Assignments, wireRecord)}
	for id, roles := range names.Organizations {
		wire.Organizations[id] = append([]string{}, roles...)
	}
	return reply{json: wire, version: names.Tag}, err
}

func (s *Server) userAssignmentForm(c *call, f views.UserAssignmentForm) page {
	f.Back, f.Catalog = c.cameFrom(), c.catalog()
	name := f.User.Label()
	return page{
		title:  "Site roles of " + name,
		active: "users",
		crumbs: append(c.usersCrumb(), views.Crumb{Label: name, URL: views.WithBack(views.UserURL(f.User.Username), f.Back)}),
		body:   views.UserAssignmentPage(f), fragment: views.UserAssignmentPopover(f),
	}
}

// setUserRoles replaces the site roles of an account. Answers and refusals are those of setMemberRoles.
func (s *Server) setUserRoles(c *call) (reply, error) {
	input := decode(c, c.rolesInput)
	if c.dry {
		return c.foreseen(s.tenant.PreviewUserRoles(c.ctx, c.actor, c.user(), input))
	}
	u, done, err := s.tenant.SetUserRoles(c.ctx, c.actor, c.user(), input)
	if err != nil {
		return c.again(err, func(e *org.Error) (p page, err error) {
			a, err := s.account.UserAssignment(c.ctx, c.actor, c.user())
			if err != nil {
				return p, err
			}
			checked, before := c.tickedRoles()
			return s.userAssignmentForm(c, views.UserAssignmentForm{UserRoleForm: a, Checked: checked, Before: before, Terms: c.sentTerms(), Err: e}), nil
		})
	}
	next := to(c.usersHome(), "The site roles of "+u.Label()+" were updated.")
	next.undo = undoOf(done)
	return reply{json: wireUser(&u), version: u.Tag(), next: next, html: show(s.userRow(c, &u, false))}, nil
}

// userRow makes the row of the list that changes with site roles; aside is as in memberRow.
func (s *Server) userRow(c *call, u *org.User, aside bool) page {
	return page{body: views.UserRow(views.UserRowView{
		User: *u, Query: searchedFor(c.request()), Back: currentPage(c.request()), Aside: aside,
		LinkRoles: c.may("read", "assign_role", uuid.Nil), CanAssign: c.assignsSiteRoles(),
		Selectable: c.suspendsUsers() || c.deletesUsers(), Self: u.ID == c.actor.ID(), Now: c.now(),
	})}
}
