package org

import (
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// Levels walks the lists of a role by level.
func (r *Role) Levels() iter.Seq2[rbac.Level, []rbac.Permission] {
	return func(yield func(rbac.Level, []rbac.Permission) bool) {
		_ = yield(rbac.LevelSite, r.Site) && yield(rbac.LevelOrganization, r.Organization) && yield(rbac.LevelUser, r.User)
	}
}

// Rules returns what the role says, for comparing it with another one.
func (r *Role) Rules() *rbac.Role {
	return &rbac.Role{Name: r.Name, DisplayName: r.DisplayName, Site: r.Site, Organization: r.Organization, User: r.User, BuiltIn: r.BuiltIn}
}

// RoleRef names a role that someone holds.
type RoleRef struct {
	Name           string
	DisplayName    string
	OrganizationID uuid.UUID // uuid.Nil for a site role
	BuiltIn        bool
}

// Role is a role as it is listed and edited: built-in or custom, of an organization or of the site.
type Role struct {
	ID             uuid.UUID // uuid.Nil for a built-in role
	OrganizationID uuid.UUID // uuid.Nil for a site role
	Name           string
	DisplayName    string
	Description    string // what it is for, in a line; may be empty
	Site           []rbac.Permission
	Organization   []rbac.Permission
	User           []rbac.Permission
	BuiltIn        bool
	Version        int64 // 0 for a built-in role and for one that is not stored yet
	CreatedAt      time.Time
	UpdatedAt      time.Time
	UpdatedBy      string // username of the last editor, "" when unknown or not for the caller

	Catalog   int64            // the version of the catalog in which its lists are meant here; 0 for a built-in role
	WrittenIn int64            // the one in which they were stored
	Dead      []DeadPermission // what it was given once and means nothing any more

	Assignable bool   // the caller may give this role to a member
	Refusal    string // why not: a short sentence, "" when it may
	Members    int    // how many hold it, or Unknown; filled for one role, see RoleCounts for lists
}

// Denies reports whether the role denies something, under the catalog in force or another one: what means nothing now may mean
// something again if the catalog is rolled back.
func (r *Role) Denies() bool {
	for _, list := range r.Levels() {
		if slices.ContainsFunc(list, func(p rbac.Permission) bool { return p.Negate }) {
			return true
		}
	}
	return slices.ContainsFunc(r.Dead, func(d DeadPermission) bool { return d.Permission.Negate })
}

// DeadPermission is a permission that a change of the catalog made meaningless. It is stored as it was, and has no effect.
type DeadPermission struct {
	Level      rbac.Level
	Permission rbac.Permission
	Hidden     bool // something else has the name now, so the role does not show it

	// For versions of a role, for their pages: the version of the catalog that removed it, 0 if unknown, and its words before.
	Removed int64
	Phrase  string
}

// DeadCount counts what is stored but means nothing in the catalog in force.
type DeadCount struct {
	Permissions int64 `json:"permissions"` // of custom roles
	Assignments int64 `json:"assignments"` // of built-in roles that are gone
}

// RoleInput is a role to be stored. It replaces the stored role of its name, unless it is Partial.
type RoleInput struct {
	Name         string
	DisplayName  string
	Description  *string // nil keeps the one of a stored role
	Site         []rbac.Permission
	Organization []rbac.Permission
	User         []rbac.Permission
	Member       []rbac.Permission // on what one owns in an organization: no role can have these yet
	From         Versions          // that the edit may have begun from
	MustCreate   bool              // refuse to overwrite an existing role (a "new role" form)

	Partial         bool              // only Cells change; the lists above are not read, and the rest of a stored role stays
	Cells           []rbac.Difference // what the cells of a form say, by their To
	KeepDisplayName bool              // of a stored role, if Partial
}

// RoleList is the roles of an organization or of the site.
type RoleList struct {
	Organization Organization // zero for the site
	Roles        []Role       // custom ones first, by display name; then built-in ones
	CanCreate    bool
	CanUpdate    bool // the caller may change custom ones
	CanDelete    bool // the caller may delete custom ones
}

// RoleView is one role with what the caller may do to it.
type RoleView struct {
	Organization Organization // zero for the site
	Role         Role
	CanCreate    bool // the caller may make roles, this one's copy among them
	CanUpdate    bool
	CanDelete    bool
	// CellRefusal says why the caller may not allow or deny a permission of the editor's grid, "" if they may.
	CellRefusal func(level rbac.Level, p rbac.Permission) string
	// CellEffect tells what allowing a permission of the grid would change in this role.
	CellEffect func(level rbac.Level, p rbac.Permission) rbac.Effect
	// NotCopied: permissions of the role this one was started from that could not be copied (NewRole only).
	NotCopied   []rbac.Permission
	StartedFrom string // display name of the role this one was started from
}

// RoleChoice is a role in the assignment form of a member.
type RoleChoice struct {
	Role    Role
	Held    bool
	Refusal string // why the caller may not change this box, "" if it may
}

// RoleForm is what the assignment form of a member shows.
type RoleForm struct {
	Organization Organization
	Member       Member
	Choices      []RoleChoice // custom roles first, then built-in
	Records      []Assignment // of the member, those of the membership too
}

// RolesInput is the complete new list of role names of a member or user.
type RolesInput struct {
	Roles []string
	Terms          // of what is added
	From  Versions // of the membership or account, that the change may have begun from; they do not matter to one without effect

	IfMatch Versions // of the membership or account, that are wanted in any case
}
