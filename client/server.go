package client

import (
	"context"
	"net/http"

	"github.com/google/uuid"
)

// Message is an answer without data.
type Message struct {
	Message string `json:"message"`
}

// BuildInfo identifies the server. Version has a form that keeps Coder's clients from comparing it with their own.
type BuildInfo struct {
	ExternalURL           string    `json:"external_url"`
	Version               string    `json:"version"`
	DashboardURL          string    `json:"dashboard_url"`
	Telemetry             bool      `json:"telemetry"`               // always false
	WorkspaceProxy        bool      `json:"workspace_proxy"`         // always false
	AgentAPIVersion       string    `json:"agent_api_version"`       // always empty
	ProvisionerAPIVersion string    `json:"provisioner_api_version"` // always empty
	UpgradeMessage        string    `json:"upgrade_message"`
	DeploymentID          uuid.UUID `json:"deployment_id"` // zero before setup
	RolecallVersion       string    `json:"rolecall_version"`
}

// FirstUserRequest describes the first account of a server. SetupToken is the token in the server's log.
type FirstUserRequest struct {
	Email      string `json:"email"`
	Username   string `json:"username"`
	Name       string `json:"name,omitempty"`
	Password   string `json:"password"`
	SetupToken string `json:"setup_token,omitempty"`
}

// FirstUserResponse holds the ids of the first account and of its organization.
type FirstUserResponse struct {
	OrganizationID uuid.UUID `json:"organization_id"`
	UserID         uuid.UUID `json:"user_id"`
}

// LoginRequest holds the credentials of an account.
type LoginRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// LoginResponse holds a token with the lifetime of a session.
type LoginResponse struct {
	SessionToken string `json:"session_token"`
}

// BuildInfo returns the version of the server. It needs no token.
func (c *Client) BuildInfo(ctx context.Context) (BuildInfo, error) {
	return fetch[BuildInfo](ctx, c, get("buildinfo"))
}

// HasFirstUser reports whether the server has an account already. It needs no token.
func (c *Client) HasFirstUser(ctx context.Context) (bool, error) {
	err := c.do(ctx, get("users", "first"), nil)
	if StatusOf(err) == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// CreateFirstUser makes the first account of a server, its owner. It needs no token.
func (c *Client) CreateFirstUser(ctx context.Context, r FirstUserRequest) (FirstUserResponse, error) {
	return fetch[FirstUserResponse](ctx, c, send(http.MethodPost, r, "users", "first"))
}

// Login exchanges a password for a token. It does not change the token of the client.
func (c *Client) Login(ctx context.Context, r LoginRequest) (LoginResponse, error) {
	return fetch[LoginResponse](ctx, c, send(http.MethodPost, r, "users", "login"))
}

// Logout revokes the token of the client.
func (c *Client) Logout(ctx context.Context) error {
	return c.do(ctx, send(http.MethodPost, nil, "users", "logout"), nil)
}
