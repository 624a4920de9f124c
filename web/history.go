package web

import (
	"cmp"
	"errors"
	"strconv"

	"rolecall.example/org"
	"rolecall.example/views"
)

// listRoleVersions lists the versions of a role, newest first.
func (s *Server) listRoleVersions(c *call) (reply, error) {
	versions, err := s.tenant.RoleVersions(c.ctx, c.actor, c.scope(), c.param("roleName"))
	if err != nil {
		return reply{}, err
	}
	q := c.query()
	restore := q.cursor("restore")
	if err := cmp.Or(q.problem(), c.namesAsked()); err != nil {
		return reply{}, err
	}
	return reply{
		json: each(versions, wireRoleVersion),
		html: func() (page, error) {
			if restore > 0 {
				return s.restorePage(c, restore, nil)
			}
			return s.historyPage(c, versions)
		},
	}, nil
}

func (s *Server) historyPage(c *call, versions []org.RoleVersion) (page, error) {
	name := c.param("roleName")
	role := org.Role{Name: name}
	if len(versions) > 0 {
		role = versions[0].Role
	}
	v, err := s.tenant.Role(c.ctx, c.actor, c.scope(), name)
	return page{
		title: "History", active: c.rolesItem(), crumbs: c.roleCrumbs(role),
		body: views.HistoryPage(views.History{View: v, Versions: versions, Catalog: c.catalog(), Now: c.now()}),
	}, err
}

// restorePage shows what restoring a version would change and for whom, or why it can't be restored.
func (s *Server) restorePage(c *call, version int64, e *org.Error) (p page, err error) {
	review, err := s.tenant.ReviewRestore(c.ctx, c.actor, c.scope(), c.param("roleName"), version)
	refusal, refused := errors.AsType[*org.Error](err)
	switch {
	case err != nil && (!refused || review.Version.Version == 0):
		return p, err
	case e == nil:
		e = refusal
	}
	return page{
		title: "Restore version " + strconv.FormatInt(version, 10), active: c.rolesItem(), crumbs: c.roleCrumbs(review.View.Role),
		body: views.RoleRestorePage(views.RoleRestore{RestoreReview: review, Catalog: c.catalog(), Err: e, Refused: refused, Now: c.now()}),
	}, nil
}

// roleCrumbs lead from the roles to one of them.
func (c *call) roleCrumbs(role org.Role) []views.Crumb {
	return []views.Crumb{
		{Label: c.rolesTitle(), URL: views.RolesURL(c.organization())},
		{Label: role.Label(), URL: views.RoleURL(c.organization(), role.Name)},
	}
}

// restoreRole stores an earlier version as a new one, with the same checks as an edit: no one restores what they may
// not write.
func (s *Server) restoreRole(c *call) (reply, error) {
	name := c.param("roleName")
	input := decode(c, func(o object) org.RestoreRole {
		n, ok := o.number("restore")
		if !ok {
			o.addError("restore", "must be the number of a version")
		}
		return org.RestoreRole{Version: n, From: c.versions(o)}
	})
	in, _ := input.Read()
	if c.dry {
		return c.foreseen(s.tenant.PreviewRestore(c.ctx, c.actor, c.scope(), name, input))
	}
	role, err := s.tenant.RestoreRole(c.ctx, c.actor, c.scope(), name, input)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.restorePage(c, in.Version, e) })
	}
	return reply{
		json: wireRole(&role), version: role.Tag(),
		next: to(views.RoleHistoryURL(c.organization(), role.Name),
			"Version "+strconv.FormatInt(in.Version, 10)+" was restored as version "+strconv.FormatInt(role.Version, 10)+"."),
	}, nil
}

// compareRoles compares a role with another one, or two of its versions. By default it compares the previous version
// with the current one; if there is none, a page asks for the other role.
func (s *Server) compareRoles(c *call) (reply, error) {
	q := c.query()
	from := org.RoleVersionRef{Name: c.param("roleName"), Version: q.cursor("version")}
	other := org.RoleVersionRef{Name: cmp.Or(q.text("with"), from.Name), Version: q.cursor("with_version")}
	if other.Name != from.Name {
		other.Version = 0
	}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	versions, err := s.tenant.RoleVersions(c.ctx, c.actor, c.scope(), from.Name)
	if err != nil && org.KindOf(err) != org.NotFound { // a built-in role has no versions
		return reply{}, err
	}
	if other == from && from.Version == 0 && len(versions) > 1 {
		from.Version = versions[1].Version
	}
	found, err := s.insight.CompareRoles(c.ctx, c.actor, c.organization(), from, other)
	if err != nil {
		return reply{}, err
	}
	return reply{
		json: wireComparison(&found),
		html: func() (page, error) {
			list, err := s.tenant.Roles(c.ctx, c.actor, c.scope())
			return page{
				title: "Compare", active: c.rolesItem(), crumbs: c.roleCrumbs(found.From),
				body: views.ComparePage(views.Compare{Comparison: found, From: from, To: other, Roles: list.Roles, Versions: versions, Catalog: c.catalog()}),
			}, err
		},
	}, nil
}
