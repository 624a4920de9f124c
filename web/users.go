package web

import (
	"cmp"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// listUsers returns one page of the accounts, with their total number.
func (s *Server) listUsers(c *call) (reply, error) {
	f, err := c.userFilter()
	if err != nil {
		return reply{}, err
	}
	if c.csv {
		f.WithSources = true
		return reply{stream: s.userTable(c, func(each func(*org.User) error) error {
			return s.account.StreamUsers(c.ctx, c.actor, f, each)
		})}, nil
	}
	limit, after := f.Limit, c.as == asJSON && f.AfterID != uuid.Nil && f.Limit > 0
	if after {
		f.Limit++ // to see whether another page follows
	}
	list, err := s.account.Users(c.ctx, c.actor, f)
	if err != nil {
		return reply{}, err
	}
	f.Limit = limit
	if after {
		var next uuid.UUID
		list.Users, next = partAfter(list.Users, limit, func(u *org.User) uuid.UUID { return u.ID })
		c.linkAfter(limit, next)
	} else {
		c.link(limit, f.Offset, list.Count)
	}
	return reply{
		json: client.UserList{Users: each(list.Users, wireUser), Count: list.Count},
		html: func() (page, error) { return s.usersPage(c, list, f, views.Picked{}) },
	}, nil
}

// usersPage makes a list of accounts with the roles to filter it by, and the selection of a form without script.
func (s *Server) usersPage(c *call, list org.UserList, f org.UserFilter, picked views.Picked) (page, error) {
	// A caller that may not see the roles sees the list without their filter.
	roles, err := part(s.tenant.Roles(c.ctx, c.actor, org.Site))
	u := views.Users{
		List: list, Filter: f, Picked: picked, CanAssign: c.assignsSiteRoles(), CanSuspend: c.suspendsUsers(), CanDelete: c.deletesUsers(),
		Self: c.actor.User.Username, Roles: roles.Roles, Now: c.now(),
	}
	return page{title: views.PeopleLabel, active: "users", body: views.UsersPage(u), fragment: views.UsersResults(u)}, err
}

// userFilter reads the filter of a list of accounts. In JSON q is in the search language. On a page, and in its file,
// only if it has keys of the language; any other text is searched for literally.
func (c *call) userFilter() (org.UserFilter, error) {
	q := c.query()
	f := org.UserFilter{Query: q.text("q"), AfterID: q.id("after_id"), Sort: q.sort(org.UserSorts)}
	f.Limit, f.Offset = c.page(q)
	f.Records = q.records()
	if c.as == asJSON && !c.csv {
		return f, q.problem()
	}
	if !strings.Contains(f.Query, ":") || org.HasUnknownKey(f.Query, org.UserQueryKeys) {
		f.Text, f.Query = f.Query, ""
	}
	f.Statuses, f.Roles, f.LoginTypes = statuses(q), q.values["role"], q.oneOf("login_type", org.LoginTypes)
	if !c.csv {
		f.CountLimit = maxCounted
	}
	return f, q.problem()
}

// assignsSiteRoles reports whether to offer changes of site roles.
func (c *call) assignsSiteRoles() bool {
	return c.may("assign", "assign_role", uuid.Nil) || c.may("unassign", "assign_role", uuid.Nil)
}

// suspendsUsers and deletesUsers report whether to offer suspending and deleting accounts.
func (c *call) suspendsUsers() bool { return c.may("update", "user", uuid.Nil) }
func (c *call) deletesUsers() bool  { return c.may("delete", "user", uuid.Nil) }

// usersHome returns the page that the pages of an account lead back to: the list that the caller came from.
func (c *call) usersHome() string { return cmp.Or(c.cameFrom(), views.UsersPath) }

func (c *call) usersCrumb() []views.Crumb {
	return []views.Crumb{{Label: views.PeopleLabel, URL: c.usersHome()}}
}

// listUserOrganizations lists the organizations of an account, or those where it may do something.
func (s *Server) listUserOrganizations(c *call) (reply, error) {
	if c.values.Has("can") || c.values.Has("own") {
		return s.organizationsWhere(c)
	}
	list, err := s.account.UserOrganizations(c.ctx, c.actor, c.user())
	return reply{json: each(list, wireOrganization)}, err
}
