package client

import (
	"context"
	"net/http"
	"time"
)

// Factors are the second factors of the caller.
type Factors struct {
	App           bool       `json:"app"`                 // sign-ins ask for a code of an authenticator app
	AppSince      *time.Time `json:"app_since,omitempty"` // when it was set up
	Passkeys      int        `json:"passkeys"`            // how many there are
	RecoveryCodes int        `json:"recovery_codes"`      // how many are left
	Required      bool       `json:"required"`            // the site asks for a second factor
}

// OwnPassword proves that a caller who changes second factors knows the password.
type OwnPassword struct {
	Password string `json:"password"`
}

// Enrolment is what an authenticator app needs to be set up. It is shown once.
type Enrolment struct {
	Secret string `json:"secret"` // to type in, in Base32
	URL    string `json:"url"`    // otpauth://, to make a QR code of
}

// FactorCode is what an authenticator app shows.
type FactorCode struct {
	Code string `json:"code"`
}

// RecoveryCodes work once each in place of a code of the app. They are shown once.
type RecoveryCodes struct {
	RecoveryCodes []string `json:"recovery_codes"`
}

// Factors returns the second factors of the caller.
func (c *Client) Factors(ctx context.Context) (Factors, error) {
	return fetch[Factors](ctx, c, get("users", "me", "mfa"))
}

// EnrolApp begins to set up an authenticator app. Sign-ins ask for its codes after ConfirmApp.
func (c *Client) EnrolApp(ctx context.Context, r OwnPassword) (Enrolment, error) {
	return fetch[Enrolment](ctx, c, send(http.MethodPost, r, "users", "me", "mfa", "app"))
}

// ConfirmApp checks the first code of an app, and returns recovery codes.
func (c *Client) ConfirmApp(ctx context.Context, r FactorCode) (RecoveryCodes, error) {
	return fetch[RecoveryCodes](ctx, c, send(http.MethodPost, r, "users", "me", "mfa", "app", "confirm"))
}

// RemoveApp removes the caller's authenticator app, and the recovery codes too unless there is a passkey.
func (c *Client) RemoveApp(ctx context.Context, r OwnPassword) error {
	return c.do(ctx, send(http.MethodPost, r, "users", "me", "mfa", "app", "remove"), nil)
}

// NewRecoveryCodes replaces the recovery codes of the caller.
func (c *Client) NewRecoveryCodes(ctx context.Context, r OwnPassword) (RecoveryCodes, error) {
	return fetch[RecoveryCodes](ctx, c, send(http.MethodPost, r, "users", "me", "mfa", "recovery-codes"))
}

// ResetFactors removes the second factors of an account whose owner has lost them, and ends its sessions.
func (c *Client) ResetFactors(ctx context.Context, user string) error {
	return c.do(ctx, send(http.MethodDelete, nil, "users", user, "mfa"), nil)
}
