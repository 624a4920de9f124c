package web

import (
	"rolecall.example/org"
	"rolecall.example/views"
)

func (s *Server) listMembers(c *call) (reply, error) { return s.memberList(c, false) }

func (s *Server) listMembersPaginated(c *call) (reply, error) { return s.memberList(c, true) }

// memberList answers both lists of members. They show the same rows and differ only in the JSON around them.
func (s *Server) memberList(c *call, paginated bool) (reply, error) {
	if c.as != asJSON && !c.csv && c.values.Get("removed") != "" {
		return s.listRemoved(c)
	}
	f, err := c.memberFilter()
	if err != nil {
		// The organization is checked first: a caller who may not see it learns nothing about the parameters.
		if _, hidden := s.tenant.Organization(c.ctx, c.actor, c.organization()); hidden != nil {
			err = hidden
		}
		return reply{}, err
	}
	return reply{
		stream: s.memberStream(c, f, paginated),
		html: func() (page, error) {
			m, err := s.membersView(c, f)
			return page{title: "Members", active: "members", body: views.MembersPage(m), fragment: views.MembersResults(m)}, err
		},
	}, nil
}

// membersView makes a list of members with the roles to filter it by.
func (s *Server) membersView(c *call, f org.MemberFilter) (views.Members, error) {
	p, err := s.tenant.MembersPage(c.ctx, c.actor, c.organization(), f)
	id := p.List.Organization.ID
	return views.Members{
		CanInvite: err == nil && s.invites.MayInvite(c.actor, id) == nil, SeesRemoved: err == nil && c.mayReadRemoved(id),
		List: p.List, Filter: f, Roles: p.Roles, SiteRoles: p.SiteRoles, Now: c.now(), Catalog: c.catalog(),
	}, err
}

// showRoleMembers shows the members who hold a role.
func (s *Server) showRoleMembers(c *call) (reply, error) {
	v, err := s.tenant.Role(c.ctx, c.actor, c.scope(), c.param("roleName"))
	if err != nil {
		return reply{}, err
	}
	f, err := c.memberFilter()
	if err != nil {
		return reply{}, err
	}
	f.Roles = []string{v.Role.Name}
	return reply{html: func() (page, error) {
		m, err := s.membersView(c, f)
		m.Holding = &v
		name := v.Role.Label()
		return page{
			title:  "Members with " + name,
			active: "roles",
			crumbs: []views.Crumb{
				{Label: "Roles", URL: views.RolesURL(c.organization())}, {Label: name, URL: views.RoleURL(c.organization(), v.Role.Name)},
			},
			body: views.RoleMembersPage(m), fragment: views.MembersResults(m),
		}, err
	}}, nil
}

// membersCrumb leads to the list of members.
func membersCrumb(url string) views.Crumb { return views.Crumb{Label: "Members", URL: url} }

func (s *Server) newMember(c *call) (reply, error) {
	return reply{html: s.memberSearch(c, views.AddMember{Query: c.query().text("q")})}, nil
}

// memberSearch makes the page for adding users, with those that a.Query finds.
func (s *Server) memberSearch(c *call, a views.AddMember) func() (page, error) {
	return func() (p page, err error) {
		if a.Organization, a.Candidates, err = s.tenant.Candidates(c.ctx, c.actor, c.organization(), a.Query); err != nil {
			return p, err
		}
		if a.Query == "" && len(a.Candidates) > 0 { // no search yet: how many could be found
			all, err := s.account.Users(c.ctx, c.actor, org.UserFilter{Limit: 1})
			if err != nil {
				return p, err
			}
			a.Total = all.Count - a.Organization.MemberCount
		}
		a.CanInvite = s.invites.MayInvite(c.actor, a.Organization.ID) == nil
		a.MakesUsers = c.actor.Can("create", org.UsersObject)
		return page{
			title:  "Add members",
			active: "members",
			crumbs: []views.Crumb{membersCrumb(c.members())},
			body:   views.AddMemberPage(a), fragment: views.AddMemberResults(a),
		}, nil
	}
}

// members returns the URL of the list of members without any filter.
func (c *call) members() string { return views.MembersURL(c.organization(), org.MemberFilter{}) }

// addMember makes a user a member, without roles.
func (s *Server) addMember(c *call) (reply, error) {
	m, done, err := s.tenant.AddMember(c.ctx, c.actor, c.organization(), c.user(), c.newTerms())
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			return s.memberSearch(c, views.AddMember{Query: c.user(), Terms: c.sentTerms(), Err: e})()
		})
	}
	next := to(c.members(), m.Label()+" was added.")
	next.undo = undoOf(done)
	return reply{json: wireMember(&m), version: m.Tag(), next: next}, nil
}
