package web

import (
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// rolePaper makes the printed form of a role, with its holders if the caller may know how many there are.
func (s *Server) rolePaper(c *call, v org.RoleView) (page, error) {
	p := views.RolePaper{View: v, Catalog: c.catalog(), Now: c.now()}
	if v.Role.Members != org.Unknown {
		if err := s.rolePeople(c, &p); err != nil {
			return page{}, err
		}
	}
	return page{title: v.Role.Label(), active: c.rolesItem(), crumbs: []views.Crumb{c.rolesCrumb()}, body: views.RolePaperPage(p)}, nil
}

// rolePeople fills in the holders of the role, and their ends.
func (s *Server) rolePeople(c *call, p *views.RolePaper) (err error) {
	var ids []uuid.UUID
	name := p.View.Role.Name
	if c.ofSite() {
		err = s.account.StreamUsers(c.ctx, c.actor, org.UserFilter{Roles: []string{name}, Limit: printedRows}, func(u *org.User) error {
			p.Users, ids = append(p.Users, *u), append(ids, u.ID)
			return nil
		})
	} else {
		err = s.tenant.StreamMembers(c.ctx, c.actor, c.organization(), org.MemberFilter{Roles: []string{name}, Limit: printedRows},
			func(int) error { return nil },
			func(m *org.Member) error {
				p.Members, ids = append(p.Members, *m), append(ids, m.UserID)
				return nil
			})
	}
	if err == nil {
		p.Ends, err = s.tenant.EndsOfRole(c.ctx, c.actor, c.scope(), name, ids)
	}
	return err
}
