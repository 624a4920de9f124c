package web

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views"
)

func (s *Server) listRoles(c *call) (reply, error) {
	list, err := s.roleList(c)
	if err != nil {
		return reply{}, err
	}
	return reply{
		data:   each(list.Roles, wireAssignableRole),
		page:   s.rolesView(c, list),
		title:  c.rolesTitle(),
		active: c.rolesItem(),
	}, nil
}

// rolesView is the list of roles with how many hold each.
func (s *Server) rolesView(c *call, list org.RoleList) view {
	return func() (templ.Component, error) {
		counts, err := s.org.RoleCounts(c.ctx, c.subject, c.organization())
		if err != nil {
			return nil, err
		}
		for i := range list.Roles {
			list.Roles[i].Members = counts[list.Roles[i].Name]
		}
		return views.RolesPage(views.Roles{List: list, Catalog: s.Catalog, Now: time.Now()}), nil
	}
}

// rolesTitle is what the list of roles is called.
func (c *call) rolesTitle() string {
	if c.ofSite() {
		return "Site roles"
	}
	return "Roles"
}

// rolesItem is the item of the navigation that roles belong to.
func (c *call) rolesItem() string {
	if c.ofSite() {
		return "site-roles"
	}
	return "roles"
}

func (s *Server) showRole(c *call) (reply, error) {
	v, err := s.roleView(c, c.param("roleName"))
	if err != nil {
		return reply{}, err
	}
	r := s.rolePage(c, views.RoleEditor{View: v})
	if c.query().text("confirm") == "delete" {
		r.page = s.roleDeletion(c, v, nil)
	}
	r.data, r.tag = wireAssignableRole(&v.Role), v.Role.Tag()
	return r, nil
}

// rolePage is the editor of a role.
func (s *Server) rolePage(c *call, e views.RoleEditor) reply {
	e.Catalog, e.Now, e.CanCreate = s.Catalog, time.Now(), e.View.CanCreate
	title := displayName(e.View.Role.DisplayName, e.View.Role.Name)
	if e.New {
		title = "New role"
	}
	return reply{
		page:   show(views.RoleEditorPage(e)),
		title:  title,
		active: c.rolesItem(),
		crumbs: []views.Crumb{{Label: c.rolesTitle(), URL: views.RolesURL(c.organization())}},
	}
}

func (s *Server) newRole(c *call) (reply, error) {
	e, err := s.newRoleEditor(c, c.query().text("from"))
	if err != nil {
		return reply{}, err
	}
	return s.rolePage(c, e), nil
}

// newRoleEditor is the editor of a role that is not stored yet, started from another one unless from is "".
func (s *Server) newRoleEditor(c *call, from string) (e views.RoleEditor, err error) {
	e = views.RoleEditor{New: true, Start: from}
	if e.View, err = s.startRole(c, from); err != nil {
		return e, err
	}
	list, err := s.roleList(c)
	e.Choices = list.Roles
	return e, err
}

func (s *Server) createRole(c *call) (reply, error) {
	role, err := s.org.CreateOrganizationRole(c.ctx, c.subject, c.organization(), s.roleInput(c))
	return s.savedRole(c, &role, err)
}

func (s *Server) putRole(c *call) (reply, error) {
	switch c.step() {
	case views.StepReview:
		return s.reviewRole(c)
	case views.StepEdit:
		return s.editRole(c)
	}
	role, err := s.storeRole(c.ctx, c, s.roleInput(c))
	return s.savedRole(c, &role, err)
}

func (s *Server) savedRole(c *call, role *org.Role, err error) (reply, error) {
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.refusedRole(c, e) })
	}
	var wire any = wireRole(role)
	if c.ofSite() {
		wire = wirePatchedRole(role)
	}
	return reply{
		data:  s.Wire.savedRole(wire),
		tag:   role.Tag(),
		next:  views.RoleURL(c.organization(), role.Name),
		flash: displayName(role.DisplayName, role.Name) + " was saved.",
	}, nil
}

func (s *Server) deleteRole(c *call) (reply, error) {
	role, err := s.dropRole(c.fromVersions(), c, c.param("roleName"))
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.refusedDeletion(c, e) })
	}
	status, data := s.Wire.deletedRole(wireRole(&role))
	return reply{
		status: status,
		data:   data,
		next:   views.RolesURL(c.organization()),
		flash:  displayName(role.DisplayName, role.Name) + " was deleted.",
	}, nil
}

func (s *Server) refusedDeletion(c *call, e *org.Error) reply {
	return reply{
		title:  "Delete role",
		active: c.rolesItem(),
		page: func() (templ.Component, error) {
			v, err := s.roleView(c, c.param("roleName"))
			if err != nil {
				return nil, err
			}
			return s.roleDeletion(c, v, e)()
		},
	}
}

// roleDeletion asks whether to delete a role, and tells what that would do, or why it can't be done.
func (s *Server) roleDeletion(c *call, v org.RoleView, e *org.Error) view {
	return func() (templ.Component, error) {
		d := views.RoleDelete{View: v, Err: e}
		if !v.CanDelete {
			return views.RoleDeletePage(d), nil
		}
		ctx, impact := org.WithDryRun(c.ctx)
		_, err := s.dropRole(ctx, c, v.Role.Name)
		if refusal, ok := errors.AsType[*org.Error](err); ok && e == nil {
			d.Err, d.View.CanDelete, err = refusal, false, nil
		}
		if e != nil {
			err = nil
		}
		d.Impact = *impact
		return views.RoleDeletePage(d), err
	}
}

// The lists of permissions in the body of a role.
const (
	fieldSite         = "site_permissions"
	fieldOrganization = "organization_permissions"
	fieldUser         = "user_permissions"
	fieldMember       = "organization_member_permissions" // on what one owns in an organization: reserved
)

// roleInput decodes a role to be stored. A client of 2024 gives the permissions of an organization's role by the id of the
// organization, which is looked up for it.
func (s *Server) roleInput(c *call) org.Input[org.RoleInput] {
	var id uuid.UUID
	if o, err := c.object(); err == nil && !c.ofSite() && len(o.byOrganization()) > 0 {
		organization, err := s.org.Organization(c.ctx, c.subject, c.organization())
		if err != nil {
			return org.NewInput(org.RoleInput{}, err)
		}
		id = organization.ID
	}
	return c.decodeRole(id)
}

// decodeRole decodes a role of an organization, or of the site for uuid.Nil.
func (c *call) decodeRole(organization uuid.UUID) org.Input[org.RoleInput] {
	return decode(c, func(o object) org.RoleInput {
		if o.form {
			return c.roleFromForm(o)
		}
		return c.roleFromJSON(o, organization)
	})
}

func (c *call) roleFromJSON(o object, organization uuid.UUID) org.RoleInput {
	o.ignore(sentBack...)
	in := org.RoleInput{
		Name:        o.text("name"),
		DisplayName: o.text("display_name"),
		Site:        o.permissions(fieldSite),
		User:        o.permissions(fieldUser),
		Member:      o.permissions(fieldMember),
		From:        c.versions(o),
	}
	if o.byOrganization() == nil {
		in.Organization = o.permissions(fieldOrganization)
		return in
	}
	inner := o.table(fieldOrganization)
	for _, key := range slices.Sorted(maps.Keys(inner.fields)) {
		permissions := inner.permissions(key)
		id, err := uuid.Parse(key)
		switch {
		case organization == uuid.Nil && len(permissions) > 0: // org refuses those in a role of the site, and says so
		case organization == uuid.Nil || err != nil || id != organization:
			inner.wrong(key, "is not the organization of this role")
			continue
		}
		in.Organization = append(in.Organization, permissions...)
	}
	return in
}

// byOrganization is the permissions as a client of 2024 gives them, nil if they are not given so.
func (o object) byOrganization() map[string]any {
	byID, _ := o.fields[fieldOrganization].(map[string]any)
	return byID
}

// permissions reads a list of permissions.
func (o object) permissions(name string) []rbac.Permission {
	list := o.objects(name)
	permissions := make([]rbac.Permission, len(list))
	for i, p := range list {
		permissions[i] = rbac.Permission{
			ResourceType: p.text("resource_type"), Action: p.text("action"), Negate: p.flag("negate"),
		}
	}
	return permissions
}

// formLevels are the levels of permissions as the names of a form's cells begin: org.template.read, for one.
var formLevels = map[string]rbac.Level{"site": rbac.LevelSite, "org": rbac.LevelOrganization, "user": rbac.LevelUser}

// roleFromForm reads the cells that the form of a role has; the rest of a stored role stays as it is.
func (c *call) roleFromForm(o object) org.RoleInput {
	in := org.RoleInput{
		Name:        o.text("name"),
		DisplayName: o.text("display_name"),
		From:        c.versions(o),
		MustCreate:  o.flag("new"),

		Partial:         true,
		KeepDisplayName: !o.has("display_name"),
	}
	for _, field := range slices.Sorted(maps.Keys(o.fields)) {
		parts := strings.Split(field, ".")
		if len(parts) != 3 {
			continue
		}
		level, ok := formLevels[parts[0]]
		if !ok {
			continue
		}
		cell := rbac.Difference{Level: level, ResourceType: parts[1], Action: parts[2]}
		switch value := o.text(field); value {
		case "":
		case "allow":
			cell.To = rbac.Allowed
		case "deny":
			cell.To = rbac.Denied
		default:
			o.wrong(field, fmt.Sprintf("must be allow, deny or nothing, not %q", value))
		}
		in.Cells = append(in.Cells, cell)
	}
	return in
}
