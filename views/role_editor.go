package views

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// RoleEditor is the page of one role: its names and the grid of its permissions.
//
// After a refused save, View.Role is the role as entered and Stored the role as stored. The permissions of View.Role
// are in the order in which the use case got them, so that a field like "organization_permissions[3].action" of Err
// finds its cell.
type RoleEditor struct {
	View      org.RoleView
	New       bool
	CanCreate bool       // the caller may create roles: offers to duplicate this one
	Stored    *org.Role  // the stored role, which edits are compared with; nil: View.Role
	Choices   []org.Role // roles that a new one can start from
	Start     string     // name of the role that a new one was started from
	Again     bool       // it comes back from the review, with changes that are not saved
	Catalog   *rbac.Catalog
	Err       *org.Error
	Now       time.Time
}

// editable reports whether the caller can save the form.
func (e RoleEditor) editable() bool { return e.New || (e.View.CanUpdate && !e.View.Role.BuiltIn) }

// organizationRole reports whether the role belongs to an organization, not to the site.
func (e RoleEditor) organizationRole() bool { return e.View.Organization.Name != "" }

// stored returns the role that edits are compared with. In a new role nothing counts as an edit.
func (e RoleEditor) stored() org.Role {
	if e.New || e.Stored == nil {
		return e.View.Role
	}
	return *e.Stored
}

// unsaved reports whether the form has changes that are not stored.
func (e RoleEditor) unsaved() bool { return e.New || e.Again || e.Err != nil }

// conflict reports whether another save came in between.
func (e RoleEditor) conflict() bool {
	return e.Err != nil && e.Err.Kind == org.Conflict && !e.New
}

// version returns the tag of the state that the form is based on.
func (e RoleEditor) version() string {
	role := e.stored()
	return role.Tag()
}

func (e RoleEditor) method() string {
	if e.organizationRole() {
		return http.MethodPut
	}
	return http.MethodPatch
}

// unused reports whether no one has the role yet, and the caller may change that.
func (e RoleEditor) unused() bool { return e.View.Role.Members == 0 && e.View.Role.Assignable }

// GiveIt links to the people whom a role can be given to.
func GiveIt(organization string) Then {
	if organization == "" {
		return Then{"Give it to people", UsersPath}
	}
	return Then{"Give it to members", MembersURL(organization, org.MemberFilter{})}
}

func (e RoleEditor) holders() string {
	return rolesOf(e.View.Organization).holders()
}

var permissionField = regexp.MustCompile(`^(site|organization|user)_permissions\[(\d+)\]`)

// cellErrors sorts the errors of single permissions by their pair: "organization_permissions[3].action" is about the
// fourth permission that was sent.
func (e RoleEditor) cellErrors(l rbac.Level) map[rbac.Permission][]string {
	if e.Err == nil {
		return nil
	}
	out := map[rbac.Permission][]string{}
	for _, f := range e.Err.Fields {
		if level, p, ok := e.fieldPair(f.Field); ok && level == l {
			out[p] = append(out[p], f.Detail)
		}
	}
	return out
}

// fieldPair finds the pair, as an allow, that a field of an error is about.
func (e RoleEditor) fieldPair(name string) (l rbac.Level, p rbac.Permission, ok bool) {
	m := permissionField.FindStringSubmatch(name)
	if m == nil {
		return 0, p, false
	}
	l = map[string]rbac.Level{"site": rbac.LevelSite, "organization": rbac.LevelOrganization, "user": rbac.LevelUser}[m[1]]
	perms := permissions(e.View.Role, l)
	i, err := strconv.Atoi(m[2])
	if err != nil || i >= len(perms) {
		return 0, p, false
	}
	return l, rbac.Permission{ResourceType: perms[i].ResourceType, Action: perms[i].Action}, true
}

// readable returns the error with its fields named as on the page, and the ids of their cells.
func (e RoleEditor) readable() (*org.Error, map[string]string) {
	anchors := map[string]string{"name": "name", "display_name": "display_name", "description": "description"}
	if e.Err == nil {
		return nil, anchors
	}
	shown := *e.Err
	shown.Fields = slices.Clone(e.Err.Fields)
	told := len(shown.Fields) > 0
	for i, f := range shown.Fields {
		level, p, ok := e.fieldPair(f.Field)
		if !ok {
			told = false
			continue
		}
		name := p.String()
		if e.Catalog.Valid(p.ResourceType, p.Action) {
			name = ui.FieldLabel(e.Catalog.Phrase(p))
			anchors[name] = gridCell{Permission: p, level: level}.id()
		}
		shown.Fields[i].Field = name
	}
	if told { // the detail says the same about the codes
		shown.Detail = ""
	}
	return &shown, anchors
}

func permissions(r org.Role, l rbac.Level) []rbac.Permission {
	switch l {
	case rbac.LevelSite:
		return r.Site
	case rbac.LevelOrganization:
		return r.Organization
	default:
		return r.User
	}
}
