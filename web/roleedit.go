package web

import (
	"cmp"
	"errors"

	"rolecall.example/org"
	"rolecall.example/views"
)

// roleEditor makes the editor of a role.
func (s *Server) roleEditor(c *call, e views.RoleEditor) page {
	e.Catalog, e.Now, e.CanCreate = c.catalog(), c.now(), e.View.CanCreate
	title := e.View.Role.Label()
	if e.New {
		title = "New role"
	}
	return page{title: title, active: c.rolesItem(), script: "editor.js", crumbs: []views.Crumb{c.rolesCrumb()}, body: views.RoleEditorPage(e)}
}

func (s *Server) newRole(c *call) (reply, error) {
	e, err := s.newRoleEditor(c, c.query().text("from"))
	if err != nil {
		return reply{}, err
	}
	return reply{html: show(s.roleEditor(c, e))}, nil
}

// newRoleEditor makes the editor of a new role, which starts as a copy of another one unless from is "".
func (s *Server) newRoleEditor(c *call, from string) (e views.RoleEditor, err error) {
	e = views.RoleEditor{New: true, Start: from}
	if e.View, err = s.tenant.NewRole(c.ctx, c.actor, c.scope(), from); err != nil {
		return e, err
	}
	list, err := s.tenant.Roles(c.ctx, c.actor, c.scope())
	e.Choices = list.Roles
	return e, err
}

// createRole stores a new role of an organization. A site role is created by putRole, as in Coder's API.
func (s *Server) createRole(c *call) (reply, error) {
	input := s.roleInput(c)
	in, unreadable := input.Read()
	in.MustCreate = true
	return s.storeRole(c, input, org.NewInput(in, unreadable))
}

// putRole stores a role, new or not, or takes a step of its editor: to the review before saving, or back to the editor.
func (s *Server) putRole(c *call) (reply, error) {
	input := s.roleInput(c)
	switch c.editorStep() {
	case views.StepReview:
		return s.reviewRole(c, input)
	case views.StepEdit:
		return s.editRole(c, input)
	}
	return s.storeRole(c, input, input)
}

// storeRole stores a role; input is as it was sent.
func (s *Server) storeRole(c *call, input, role org.Input[org.RoleInput]) (reply, error) {
	if c.dry {
		return c.foreseen(s.tenant.PreviewRole(c.ctx, c.actor, c.scope(), role))
	}
	stored, err := s.tenant.PutRole(c.ctx, c.actor, c.scope(), role)
	return s.savedRole(c, input, &stored, err)
}

// editorStep returns the step that the button of a role's form asks for, "" to save.
func (c *call) editorStep() string {
	o, err := c.object()
	if err != nil || !o.form {
		return ""
	}
	return o.text("do")
}

// savedRole answers after a role was saved, or shows the editor again.
func (s *Server) savedRole(c *call, input org.Input[org.RoleInput], role *org.Role, err error) (reply, error) {
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.refusedRole(c, input, e) })
	}
	var wire any = wireRole(role)
	if c.ofSite() {
		wire = wirePatchedRole(role)
	}
	return reply{json: s.Wire.savedRole(wire), version: role.Tag(), next: c.afterSave(input, role)}, nil
}

// afterSave leads back to the role. From there a new role leads to the people to give it to, a changed one to the
// version before.
func (c *call) afterSave(input org.Input[org.RoleInput], role *org.Role) destination {
	home := cmp.Or(c.answered(), views.RoleURL(c.organization(), role.Name))
	if in, _ := input.Read(); in.MustCreate {
		next := to(home, role.Label()+" was created. No one has it yet.")
		object := "assign_org_role"
		if c.ofSite() {
			object = "assign_role"
		}
		if c.may("assign", object, role.OrganizationID) {
			next.then = views.GiveIt(c.organization())
		}
		return next
	}
	next := to(home, role.Label()+" was saved.")
	if o, err := c.object(); err == nil && o.form && o.text("version") != role.Tag() && role.Version > 1 { // else nothing changed
		next.then = views.Then{Label: views.ThenUndo, URL: views.RoleRestoreReviewURL(c.organization(), role.Name, role.Version-1)}
	}
	return next
}

// refusedRole makes the editor as it was filled in, or lets the caller resolve a conflict with another save.
func (s *Server) refusedRole(c *call, input org.Input[org.RoleInput], e *org.Error) (p page, err error) {
	editor, err := s.entered(c, input)
	if err != nil {
		return p, err
	}
	if e.Kind == org.Conflict && !editor.New {
		if p, ok := s.mergePage(c, input, &editor); ok {
			return p, nil
		}
	}
	editor.Err = e
	return s.roleEditor(c, editor), nil
}

// entered makes the editor as it was filled in, including mistakes, next to what is stored now.
func (s *Server) entered(c *call, input org.Input[org.RoleInput]) (e views.RoleEditor, err error) {
	o, err := c.object()
	if err != nil {
		return e, err
	}
	in, _ := input.Read() // its problems do not matter here
	if !in.MustCreate {
		stored, err := s.tenant.Role(c.ctx, c.actor, c.scope(), in.Name)
		return editorOf(stored, in), err
	}
	e, err = s.newRoleEditor(c, o.text("from"))
	blank := org.Role{OrganizationID: e.View.Role.OrganizationID}
	e.Stored, e.View.Role = &blank, filledIn(in, blank)
	return e, err
}

// editorOf makes the editor of a stored role as it was filled in.
func editorOf(stored org.RoleView, in org.RoleInput) views.RoleEditor {
	e := views.RoleEditor{View: stored, Stored: &stored.Role}
	e.View.Role = filledIn(in, stored.Role)
	return e
}

// filledIn returns a role with the values of a form.
func filledIn(in org.RoleInput, role org.Role) org.Role {
	in = in.Over(&role)
	role.Name, role.DisplayName, role.Description = in.Name, in.DisplayName, *in.Description
	role.Site, role.Organization, role.User = in.Site, in.Organization, in.User
	return role
}

// editRole goes back to the editor with all input.
func (s *Server) editRole(c *call, input org.Input[org.RoleInput]) (reply, error) {
	editor, err := s.entered(c, input)
	if err != nil {
		return reply{}, err
	}
	editor.Again = true
	return reply{html: show(s.roleEditor(c, editor))}, nil
}

// reviewRole shows what saving would change, and for whom.
func (s *Server) reviewRole(c *call, input org.Input[org.RoleInput]) (reply, error) {
	view, impact, err := s.tenant.ReviewRole(c.ctx, c.actor, c.scope(), input)
	refusal, refused := errors.AsType[*org.Error](err)
	if err != nil && (!refused || len(refusal.Fields) > 0 || refusal.Kind != org.Invalid) {
		return s.savedRole(c, input, nil, err)
	}
	in, _ := input.Read()
	editor := editorOf(view, in)
	if in.MustCreate || refused || view.Role.Name == "" {
		if editor, err = s.entered(c, input); err != nil {
			return reply{}, err
		}
	}
	editor.Catalog = c.catalog()
	p := s.roleEditor(c, editor)
	p.title = "Review " + editor.View.Role.Label()
	p.body = views.RoleReviewPage(views.RoleReview{Editor: editor, Impact: impact, Err: refusal})
	r := reply{html: show(p)}
	if refused {
		r.status, r.refused = refusal.Kind.Status(), refusal
	}
	return r, nil
}

// mergePage merges the input into what another editor saved in the meantime. It can't if the version with which the
// form was opened is no longer stored: the cells of the form refer to that one.
func (s *Server) mergePage(c *call, input org.Input[org.RoleInput], editor *views.RoleEditor) (page, bool) {
	o, err := c.object()
	if err != nil {
		return page{}, false
	}
	versions, err := s.tenant.RoleVersions(c.ctx, c.actor, c.scope(), editor.View.Role.Name)
	from := o.text("version")
	if err != nil || from == "" {
		return page{}, false
	}
	for _, v := range versions {
		if v.Role.Tag() != from {
			continue
		}
		view := editor.View
		view.Role = *editor.Stored
		in, _ := input.Read()
		m := org.MergeRoles(v.Role, *editor.Stored, filledIn(in, v.Role))
		p := s.roleEditor(c, views.RoleEditor{View: view})
		p.body = views.RoleMergePage(views.RoleMerge{View: view, Merge: m, Now: c.now(), Catalog: c.catalog()})
		return p, true
	}
	return page{}, false
}
