package client

import (
	"context"
	"net/http"
	"time"
)

// Entitlement reports whether the server has a feature of Coder's API.
type Entitlement struct {
	Entitlement string `json:"entitlement"` // "entitled" or "not_entitled"
	Enabled     bool   `json:"enabled"`
}

// Entitlements lists the features of Coder's API, by name. Nothing of it depends on a license.
type Entitlements struct {
	Features         map[string]Entitlement `json:"features"`
	Warnings         []string               `json:"warnings"`
	Errors           []string               `json:"errors"`
	HasLicense       bool                   `json:"has_license"`
	Trial            bool                   `json:"trial"`
	RequireTelemetry bool                   `json:"require_telemetry"`
	RefreshedAt      time.Time              `json:"refreshed_at"` // when the server started
}

// Experiments lists the experiments that can be turned on. There are none.
type Experiments struct {
	Safe []string `json:"safe"`
}

// Appearance is how the server presents itself to clients of Coder's API. None of it can be changed.
type Appearance struct {
	ApplicationName     string        `json:"application_name"`
	LogoURL             string        `json:"logo_url"`
	DocsURL             string        `json:"docs_url"`
	ServiceBanner       ServiceBanner `json:"service_banner"`
	AnnouncementBanners []string      `json:"announcement_banners"` // always empty
	SupportLinks        []string      `json:"support_links"`        // always empty
}

// ServiceBanner is always off.
type ServiceBanner struct {
	Enabled bool `json:"enabled"`
}

// AuthMethods says how people can sign in.
type AuthMethods struct {
	Password AuthMethod `json:"password"`
	GitHub   GitHubAuth `json:"github"`
	OIDC     OIDCAuth   `json:"oidc"`
}

// AuthMethod is a way to sign in.
type AuthMethod struct {
	Enabled bool `json:"enabled"`
}

// GitHubAuth is signing in with GitHub, which the server does not have.
type GitHubAuth struct {
	AuthMethod
	DefaultProviderConfigured bool `json:"default_provider_configured"`
}

// OIDCAuth is signing in with an OpenID Connect provider.
type OIDCAuth struct {
	AuthMethod
	SignInText string `json:"signInText"`
	IconURL    string `json:"iconUrl"`
}

// PasswordCheck is what a server says about a password.
type PasswordCheck struct {
	Valid   bool   `json:"valid"`
	Details string `json:"details"` // what is wrong with it
}

// Entitlements returns the features of Coder's API that the server has. It needs no token.
func (c *Client) Entitlements(ctx context.Context) (Entitlements, error) {
	return fetch[Entitlements](ctx, c, get("entitlements"))
}

// EnabledExperiments returns the experiments that are on.
func (c *Client) EnabledExperiments(ctx context.Context) ([]string, error) {
	return fetch[[]string](ctx, c, get("experiments"))
}

// AvailableExperiments returns the experiments that can be turned on.
func (c *Client) AvailableExperiments(ctx context.Context) (Experiments, error) {
	return fetch[Experiments](ctx, c, get("experiments", "available"))
}

// Appearance returns how the server presents itself.
func (c *Client) Appearance(ctx context.Context) (Appearance, error) {
	return fetch[Appearance](ctx, c, get("appearance"))
}

// AuthMethods returns how people can sign in. It needs no token.
func (c *Client) AuthMethods(ctx context.Context) (AuthMethods, error) {
	return fetch[AuthMethods](ctx, c, get("users", "authmethods"))
}

// ValidatePassword reports whether the server accepts a password. It needs no token.
func (c *Client) ValidatePassword(ctx context.Context, password string) (PasswordCheck, error) {
	body := map[string]string{"password": password}
	return fetch[PasswordCheck](ctx, c, send(http.MethodPost, body, "users", "validate-password"))
}

// TokenScopes returns the names that a new token may have in its scopes. It needs no token.
func (c *Client) TokenScopes(ctx context.Context) ([]string, error) {
	list, err := fetch[Scopes](ctx, c, get("auth", "scopes"))
	return list.External, err
}

// Scopes lists names of scopes.
type Scopes struct {
	External []string `json:"external"`
}

// OIDCClaims returns what the provider said about the caller at its sign-in. The status is 400 for an account that signs in in
// another way.
func (c *Client) OIDCClaims(ctx context.Context) (map[string]any, error) {
	list, err := fetch[Claims](ctx, c, get("users", "oidc-claims"))
	return list.Claims, err
}

// Claims are what a provider says about an account.
type Claims struct {
	Claims map[string]any `json:"claims"`
}
