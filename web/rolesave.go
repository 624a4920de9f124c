package web

import (
	"errors"
	"time"

	"rolecall.example/org"
	"rolecall.example/views"
)

// step is what the button of a role's form asks for, "" to save.
func (c *call) step() string {
	o, err := c.object()
	if err != nil || !o.form {
		return ""
	}
	return o.text("do")
}

// entered is the editor as it was filled in, next to what is stored now. A role that was changed meanwhile is taken as
// it stood when the form was opened, if that version is still known: the cells of the form speak of that one.
func (s *Server) entered(c *call) (e views.RoleEditor, err error) {
	o, err := c.object()
	if err != nil {
		return e, err
	}
	if o.flag("new") {
		if e, err = s.newRoleEditor(c, o.text("from")); err != nil {
			return e, err
		}
		e.View.Role = org.Role{OrganizationID: e.View.Role.OrganizationID}
	} else if e.View, err = s.roleView(c, o.text("name")); err != nil {
		return e, err
	}
	stored := e.View.Role
	e.Stored = &stored
	e.View.Role = c.filledIn(o, stored)
	return e, nil
}

// filledIn is a role with what a form says of it.
func (c *call) filledIn(o object, role org.Role) org.Role {
	in := c.roleFromForm(o).Over(&role)
	role.Name, role.DisplayName = in.Name, in.DisplayName
	role.Site, role.Organization, role.User = in.Site, in.Organization, in.User
	return role
}

// refusedRole shows the editor as it was filled in, or lets a clash with another save be settled.
func (s *Server) refusedRole(c *call, e *org.Error) reply {
	editor, err := s.entered(c)
	if err != nil {
		return problem(c, e.Kind.Status(), e)
	}
	if e.Kind == org.Conflict && !editor.New {
		if r, ok := s.mergePage(c, &editor); ok {
			return r
		}
	}
	editor.Err = e
	return s.rolePage(c, editor)
}

// editRole goes back to the editor with everything that was entered.
func (s *Server) editRole(c *call) (reply, error) {
	editor, err := s.entered(c)
	if err != nil {
		return reply{}, err
	}
	editor.Again = true
	return s.rolePage(c, editor), nil
}

// reviewRole tells what saving would change, and for whom.
func (s *Server) reviewRole(c *call) (reply, error) {
	ctx, impact := org.WithDryRun(c.ctx)
	_, err := s.storeRole(ctx, c, s.roleInput(c))
	refusal, refused := errors.AsType[*org.Error](err)
	if err != nil && (!refused || len(refusal.Fields) > 0 || refusal.Kind != org.Invalid) {
		return s.savedRole(c, nil, err)
	}
	editor, err := s.entered(c)
	if err != nil {
		return reply{}, err
	}
	r := s.rolePage(c, editor)
	r.page = show(views.RoleReviewPage(views.RoleReview{Editor: editor, Impact: *impact, Err: refusal}))
	r.title = "Review " + displayName(editor.View.Role.DisplayName, editor.View.Role.Name)
	if refused {
		r.status, r.refused = refusal.Kind.Status(), refusal
	}
	return r, nil
}

// mergePage lays what was entered over what somebody else saved meanwhile. It can't when it is not known any more what
// the role was when the form was opened.
func (s *Server) mergePage(c *call, editor *views.RoleEditor) (reply, bool) {
	o, err := c.object()
	if err != nil {
		return reply{}, false
	}
	versions, err := s.roleVersions(c, editor.View.Role.Name)
	from := o.text("version")
	if err != nil || from == "" {
		return reply{}, false
	}
	for _, v := range versions {
		if v.Role.Tag() != from {
			continue
		}
		view := editor.View
		view.Role = *editor.Stored
		m := org.MergeRoles(v.Role, *editor.Stored, c.filledIn(o, v.Role))
		r := s.rolePage(c, views.RoleEditor{View: view})
		r.page = show(views.RoleMergePage(views.RoleMerge{View: view, Merge: m, Now: time.Now()}))
		return r, true
	}
	return reply{}, false
}
