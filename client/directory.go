package client

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Directory is a company's user directory, as an organization knows it: it sends SCIM requests.
type Directory struct {
	OrganizationID uuid.UUID        `json:"organization_id"`
	Configured     bool             `json:"configured"` // otherwise the rest is what it would be
	Slug           string           `json:"slug"`       // part of the source of its records: scim:SLUG
	Name           string           `json:"name"`
	URL            string           `json:"url"`   // where it sends its requests
	State          string           `json:"state"` // off, waiting, fine, failing, held or silent
	Held           bool             `json:"held"`  // it may take nothing away
	HeldAt         *time.Time       `json:"held_at"`
	FusePeople     int64            `json:"fuse_people"`
	FusePercent    int64            `json:"fuse_percent"`
	Users          int64            `json:"users"`
	ActiveUsers    int64            `json:"active_users"`
	Groups         int64            `json:"groups"`
	LastRequestAt  *time.Time       `json:"last_request_at"`
	Tokens         []DirectoryToken `json:"tokens"`
}

// DirectoryToken lets a directory send requests, and opens nothing else.
type DirectoryToken struct {
	ID        uuid.UUID      `json:"id"`
	Token     string         `json:"token,omitempty"` // only when it has just been made
	CreatedBy InvitationUser `json:"created_by"`
	CreatedAt time.Time      `json:"created_at"`
	ExpiresAt time.Time      `json:"expires_at"`
	LastUsed  *time.Time     `json:"last_used"`
}

// UpdateDirectory changes a directory. Fields that are nil stay as they are.
type UpdateDirectory struct {
	Slug        *string `json:"slug,omitempty"` // only before the first token
	Name        *string `json:"name,omitempty"`
	FusePeople  *int64  `json:"fuse_people,omitempty"`
	FusePercent *int64  `json:"fuse_percent,omitempty"`
	Held        *bool   `json:"held,omitempty"` // false releases it
}

// CreateDirectoryToken asks for a token.
type CreateDirectoryToken struct {
	ExpiresIn string `json:"expires_in,omitempty"` // like 8760h, which is the default
}

// DirectoryRule says that the people in a group hold a role.
type DirectoryRule struct {
	Match string `json:"match"` // displayName or externalId
	Value string `json:"value"`
	Role  string `json:"role"`
}

// DirectoryRules are the rules of a directory.
type DirectoryRules struct {
	Rules  []DirectoryRule  `json:"rules"`
	Groups []DirectoryGroup `json:"groups"` // groups that it has sent, by name; at most 500
}

// DirectoryGroup is a group that a directory has sent.
type DirectoryGroup struct {
	ID          uuid.UUID `json:"id"`
	DisplayName string    `json:"display_name"`
	ExternalID  string    `json:"external_id"`
	Members     int64     `json:"members"`
}

// SetDirectoryRules replaces the rules of a directory.
type SetDirectoryRules struct {
	Rules []DirectoryRule `json:"rules"`
}

// Directory returns the directory of an organization.
func (c *Client) Directory(ctx context.Context, organization string, opts ...Option) (Directory, error) {
	return fetch[Directory](ctx, c, get("organizations", organization, "directory"), opts...)
}

// UpdateDirectory changes the directory of an organization, or sets it up.
func (c *Client) UpdateDirectory(ctx context.Context, organization string, r UpdateDirectory, opts ...Option) (Directory, error) {
	return fetch[Directory](ctx, c, send(http.MethodPatch, r, "organizations", organization, "directory"), opts...)
}

// CreateDirectoryToken makes a token for the directory of an organization. Only this answer contains it.
func (c *Client) CreateDirectoryToken(ctx context.Context, organization string, r CreateDirectoryToken) (DirectoryToken, error) {
	return fetch[DirectoryToken](ctx, c, send(http.MethodPost, r, "organizations", organization, "directory", "tokens"))
}

// DeleteDirectoryToken ends a token of the directory of an organization.
func (c *Client) DeleteDirectoryToken(ctx context.Context, organization string, id uuid.UUID, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, "organizations", organization, "directory", "tokens", id.String()), nil, opts...)
}

// DirectoryRules returns which groups of the directory of an organization give which roles.
func (c *Client) DirectoryRules(ctx context.Context, organization string, opts ...Option) (DirectoryRules, error) {
	return fetch[DirectoryRules](ctx, c, get("organizations", organization, "directory", "rules"), opts...)
}

// SetDirectoryRules replaces the rules; what people hold through their groups changes with them.
func (c *Client) SetDirectoryRules(ctx context.Context, organization string, r SetDirectoryRules, opts ...Option) (DirectoryRules, error) {
	return fetch[DirectoryRules](ctx, c, send(http.MethodPut, r, "organizations", organization, "directory", "rules"), opts...)
}

// PreviewDirectoryRules is the dry run of SetDirectoryRules.
func (c *Client) PreviewDirectoryRules(ctx context.Context, organization string, r SetDirectoryRules, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPut, r, "organizations", organization, "directory", "rules").dryRun(), opts...)
}
