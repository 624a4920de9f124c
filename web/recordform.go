package web

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// showMemberRole shows the form for how long and why a member has one role: a popover on the page of the member, or a
// page.
func (s *Server) showMemberRole(c *call) (reply, error) {
	p, err := s.memberRoleForm(c, nil)
	return reply{html: show(p)}, err
}

// refusedMemberRole makes the same form after it was refused, with the input.
func (s *Server) refusedMemberRole(c *call) func(*org.Error) (page, error) {
	return func(e *org.Error) (page, error) { return s.memberRoleForm(c, e) }
}

func (s *Server) memberRoleForm(c *call, refused *org.Error) (p page, err error) {
	a, err := s.tenant.MemberRoles(c.ctx, c.actor, c.organization(), c.user())
	if err != nil {
		return p, err
	}
	f := views.RecordForm{
		Organization: a.Organization, Username: a.Member.Username, Name: a.Member.Label(), Version: a.Member.Tag(), Err: refused, Names: s.sourceNames(),
		Records: recordsOf(a.Records, a.Organization.ID, c.param("roleName")), Refusal: a.Member.RolesRefusal,
	}
	if c.param("roleName") == org.RoleOrganizationUser {
		f.Refusal = a.Member.RemoveRefusal
	}
	return c.recordPage(f, a.Choices, "members", []views.Crumb{membersCrumb(c.memberHome())})
}

// showUserRole does the same for a role of the site.
func (s *Server) showUserRole(c *call) (reply, error) {
	p, err := s.userRoleForm(c, nil)
	return reply{html: show(p)}, err
}

func (s *Server) refusedUserRole(c *call) func(*org.Error) (page, error) {
	return func(e *org.Error) (page, error) { return s.userRoleForm(c, e) }
}

func (s *Server) userRoleForm(c *call, refused *org.Error) (p page, err error) {
	a, err := s.account.UserAssignment(c.ctx, c.actor, c.user())
	if err != nil {
		return p, err
	}
	f := views.RecordForm{
		Username: a.User.Username, Name: a.User.Label(), Version: a.User.Tag(), Err: refused, Names: s.sourceNames(),
		Records: recordsOf(a.Records, uuid.Nil, c.param("roleName")), Refusal: a.Refusal,
	}
	return c.recordPage(f, a.Choices, "users", c.usersCrumb())
}

// recordsOf returns the records of one role in one place.
func recordsOf(all []org.Assignment, organization uuid.UUID, role string) []org.Assignment {
	return slices.DeleteFunc(slices.Clone(all), func(r org.Assignment) bool { return r.Role != role || r.OrganizationID != organization })
}

// recordPage makes the page of a form, with what the list of roles says about its role. A role that is not held has no
// page.
func (c *call) recordPage(f views.RecordForm, choices []org.RoleChoice, active string, crumbs []views.Crumb) (p page, err error) {
	if len(f.Records) == 0 {
		return p, org.ErrNotFound()
	}
	f.Role, f.Back = org.RoleRef{Name: f.Records[0].Role, DisplayName: f.Records[0].DisplayName}, c.cameFrom()
	for _, choice := range choices {
		// A role that is only locked by its source is not locked here: its local records can be changed.
		if synced := slices.ContainsFunc(f.Records, func(r org.Assignment) bool { return r.Source.Synced() }); choice.Role.Name == f.Role.Name && f.Refusal == "" && !synced {
			f.Refusal = choice.Refusal
		}
	}
	if o, err := c.object(); f.Err != nil && err == nil && o.has(fieldUntil) {
		f.Terms, f.Sent = c.sentTerms(), true
	}
	return page{
		title: f.Title(), active: active, crumbs: append(crumbs, views.Crumb{Label: f.Name, URL: f.Home()}),
		body: views.RecordPage(f), fragment: views.RecordPopover(f),
	}, nil
}

// recordDone returns the page that follows the change of one role: that of the account, or the list if the membership
// has ended.
func (c *call) recordDone(done org.Receipt) destination {
	home, ended := views.UserURL(c.user()), c.request().Method == http.MethodDelete
	if c.organization() != "" {
		home = views.MemberURL(c.organization(), c.user())
	}
	next := to(views.WithBack(home, c.cameFrom()), "The role was updated.")
	if ended {
		next.message = "The role was ended."
		if c.param("roleName") == org.RoleOrganizationUser {
			next = to(c.memberHome(), "The membership was ended.")
		}
	} else if c.param("roleName") == org.RoleOrganizationUser {
		next.message = "The membership was updated."
	}
	next.url = cmp.Or(c.answered(), next.url)
	next.undo = undoOf(done)
	return next
}
