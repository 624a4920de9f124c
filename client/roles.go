package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// RoleRef refers to a role.
type RoleRef struct {
	Name           string    `json:"name"`
	DisplayName    string    `json:"display_name"`
	OrganizationID uuid.UUID `json:"organization_id,omitzero"` // uuid.Nil: a role of the site
}

// Permission allows or denies one action on objects of one type. The type "*" stands for all types with the action.
type Permission struct {
	Negate       bool   `json:"negate"` // it denies
	ResourceType string `json:"resource_type"`
	Action       string `json:"action"`
}

// Role is a role with its permissions. A role of an organization has only organization permissions; a role of the site
// has site and user permissions.
type Role struct {
	Name           string       `json:"name"`
	OrganizationID uuid.UUID    `json:"organization_id,omitzero"` // uuid.Nil: a role of the site
	DisplayName    string       `json:"display_name"`
	Description    string       `json:"description"` // what it is for, in a line; may be empty
	Site           []Permission `json:"site_permissions"`
	Organization   []Permission `json:"organization_permissions"`
	Member         []Permission `json:"organization_member_permissions"` // always empty
	User           []Permission `json:"user_permissions"`
}

// PatchedSiteRole is the answer to PATCH /users/roles, with a map of organization permissions that is always empty.
type PatchedSiteRole struct {
	Name         string                  `json:"name"`
	DisplayName  string                  `json:"display_name"`
	Description  string                  `json:"description"`
	Site         []Permission            `json:"site_permissions"`
	Organization map[string][]Permission `json:"organization_permissions"`
	Member       []Permission            `json:"organization_member_permissions"`
	User         []Permission            `json:"user_permissions"`
}

// AssignableRole is a role as a list shows it to the caller.
type AssignableRole struct {
	Role
	Assignable bool `json:"assignable"` // the caller may give and take it
	BuiltIn    bool `json:"built_in"`
}

// DeletedRole is a deleted custom role, as it was. Undoing the audit entry of its deletion restores it.
type DeletedRole struct {
	Role
	EntryID   uuid.UUID `json:"entry_id"` // of the audit entry, see [Client.Undo]
	DeletedAt time.Time `json:"deleted_at"`
	DeletedBy string    `json:"deleted_by"` // "": the caller may not know
}

// RoleRequest is a role to be stored. It replaces a stored role, but a description that is left out stays. Lists that are left
// out become empty.
type RoleRequest struct {
	Name         string       `json:"name"`
	DisplayName  string       `json:"display_name,omitempty"`
	Description  *string      `json:"description,omitempty"` // at most 200 characters; nil keeps that of a stored role
	Site         []Permission `json:"site_permissions,omitempty"`
	Organization []Permission `json:"organization_permissions,omitempty"`
	User         []Permission `json:"user_permissions,omitempty"`
}

// Request returns the request that stores the role as it is, as a starting point for changes.
func (r Role) Request() RoleRequest {
	return RoleRequest{Name: r.Name, DisplayName: r.DisplayName, Description: &r.Description, Site: r.Site, Organization: r.Organization, User: r.User}
}

// RoleVersion is an entry of the history of a role.
type RoleVersion struct {
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	Role      Role      `json:"role"`

	RestoredFrom int64 `json:"restored_from,omitempty"` // the version that this one restores; 0: none
}

// RestoreRequest names the version to restore.
type RestoreRequest struct {
	Restore int64 `json:"restore"`
}

// Comparison is how two roles, or two versions of a role, differ.
type Comparison struct {
	From        ComparedRole           `json:"from"`
	To          ComparedRole           `json:"to"`
	Same        int                    `json:"same"` // the number of permissions that both have
	Differences []PermissionDifference `json:"differences"`
}

// ComparedRole is one side of a comparison.
type ComparedRole struct {
	Role    Role  `json:"role"`
	Version int64 `json:"version"`
}

// PermissionDifference is a permission that differs. From and To are "allow", "deny" or "not_set".
type PermissionDifference struct {
	Level        string `json:"level"`
	ResourceType string `json:"resource_type"`
	Action       string `json:"action"`
	From         string `json:"from"`
	To           string `json:"to"`
}

// CompareQuery names the two sides of a comparison. The zero value compares the previous version of a role with the
// current one.
type CompareQuery struct {
	Version     int64  // of the role; 0: the present one
	With        string // the other role; "": the same one
	WithVersion int64  // of the same role; 0: the present one
}

// Scope is an organization, or the site, to which roles belong. Calls with the zero Scope fail.
type Scope struct{ path []string }

// Site returns the scope of the site's roles.
func Site() Scope { return Scope{[]string{"users", "roles"}} }

// In returns the scope of an organization's roles.
func In(organization string) Scope {
	return Scope{[]string{"organizations", organization, "members", "roles"}}
}

// at returns the path of the scope's roles, or one below it.
func (s Scope) at(below ...string) []string {
	if s.path == nil {
		return []string{""}
	}
	return append(append([]string{}, s.path...), below...)
}

// deleted returns the path of the scope's deleted roles, or one below it.
func (s Scope) deleted(below ...string) []string {
	switch {
	case s.path == nil:
		return []string{""}
	case s.ofSite():
		return append([]string{"deleted-roles"}, below...)
	}
	return append([]string{"organizations", s.path[1], "deleted-roles"}, below...)
}

// put returns the call that creates or replaces a role.
func (s Scope) put(role RoleRequest) call {
	method := http.MethodPut
	if s.ofSite() {
		method = http.MethodPatch
	}
	return send(method, role, s.at()...)
}

// String returns "site", or the name of the organization.
func (s Scope) String() string {
	switch {
	case s.path == nil:
		return ""
	case s.ofSite():
		return "site"
	}
	return s.path[1]
}

func (s Scope) ofSite() bool { return len(s.path) > 0 && s.path[0] == "users" }

// Roles returns the built-in and custom roles of a scope.
func (c *Client) Roles(ctx context.Context, s Scope) ([]AssignableRole, error) {
	return fetch[[]AssignableRole](ctx, c, get(s.at()...))
}

// RoleQuery narrows and orders a list of roles. The zero value is the whole list.
type RoleQuery struct {
	Query  string // part of a name, a description or a permission
	Kind   string // "custom" or "built-in"
	Allows string // a permission, "resource_type:action"
	Sort   string // "name", "members" or "updated_at", with "-" in front for descending
}

// FindRoles returns the roles of a scope that match a query.
func (c *Client) FindRoles(ctx context.Context, s Scope, q RoleQuery) ([]AssignableRole, error) {
	v := url.Values{}
	setText(v, "q", q.Query)
	setText(v, "kind", q.Kind)
	setText(v, "allows", q.Allows)
	setText(v, "sort", q.Sort)
	return fetch[[]AssignableRole](ctx, c, get(s.at()...).with(v))
}

// Role returns one role.
func (c *Client) Role(ctx context.Context, s Scope, name string, opts ...Option) (AssignableRole, error) {
	return fetch[AssignableRole](ctx, c, get(s.at(name)...), opts...)
}

// CreateRole stores a new custom role of an organization. For the site, use PutRole with [OnlyNew].
func (c *Client) CreateRole(ctx context.Context, organization string, role RoleRequest, opts ...Option) (Role, error) {
	return fetchOne[Role](ctx, c, send(http.MethodPost, role, In(organization).at()...), opts...)
}

// PreviewCreateRole is the dry run of CreateRole.
func (c *Client) PreviewCreateRole(ctx context.Context, organization string, role RoleRequest) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPost, role, In(organization).at()...).dryRun())
}

// PutRole creates a custom role, or replaces the one with its name.
func (c *Client) PutRole(ctx context.Context, s Scope, role RoleRequest, opts ...Option) (Role, error) {
	if !s.ofSite() {
		return fetchOne[Role](ctx, c, s.put(role), opts...)
	}
	r, err := fetchOne[PatchedSiteRole](ctx, c, s.put(role), opts...)
	return Role{
		Name: r.Name, DisplayName: r.DisplayName, Description: r.Description, Site: r.Site, Organization: []Permission{}, Member: r.Member, User: r.User,
	}, err
}

// PreviewPutRole is the dry run of PutRole.
func (c *Client) PreviewPutRole(ctx context.Context, s Scope, role RoleRequest, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, s.put(role).dryRun(), opts...)
}

// DeleteRole deletes a custom role and takes it from all who hold it.
func (c *Client) DeleteRole(ctx context.Context, s Scope, name string, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, s.at(name)...), nil, opts...)
}

// PreviewDeleteRole is the dry run of DeleteRole.
func (c *Client) PreviewDeleteRole(ctx context.Context, s Scope, name string, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodDelete, nil, s.at(name)...).dryRun(), opts...)
}

// DeletedRoles returns the custom roles of a scope that were deleted within 30 days and whose names are free, newest first.
func (c *Client) DeletedRoles(ctx context.Context, s Scope) ([]DeletedRole, error) {
	return fetch[[]DeletedRole](ctx, c, get(s.deleted()...))
}

// DeletedRole returns a deleted role by the audit entry of its deletion, however long ago that was.
func (c *Client) DeletedRole(ctx context.Context, s Scope, entry uuid.UUID) (DeletedRole, error) {
	return fetch[DeletedRole](ctx, c, get(s.deleted(entry.String())...))
}

// RoleHistory returns the versions of a custom role, newest first.
func (c *Client) RoleHistory(ctx context.Context, s Scope, name string) ([]RoleVersion, error) {
	return fetch[[]RoleVersion](ctx, c, get(s.at(name, "history")...))
}

// RestoreRole stores an earlier version of a role as its newest.
func (c *Client) RestoreRole(ctx context.Context, s Scope, name string, version int64, opts ...Option) (Role, error) {
	return fetch[Role](ctx, c, send(http.MethodPost, RestoreRequest{version}, s.at(name, "restore")...), opts...)
}

// PreviewRestoreRole is the dry run of RestoreRole.
func (c *Client) PreviewRestoreRole(ctx context.Context, s Scope, name string, version int64, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPost, RestoreRequest{version}, s.at(name, "restore")...).dryRun(), opts...)
}

// CompareRoles compares a role with another one, or two versions of a role.
func (c *Client) CompareRoles(ctx context.Context, s Scope, name string, q CompareQuery) (Comparison, error) {
	v := url.Values{}
	setText(v, "with", q.With)
	setNumber(v, "version", q.Version)
	setNumber(v, "with_version", q.WithVersion)
	return fetch[Comparison](ctx, c, get(s.at(name, "compare")...).with(v))
}
