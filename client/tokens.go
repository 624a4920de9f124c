package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Token is an API token without its secret.
type Token struct {
	ID              string        `json:"id"`
	UserID          uuid.UUID     `json:"user_id"`
	Username        string        `json:"username"`
	Name            string        `json:"token_name"`
	Scope           string        `json:"scope"`         // for old clients: "all" only without limits
	Scopes          []string      `json:"scopes"`        // "coder:all": no limit
	AllowList       []TokenTarget `json:"allow_list"`    // what the scopes have been cut to
	Organizations   []string      `json:"organizations"` // that it is limited to; empty: no limit
	CreatedBy       string        `json:"created_by"`    // username of the other account that made it; "": none, or gone
	LoginType       string        `json:"login_type"`    // "token", or "password" for a token from Login or CreateKey
	LifetimeSeconds int64         `json:"lifetime_seconds"`
	CreatedAt       time.Time     `json:"created_at"`
	UpdatedAt       time.Time     `json:"updated_at"`
	LastUsed        time.Time     `json:"last_used"` // zero: never
	ExpiresAt       time.Time     `json:"expires_at"`
}

// TokenTarget is an entry of an allow list; "*" stands for everything.
type TokenTarget struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// ScopeDecide is the scope of a token that may only ask for decisions. It cannot be combined with other scopes.
const ScopeDecide = "rolecall:decide"

// CreateTokenRequest describes a new token. Scopes and organizations restrict the permissions that it has from its account.
type CreateTokenRequest struct {
	Name          string        `json:"token_name,omitempty"`
	Lifetime      time.Duration `json:"lifetime,omitempty"`      // 0: the server's default
	Scopes        []string      `json:"scopes,omitempty"`        // such as "organization:read" or "user:*", or [ScopeDecide]; none: everything
	AllowList     []TokenTarget `json:"allow_list,omitempty"`    // types that the scopes are cut to
	Organizations []string      `json:"organizations,omitempty"` // names or ids of those that it reaches; none: everywhere
}

// CreateTokenResponse holds the token itself, which the server shows only once.
type CreateTokenResponse struct {
	Key string `json:"key"`
}

// TokenQuery selects API tokens. Its zero value selects those that have not ended.
type TokenQuery struct {
	Expired bool   // also those that have ended in the last 90 days
	Kind    string // "unused" for 90 days, "unlimited", or "ending" within 30 days; "": all
}

func (q TokenQuery) values() url.Values {
	v := url.Values{}
	if q.Expired {
		v.Set("include_expired", "true")
	}
	if q.Kind != "" {
		v.Set("kind", q.Kind)
	}
	return v
}

// Tokens returns the API tokens of an account, without their secrets.
func (c *Client) Tokens(ctx context.Context, user string, q TokenQuery) ([]Token, error) {
	return fetch[[]Token](ctx, c, get("users", user, "keys", "tokens").with(q.values()))
}

// AllTokens returns the API tokens of all accounts whose tokens the caller may read.
func (c *Client) AllTokens(ctx context.Context, q TokenQuery) ([]Token, error) {
	v := q.values()
	v.Set("include_all", "true")
	return fetch[[]Token](ctx, c, get("users", "me", "keys", "tokens").with(v))
}

// CreateToken makes an API token for an account.
func (c *Client) CreateToken(ctx context.Context, user string, r CreateTokenRequest) (CreateTokenResponse, error) {
	return fetch[CreateTokenResponse](ctx, c, send(http.MethodPost, r, "users", user, "keys", "tokens"))
}

// TokenConfig is the rules for new tokens.
type TokenConfig struct {
	MaxTokenLifetime time.Duration `json:"max_token_lifetime"`
}

// TokenConfig returns the rules for new tokens of an account.
func (c *Client) TokenConfig(ctx context.Context, user string) (TokenConfig, error) {
	return fetch[TokenConfig](ctx, c, get("users", user, "keys", "tokens", "tokenconfig"))
}

// TokenNamed returns an API token of an account by its name.
func (c *Client) TokenNamed(ctx context.Context, user, name string) (Token, error) {
	return fetch[Token](ctx, c, get("users", user, "keys", "tokens", name))
}

// Key returns an API token of an account, or a key that a program signed in with, by its id.
func (c *Client) Key(ctx context.Context, user, id string) (Token, error) {
	return fetch[Token](ctx, c, get("users", user, "keys", id))
}

// CreateKey makes a key for a command line. It ends with the sessions of the account, after a week at the latest.
func (c *Client) CreateKey(ctx context.Context, user string) (CreateTokenResponse, error) {
	return fetch[CreateTokenResponse](ctx, c, send(http.MethodPost, nil, "users", user, "keys"))
}

// ExpireKey ends a token or a key, which stays on record.
func (c *Client) ExpireKey(ctx context.Context, user, id string) error {
	return c.do(ctx, send(http.MethodPut, nil, "users", user, "keys", id, "expire"), nil)
}

// DeleteToken revokes an API token.
func (c *Client) DeleteToken(ctx context.Context, user, id string) error {
	return c.do(ctx, send(http.MethodDelete, nil, "users", user, "keys", id), nil)
}
