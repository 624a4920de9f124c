package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

// OrganizationSync says which organizations the values of a claim make people members of.
type OrganizationSync struct {
	Field         string                 `json:"field"` // the claim; empty: it gives nothing
	Mapping       map[string][]uuid.UUID `json:"mapping"`
	AssignDefault bool                   `json:"organization_assign_default"` // of the default organization everyone is a member
}

// RoleSync says which roles the values of a claim give, in an organization or on the site.
type RoleSync struct {
	Field   string              `json:"field"` // the claim; empty: it gives nothing
	Mapping map[string][]string `json:"mapping"`
}

// OrganizationSyncConfig is an OrganizationSync without its mapping.
type OrganizationSyncConfig struct {
	Field         string `json:"field"`
	AssignDefault bool   `json:"assign_default"`
}

// RoleSyncConfig is a RoleSync without its mapping.
type RoleSyncConfig struct {
	Field string `json:"field"`
}

// SyncMapping adds pairs to a mapping and removes some; what is in both is removed. T is an id of an organization, or the name
// of a role.
type SyncMapping[T uuid.UUID | string] struct {
	Add    []SyncPair[T]
	Remove []SyncPair[T]
}

// SyncPair is a value of a claim and one thing that it gives.
type SyncPair[T uuid.UUID | string] struct {
	Given string
	Gets  T
}

// SyncProvider is the id of a sign-in provider. "" is the first one in the settings of the server.
type SyncProvider string

func (p SyncProvider) values() url.Values {
	v := url.Values{}
	setText(v, "provider", string(p))
	return v
}

// sync returns the path of the settings of synchronisation in the scope, or one below it.
func (s Scope) sync(below ...string) []string {
	base := []string{"settings", "idpsync"}
	switch {
	case s.path == nil:
		return []string{""}
	case !s.ofSite():
		base = append([]string{s.path[0], s.path[1]}, base...)
	}
	return append(base, below...)
}

// syncRoles is sync for the rule set of roles.
func (s Scope) syncRoles(below ...string) []string {
	if s.ofSite() {
		return s.sync(append([]string{"site-roles"}, below...)...)
	}
	return s.sync(append([]string{"roles"}, below...)...)
}

// OrganizationSync returns which organizations a claim gives.
func (c *Client) OrganizationSync(ctx context.Context, p SyncProvider, opts ...Option) (OrganizationSync, error) {
	return fetch[OrganizationSync](ctx, c, get("settings", "idpsync", "organization").with(p.values()), opts...)
}

// SetOrganizationSync replaces which organizations a claim gives.
func (c *Client) SetOrganizationSync(ctx context.Context, p SyncProvider, r OrganizationSync, opts ...Option) (OrganizationSync, error) {
	return fetch[OrganizationSync](ctx, c, send(http.MethodPatch, r, "settings", "idpsync", "organization").with(p.values()), opts...)
}

// SetOrganizationSyncConfig replaces everything but the mapping.
func (c *Client) SetOrganizationSyncConfig(ctx context.Context, p SyncProvider, r OrganizationSyncConfig, opts ...Option) (OrganizationSync, error) {
	return fetch[OrganizationSync](ctx, c, send(http.MethodPatch, r, "settings", "idpsync", "organization", "config").with(p.values()), opts...)
}

// ChangeOrganizationSync changes pairs of its mapping.
func (c *Client) ChangeOrganizationSync(ctx context.Context, p SyncProvider, r SyncMapping[uuid.UUID], opts ...Option) (OrganizationSync, error) {
	return fetch[OrganizationSync](ctx, c, send(http.MethodPatch, r, "settings", "idpsync", "organization", "mapping").with(p.values()), opts...)
}

// RoleSync returns which roles a claim gives.
func (c *Client) RoleSync(ctx context.Context, in Scope, p SyncProvider, opts ...Option) (RoleSync, error) {
	return fetch[RoleSync](ctx, c, get(in.syncRoles()...).with(p.values()), opts...)
}

// SetRoleSync replaces which roles a claim gives.
func (c *Client) SetRoleSync(ctx context.Context, in Scope, p SyncProvider, r RoleSync, opts ...Option) (RoleSync, error) {
	return fetch[RoleSync](ctx, c, send(http.MethodPatch, r, in.syncRoles()...).with(p.values()), opts...)
}

// SetRoleSyncConfig replaces everything but the mapping.
func (c *Client) SetRoleSyncConfig(ctx context.Context, in Scope, p SyncProvider, r RoleSyncConfig, opts ...Option) (RoleSync, error) {
	return fetch[RoleSync](ctx, c, send(http.MethodPatch, r, in.syncRoles("config")...).with(p.values()), opts...)
}

// ChangeRoleSync changes pairs of its mapping.
func (c *Client) ChangeRoleSync(ctx context.Context, in Scope, p SyncProvider, r SyncMapping[string], opts ...Option) (RoleSync, error) {
	return fetch[RoleSync](ctx, c, send(http.MethodPatch, r, in.syncRoles("mapping")...).with(p.values()), opts...)
}

// ClaimFields returns the names of the claims that a provider has sent about everyone, or about the members of an organization.
func (c *Client) ClaimFields(ctx context.Context, in Scope, p SyncProvider) ([]string, error) {
	return fetch[[]string](ctx, c, get(in.sync("available-fields")...).with(p.values()))
}

// ClaimValues returns the values that a claim has had for everyone, or for the members of an organization.
func (c *Client) ClaimValues(ctx context.Context, in Scope, p SyncProvider, field string) ([]string, error) {
	q := p.values()
	q.Set("claimField", field)
	return fetch[[]string](ctx, c, get(in.sync("field-values")...).with(q))
}
