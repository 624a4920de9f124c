package client

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Organization is an organization.
type Organization struct {
	ID           uuid.UUID `json:"id"`
	Name         string    `json:"name"`
	DisplayName  string    `json:"display_name"`
	Description  string    `json:"description"`
	Icon         string    `json:"icon"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	IsDefault    bool      `json:"is_default"`
	DefaultRoles []string  `json:"default_org_member_roles"` // always empty
}

// CreateOrganizationRequest describes a new organization.
type CreateOrganizationRequest struct {
	Name        string `json:"name"`
	DisplayName string `json:"display_name,omitempty"`
	Description string `json:"description,omitempty"`
	Icon        string `json:"icon,omitempty"`

	FirstAdministrator string `json:"first_administrator,omitempty"` // username, id or email; "" for no one
}

// UpdateOrganizationRequest changes an organization. Empty names and nil texts stay as they are.
type UpdateOrganizationRequest struct {
	Name        string  `json:"name,omitempty"`
	DisplayName string  `json:"display_name,omitempty"`
	Description *string `json:"description,omitempty"`
	Icon        *string `json:"icon,omitempty"`
}

// Organizations returns the organizations that the caller may read.
func (c *Client) Organizations(ctx context.Context) ([]Organization, error) {
	return fetch[[]Organization](ctx, c, get("organizations"))
}

// Organization returns one organization.
func (c *Client) Organization(ctx context.Context, organization string, opts ...Option) (Organization, error) {
	return fetch[Organization](ctx, c, get("organizations", organization), opts...)
}

// CreateOrganization makes an organization. The caller becomes a member.
func (c *Client) CreateOrganization(ctx context.Context, r CreateOrganizationRequest) (Organization, error) {
	return fetch[Organization](ctx, c, send(http.MethodPost, r, "organizations"))
}

// UpdateOrganization changes an organization.
func (c *Client) UpdateOrganization(ctx context.Context, organization string, r UpdateOrganizationRequest, opts ...Option) (Organization, error) {
	return fetch[Organization](ctx, c, send(http.MethodPatch, r, "organizations", organization), opts...)
}

// DeleteOrganization deletes an organization that is empty.
func (c *Client) DeleteOrganization(ctx context.Context, organization string, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, "organizations", organization), nil, opts...)
}
