package client

import (
	"context"
	"net/http"

	"github.com/google/uuid"
)

// Message is the answer of what has nothing else to say.
type Message struct {
	Message string `json:"message"`
}

// BuildInfo tells which server answers.
type BuildInfo struct {
	ExternalURL string `json:"external_url"`
	Version     string `json:"version"`
}

// FirstUserRequest is the first account of a server. The token that its log prints proves that it is yours.
type FirstUserRequest struct {
	Email      string `json:"email"`
	Username   string `json:"username"`
	Name       string `json:"name,omitempty"`
	Password   string `json:"password"`
	SetupToken string `json:"setup_token,omitempty"`
}

// FirstUserResponse has the ids of the first account and of the organization that was made with it.
type FirstUserResponse struct {
	OrganizationID uuid.UUID `json:"organization_id"`
	UserID         uuid.UUID `json:"user_id"`
}

// LoginRequest is a proof of who signs in.
type LoginRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// LoginResponse has a token that lives as long as a session.
type LoginResponse struct {
	SessionToken string `json:"session_token"`
}

// BuildInfo returns the version of the server. It needs no token.
func (c *Client) BuildInfo(ctx context.Context) (BuildInfo, error) {
	return fetch[BuildInfo](ctx, c, get("buildinfo"))
}

// HasFirstUser reports whether the server has an account yet. It needs no token.
func (c *Client) HasFirstUser(ctx context.Context) (bool, error) {
	err := c.do(ctx, get("users", "first"), nil)
	if StatusOf(err) == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// CreateFirstUser makes the first account of a server, which becomes its owner. It needs no token.
func (c *Client) CreateFirstUser(ctx context.Context, r FirstUserRequest) (FirstUserResponse, error) {
	return fetch[FirstUserResponse](ctx, c, send(http.MethodPost, r, "users", "first"))
}

// Login returns a token for a password. It needs no token and leaves that of the client as it is.
func (c *Client) Login(ctx context.Context, r LoginRequest) (LoginResponse, error) {
	return fetch[LoginResponse](ctx, c, send(http.MethodPost, r, "users", "login"))
}

// Logout ends the token of the client.
func (c *Client) Logout(ctx context.Context) error {
	return c.do(ctx, send(http.MethodPost, nil, "users", "logout"), nil)
}
