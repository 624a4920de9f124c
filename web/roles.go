package web

import (
	"cmp"
	"errors"
	"strings"

	"rolecall.example/org"
	"rolecall.example/views"
)

func (s *Server) listRoles(c *call) (reply, error) {
	if c.as != asJSON && c.query().text("view") == "matrix" {
		return s.roleMatrix(c)
	}
	f, problem := c.roleFilter()
	list, err := s.tenant.RolePage(c.ctx, c.actor, c.scope(), f)
	if err = cmp.Or(err, problem); err != nil { // callers who may not see the roles learn nothing about the parameters
		return reply{}, err
	}
	if c.csv {
		return reply{stream: s.roleTable(c, list.Roles)}, nil
	}
	return reply{json: each(list.Roles, wireAssignableRole), html: func() (page, error) {
		r := views.Roles{List: list, Filter: f, Catalog: c.catalog(), Now: c.now()}
		return page{title: c.rolesTitle(), active: c.rolesItem(), body: views.RolesPage(r), fragment: views.RolesResults(r)}, nil
	}}, nil
}

// roleFilter reads the filter of a list of roles. Programs get the whole list in its fixed order unless they ask for
// another one.
func (c *call) roleFilter() (org.RoleFilter, error) {
	q := c.query()
	f := org.RoleFilter{Query: q.text("q"), Sort: q.sort(org.RoleSorts)}
	if kinds := q.oneOf("kind", org.RoleKinds); len(kinds) == 1 { // both kinds mean all
		f.Kind = kinds[0]
	}
	if v := q.text("allows"); v != "" {
		f.Allows.ResourceType, f.Allows.Action, _ = strings.Cut(v, ":")
		if !c.catalog().Valid(f.Allows.ResourceType, f.Allows.Action) {
			q.addError("allows", `Query param "allows" must be a permission of the catalog, as resource_type:action`)
		}
	}
	if c.as != asJSON && !c.csv {
		f.Limit, f.Offset = c.pageOf(q, views.RolesPageSize)
		f.Sort, f.Counts = cmp.Or(f.Sort, org.RoleSorts[0]), true
	}
	f.Counts = f.Counts || strings.HasSuffix(f.Sort, "members")
	return f, q.problem()
}

// rolesTitle returns the title of the list of roles.
func (c *call) rolesTitle() string {
	if c.ofSite() {
		return "Site roles"
	}
	return "Roles"
}

// rolesItem returns the navigation item of roles.
func (c *call) rolesItem() string {
	if c.ofSite() {
		return "site-roles"
	}
	return "roles"
}

// rolesCrumb leads to the list of roles.
func (c *call) rolesCrumb() views.Crumb {
	return views.Crumb{Label: c.rolesTitle(), URL: views.RolesURL(c.organization())}
}

// showRole returns a role; on a page, its editor or the question whether to delete it.
func (s *Server) showRole(c *call) (reply, error) {
	v, err := s.tenant.Role(c.ctx, c.actor, c.scope(), c.param("roleName"))
	if err != nil {
		return reply{}, err
	}
	return reply{json: wireAssignableRole(&v.Role), version: v.Role.Tag(), html: func() (page, error) {
		q := c.query()
		if paper := q.prints(); paper || q.problem() != nil {
			p, err := s.rolePaper(c, v)
			return p, cmp.Or(q.problem(), err)
		}
		p := s.roleEditor(c, views.RoleEditor{View: v})
		if c.query().text("confirm") != "delete" {
			return p, nil
		}
		if err := c.namesAsked(); err != nil {
			return p, err
		}
		question, err := s.roleDeletion(c, v, nil)
		p.body = question.body
		return p, err
	}}, nil
}

func (s *Server) deleteRole(c *call) (reply, error) {
	name := c.param("roleName")
	if c.dry {
		return c.foreseen(s.tenant.PreviewRoleDeletion(c.ctx, c.actor, c.scope(), name, c.ifMatch()))
	}
	role, done, err := s.tenant.DeleteRole(c.ctx, c.actor, c.scope(), name, c.ifMatch())
	if err != nil {
		return c.again(err, func(e *org.Error) (p page, err error) {
			v, err := s.tenant.Role(c.ctx, c.actor, c.scope(), name)
			if err != nil {
				return p, err
			}
			return s.roleDeletion(c, v, e)
		})
	}
	status, json := s.Wire.deletedRole(wireRole(&role))
	next := to(views.RolesURL(c.organization()), role.Label()+" was deleted.")
	next.undo = undoOf(done)
	return reply{status: status, json: json, next: next}, nil
}

// roleDeletion asks whether to delete a role, and shows what that would do, or why it is impossible.
func (s *Server) roleDeletion(c *call, v org.RoleView, e *org.Error) (page, error) {
	p, d := page{title: "Delete role", active: c.rolesItem()}, views.RoleDelete{View: v, Catalog: c.catalog(), Err: e}
	if v.CanDelete {
		impact, err := s.tenant.PreviewRoleDeletion(c.ctx, c.actor, c.scope(), v.Role.Name, nil)
		refusal, refused := errors.AsType[*org.Error](err)
		switch {
		case e != nil: // it is on the page already
		case refused:
			d.Err, d.View.CanDelete = refusal, false
		case err != nil:
			return p, err
		}
		d.Impact = impact
	}
	p.body = views.RoleDeletePage(d)
	return p, nil
}
