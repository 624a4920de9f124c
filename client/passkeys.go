package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Passkeys are the passkeys of the caller, oldest first.
type Passkeys struct {
	Passkeys []Passkey `json:"passkeys"`
}

// Passkey is a way to sign in that a device of its owner stores.
type Passkey struct {
	ID        uuid.UUID  `json:"id"`
	Name      string     `json:"name"`
	Synced    bool       `json:"synced"` // it is on several devices
	CreatedAt time.Time  `json:"created_at"`
	LastUsed  *time.Time `json:"last_used,omitempty"`
	DoubtedAt *time.Time `json:"doubted_at,omitempty"` // when it signed as if there were a copy of it
}

// PasskeyOptions is what a browser needs: the argument of navigator.credentials.create or get, with base64url in place of bytes.
type PasskeyOptions struct {
	PublicKey json.RawMessage `json:"publicKey"`
}

// NewPasskey is a passkey that a browser has made.
type NewPasskey struct {
	Name       string          `json:"name,omitempty"` // "" for one by the browser
	Credential json.RawMessage `json:"credential"`     // the answer of navigator.credentials.create
}

// AddedPasskey is a passkey that was added. If it is the first second factor of an account with a password, recovery codes come
// with it. They are shown once.
type AddedPasskey struct {
	Passkey
	RecoveryCodes []string `json:"recovery_codes,omitempty"`
}

// WaitingSignIn is a sign-in that waits for its second step, "" for one that begins with a passkey.
type WaitingSignIn struct {
	Challenge string `json:"challenge,omitempty"`
}

// Passkeys returns the passkeys of the caller.
func (c *Client) Passkeys(ctx context.Context) ([]Passkey, error) {
	list, err := fetch[Passkeys](ctx, c, get("users", "me", "passkeys"))
	return list.Passkeys, err
}

// PasskeyOptions begins to add a passkey. Pass what a browser makes of it to AddPasskey within five minutes.
func (c *Client) PasskeyOptions(ctx context.Context, r OwnPassword) (PasskeyOptions, error) {
	return fetch[PasskeyOptions](ctx, c, send(http.MethodPost, r, "users", "me", "passkeys", "options"))
}

// AddPasskey adds a passkey to the account of the caller.
func (c *Client) AddPasskey(ctx context.Context, r NewPasskey) (AddedPasskey, error) {
	return fetch[AddedPasskey](ctx, c, send(http.MethodPost, r, "users", "me", "passkeys"))
}

// RemovePasskey removes a passkey of the caller. The last way to sign in cannot be removed.
func (c *Client) RemovePasskey(ctx context.Context, id uuid.UUID, r OwnPassword) error {
	return c.do(ctx, send(http.MethodDelete, r, "users", "me", "passkeys", id.String()), nil)
}

// LoginPasskeyOptions begins to sign in with a passkey.
func (c *Client) LoginPasskeyOptions(ctx context.Context, r WaitingSignIn) (PasskeyOptions, error) {
	return fetch[PasskeyOptions](ctx, c, send(http.MethodPost, r, "login", "passkey", "options"))
}
