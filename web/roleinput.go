package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// The lists of permissions in the body of a role.
const (
	fieldSite         = "site_permissions"
	fieldOrganization = "organization_permissions"
	fieldUser         = "user_permissions"
	fieldMember       = "organization_member_permissions" // for one's own things in an organization: reserved
)

// roleInput decodes a role to be stored. A client of 2024 sends the permissions of an organization's role by the id of the
// organization, which is looked up for that.
func (s *Server) roleInput(c *call) org.Input[org.RoleInput] {
	var id uuid.UUID
	if o, err := c.object(); err == nil && !c.ofSite() && len(o.byOrganization()) > 0 {
		organization, err := s.tenant.Organization(c.ctx, c.actor, c.organization())
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
		Description: o.optional("description"),
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
		case organization == uuid.Nil && len(permissions) > 0: // org refuses them in a role of the site, and says so
		case organization == uuid.Nil || err != nil || id != organization:
			inner.addError(key, "is not the organization of this role")
			continue
		}
		in.Organization = append(in.Organization, permissions...)
	}
	return in
}

// byOrganization returns the permissions as a client of 2024 sends them, nil if they are in another form.
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

// formLevels maps the prefixes of a form's cells to levels of permissions, as in org.organization.read.
var formLevels = map[string]rbac.Level{"site": rbac.LevelSite, "org": rbac.LevelOrganization, "user": rbac.LevelUser}

// roleFromForm reads the cells that the form of a role has; the rest of a stored role stays as it is.
func (c *call) roleFromForm(o object) org.RoleInput {
	in := org.RoleInput{
		Name:        o.text("name"),
		DisplayName: o.text("display_name"),
		Description: o.optional("description"),
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
			o.addError(field, fmt.Sprintf("must be allow, deny or nothing, not %q", value))
		}
		in.Cells = append(in.Cells, cell)
	}
	return in
}
