package client

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// OffboardRequest says what to do with the account of a person who leaves. Either all of it happens, or nothing.
type OffboardRequest struct {
	Suspend      bool              `json:"suspend,omitempty"` // which ends the sessions too
	EndSessions  bool              `json:"end_sessions,omitempty"`
	RevokeTokens bool              `json:"revoke_tokens,omitempty"`
	Leave        bool              `json:"leave,omitempty"`     // every organization where the caller may remove members
	HandOver     map[string]string `json:"hand_over,omitempty"` // who becomes organization admin, by the name of the organization
	Reason       string            `json:"reason,omitempty"`
}

// Offboarded is the result for the account or, in a dry run, what it would be.
type Offboarded struct {
	DryRun        bool              `json:"dry_run,omitempty"`
	User          User              `json:"user"`
	Organizations []OffboardedPlace `json:"organizations"` // that it does not belong to any more
	Kept          []OffboardedPlace `json:"kept"`          // that it still belongs to: the caller may not remove members there
}

// OffboardedPlace names an organization.
type OffboardedPlace struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	DisplayName string    `json:"display_name"`
}

// OffboardPreview is what an offboarding would affect.
type OffboardPreview struct {
	User          User           `json:"user"`
	Sessions      int            `json:"sessions"`
	Tokens        []string       `json:"tokens"` // by name; empty where the caller may not read them
	Organizations []OffboardHome `json:"organizations"`
	Hidden        int            `json:"hidden"`         // organizations that the caller may not read
	StatusRefusal string         `json:"status_refusal"` // why the caller may not suspend it, "" if they may
	TokensRefusal string         `json:"tokens_refusal"` // likewise for its tokens

	LeftBehind     []LeftBehind `json:"left_behind"`      // what the account made and that does not go with it, by kind
	LeftBehindMore bool         `json:"left_behind_more"` // there are more than 50 of a kind
}

// LeftBehind is something that an account made and that is not deleted with it.
type LeftBehind struct {
	Kind         string           `json:"kind"` // role, service_account, token, password, password_link, directory, directory_token, sync_rules or invitation
	ID           string           `json:"id"`
	Name         string           `json:"name"` // of a role, an account, a token or a directory; the provider of rules; the address that was invited
	DisplayName  string           `json:"display_name,omitempty"`
	User         string           `json:"user,omitempty"`         // whose it is, by username
	Organization *OffboardedPlace `json:"organization,omitempty"` // nil: of the site, or of an account
	ExpiresAt    *time.Time       `json:"expires_at,omitempty"`
	Stops        bool             `json:"stops"` // it has no effect while the account is suspended
}

// OffboardHome is an organization that the account belongs to.
type OffboardHome struct {
	OffboardedPlace
	Roles     []RoleRef    `json:"roles"`
	Synced    []Assignment `json:"synced"`     // that a provider or directory gives, and will give again
	LastAdmin bool         `json:"last_admin"` // no one else is an active organization admin
	Refusal   string       `json:"refusal"`    // why the caller may not remove it, "" if they may
}

// OffboardPreview returns what offboarding an account would affect.
func (c *Client) OffboardPreview(ctx context.Context, user string) (OffboardPreview, error) {
	return fetch[OffboardPreview](ctx, c, get("users", user, "offboard"))
}

// PreviewOffboard is the dry run of Offboard.
func (c *Client) PreviewOffboard(ctx context.Context, user string, r OffboardRequest) (Offboarded, error) {
	return fetch[Offboarded](ctx, c, send(http.MethodPost, r, "users", user, "offboard").dryRun())
}

// Offboard suspends an account, ends its sessions and tokens, and removes it from its organizations, as r asks.
func (c *Client) Offboard(ctx context.Context, user string, r OffboardRequest, opts ...Option) (Offboarded, error) {
	return fetch[Offboarded](ctx, c, send(http.MethodPost, r, "users", user, "offboard"), opts...)
}
