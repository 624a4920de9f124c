package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"rolecall/org"
	"rolecall/rbac"
	"rolecall/views"
)

func (s *Server) listRoles(c *call) (reply, error) {
	list, err := s.org.OrganizationRoles(c.ctx, c.subject, c.organization())
	if err != nil {
		return reply{}, err
	}
	return reply{
		data:   each(list.Roles, wireAssignableRole),
		page:   show(views.RolesPage(views.Roles{List: list, Catalog: s.Catalog, Now: time.Now()})),
		title:  "Roles",
		active: "roles",
	}, nil
}

func (s *Server) showRole(c *call) (reply, error) {
	v, err := s.org.OrganizationRole(c.ctx, c.subject, c.organization(), c.param("roleName"))
	if err != nil {
		return reply{}, err
	}
	r := s.rolePage(c, views.RoleEditor{View: v})
	if c.query().text("confirm") == "delete" {
		r.page = show(views.RoleDeletePage(views.RoleDelete{View: v}))
	}
	r.data, r.version = wireAssignableRole(&v.Role), v.Role.Version
	return r, nil
}

// rolePage is the editor of a role.
func (s *Server) rolePage(c *call, e views.RoleEditor) reply {
	e.Catalog, e.Now = s.Catalog, time.Now()
	title := displayName(e.View.Role.DisplayName, e.View.Role.Name)
	if e.New {
		title = "New role"
	}
	return reply{
		page:   show(views.RoleEditorPage(e)),
		title:  title,
		active: "roles",
		crumbs: []views.Crumb{{Label: "Roles", URL: views.RolesURL(c.organization())}},
	}
}

func (s *Server) newRole(c *call) (reply, error) {
	return s.newRoleFrom(c, c.query().text("from"))
}

func (s *Server) newRoleFrom(c *call, from string) (reply, error) {
	v, err := s.org.NewOrganizationRole(c.ctx, c.subject, c.organization(), from)
	if err != nil {
		return reply{}, err
	}
	list, err := s.org.OrganizationRoles(c.ctx, c.subject, c.organization())
	if err != nil {
		return reply{}, err
	}
	return s.rolePage(c, views.RoleEditor{View: v, New: true, Choices: list.Roles, Start: from}), nil
}

func (s *Server) createRole(c *call) (reply, error) {
	body, err := s.roleBody(c)
	if err != nil {
		return reply{}, err
	}
	role, err := s.org.CreateOrganizationRole(c.ctx, c.subject, c.organization(), body)
	return s.savedRole(c, &role, err)
}

func (s *Server) putRole(c *call) (reply, error) {
	body, err := s.roleBody(c)
	if err != nil {
		return reply{}, err
	}
	role, err := s.org.PutOrganizationRole(c.ctx, c.subject, c.organization(), body)
	return s.savedRole(c, &role, err)
}

func (s *Server) savedRole(c *call, role *org.Role, err error) (reply, error) {
	if err = c.precondition(err); err != nil {
		return c.again(err, func(e *org.Error) reply { return s.refusedRole(c, e) })
	}
	return reply{
		data:    s.Wire.savedRole(wireRole(role)),
		version: role.Version,
		next:    views.RoleURL(c.organization(), role.Name),
		flash:   displayName(role.DisplayName, role.Name) + " was saved.",
	}, nil
}

// refusedRole shows the editor as it was filled in, next to what is stored now.
func (s *Server) refusedRole(c *call, e *org.Error) reply {
	o, err := c.object()
	if err != nil {
		return problem(c, e.Kind.Status(), e)
	}
	editor := views.RoleEditor{New: o.flag("new"), Err: e}
	if editor.New {
		editor.View, err = s.org.NewOrganizationRole(c.ctx, c.subject, c.organization(), "")
	} else {
		editor.View, err = s.org.OrganizationRole(c.ctx, c.subject, c.organization(), o.text("name"))
	}
	if err != nil {
		return problem(c, e.Kind.Status(), e)
	}
	stored := editor.View.Role
	in := c.roleFromForm(o, &stored)
	editor.Stored = &stored
	role := &editor.View.Role
	role.Name, role.DisplayName = in.Name, in.DisplayName
	role.Site, role.Organization, role.User = in.Site, in.Organization, in.User
	return s.rolePage(c, editor)
}

func (s *Server) deleteRole(c *call) (reply, error) {
	role, err := s.org.DeleteOrganizationRole(c.ctx, c.subject, c.organization(), c.param("roleName"))
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
		active: "roles",
		page: func() (templ.Component, error) {
			v, err := s.org.OrganizationRole(c.ctx, c.subject, c.organization(), c.param("roleName"))
			return views.RoleDeletePage(views.RoleDelete{View: v, Err: e}), err
		},
	}
}

func (s *Server) listSiteRoles(c *call) (reply, error) {
	list, err := s.org.SiteRoles(c.ctx, c.subject)
	return reply{data: each(list.Roles, wireAssignableRole)}, err
}

func (s *Server) showSiteRole(c *call) (reply, error) {
	v, err := s.org.SiteRole(c.ctx, c.subject, c.param("roleName"))
	return reply{data: wireAssignableRole(&v.Role), version: v.Role.Version}, err
}

func (s *Server) putSiteRole(c *call) (reply, error) {
	role, err := s.org.PutSiteRole(c.ctx, c.subject, c.decodeRole(uuid.Nil))
	if err = c.precondition(err); err != nil {
		return reply{}, err
	}
	return reply{data: s.Wire.savedRole(wirePatchedRole(&role)), version: role.Version}, nil
}

func (s *Server) deleteSiteRole(c *call) (reply, error) {
	role, err := s.org.DeleteSiteRole(c.ctx, c.subject, c.param("roleName"))
	if err != nil {
		return reply{}, err
	}
	status, data := s.Wire.deletedRole(wireRole(&role))
	return reply{status: status, data: data}, nil
}

// roleBody decodes the body of a write of an organization's role. A client of 2024 gives its permissions by
// organization id, so that id must be known before.
func (s *Server) roleBody(c *call) (org.RoleBody, error) {
	var id uuid.UUID
	o, err := c.object()
	if byID, ok := o.fields[fieldOrganization].(map[string]any); err == nil && ok && len(byID) > 0 {
		organization, err := s.org.Organization(c.ctx, c.subject, c.organization())
		if err != nil {
			return nil, err
		}
		id = organization.ID
	}
	return c.decodeRole(id), nil
}

// The lists of permissions in the body of a role.
const (
	fieldSite         = "site_permissions"
	fieldOrganization = "organization_permissions"
	fieldUser         = "user_permissions"
)

// decodeRole receives the body and promises to turn it into a role of an organization, or of the site for uuid.Nil.
func (c *call) decodeRole(organization uuid.UUID) org.RoleBody {
	c.receive()
	return func(stored func(string) (*org.Role, error)) (in org.RoleInput, err error) {
		o, err := c.object()
		if err != nil {
			return in, err
		}
		if o.form {
			role, err := stored(o.text("name"))
			if err != nil {
				return in, err
			}
			in = c.roleFromForm(o, role)
		} else {
			in = c.roleFromJSON(o, organization)
		}
		return in, o.problem()
	}
}

func (c *call) roleFromJSON(o object, organization uuid.UUID) org.RoleInput {
	in := org.RoleInput{
		Name:        o.text("name"),
		DisplayName: o.text("display_name"),
		Site:        o.permissions(fieldSite),
		User:        o.permissions(fieldUser),
		Version:     c.version(o),
	}
	byID, ok := o.fields[fieldOrganization].(map[string]any)
	if !ok {
		in.Organization = o.permissions(fieldOrganization)
		return in
	}
	inner := object{fields: byID, path: fieldOrganization + ".", bad: o.bad}
	for _, key := range slices.Sorted(maps.Keys(byID)) {
		if id, err := uuid.Parse(key); organization == uuid.Nil || err != nil || id != organization {
			inner.wrong(key, "is not the organization of this role")
			continue
		}
		in.Organization = append(in.Organization, inner.permissions(key)...)
	}
	return in
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

// roleFromForm changes a stored role by the cells that the form has, and leaves the rest of it as it is. stored is nil
// for a role that is not there yet.
func (c *call) roleFromForm(o object, stored *org.Role) org.RoleInput {
	in := org.RoleInput{
		Name:        o.text("name"),
		DisplayName: o.text("display_name"),
		Version:     c.version(o),
		MustCreate:  o.flag("new"),
	}
	if stored != nil {
		in.Site, in.Organization, in.User = slices.Clone(stored.Site), slices.Clone(stored.Organization), slices.Clone(stored.User)
		if !o.has("display_name") {
			in.DisplayName = stored.DisplayName
		}
	}
	levels := map[string]*[]rbac.Permission{"site": &in.Site, "org": &in.Organization, "user": &in.User}
	for _, field := range slices.Sorted(maps.Keys(o.fields)) {
		parts := strings.Split(field, ".")
		if len(parts) != 3 || levels[parts[0]] == nil {
			continue
		}
		list := levels[parts[0]]
		cell := rbac.Permission{ResourceType: parts[1], Action: parts[2]}
		*list = slices.DeleteFunc(*list, func(p rbac.Permission) bool {
			return p.ResourceType == cell.ResourceType && p.Action == cell.Action
		})
		switch value := o.text(field); value {
		case "":
		case "allow", "deny":
			cell.Negate = value == "deny"
			*list = append(*list, cell)
		default:
			o.wrong(field, fmt.Sprintf("must be allow, deny or nothing, not %q", value))
		}
	}
	return in
}
