package client

import (
	"context"
	"net/http"
	"time"
)

// Identities are the sign-ins at providers that belong to the caller.
type Identities struct {
	Identities []Identity `json:"identities"`
}

// Identity is a sign-in at a provider.
type Identity struct {
	Provider    string    `json:"provider"`
	Issuer      string    `json:"issuer"`
	Subject     string    `json:"subject"`
	Email       string    `json:"email"` // as the provider said last
	CreatedAt   time.Time `json:"created_at"`
	LastLoginAt time.Time `json:"last_login_at"` // zero: never since it was linked
}

// Identities returns the caller's sign-ins at providers.
func (c *Client) Identities(ctx context.Context) ([]Identity, error) {
	list, err := fetch[Identities](ctx, c, get("users", "me", "identities"))
	return list.Identities, err
}

// Unlink removes a sign-in at a provider from the caller. The last way to sign in cannot be removed.
func (c *Client) Unlink(ctx context.Context, provider string) error {
	return c.do(ctx, send(http.MethodDelete, nil, "users", "me", "identities", provider), nil)
}
