package org

import (
	"time"

	"github.com/google/uuid"
)

// Passkey is a way to sign in that a device of its owner keeps, and that is also a second factor.
type Passkey struct {
	ID        uuid.UUID
	Name      string
	Synced    bool // it is on several devices
	CreatedAt time.Time
	LastUsed  time.Time // zero: never
	Doubted   time.Time // when it signed as if there were a copy of it, zero: never
}

// NewPasskey is a passkey that a browser has made.
type NewPasskey struct {
	Name     string // "" for Device
	Device   string // what made it, like "Chrome on macOS"
	Response []byte // what the browser says of it, as JSON
}

// AddedPasskey is a passkey that was added. It comes with recovery codes if it is the first second factor of an account with a
// password; they are shown once.
type AddedPasskey struct {
	Passkey
	RecoveryCodes []string
}

// SecondStep is what a sign-in with the right password still needs.
type SecondStep struct {
	Email    string
	App      bool // a code of an authenticator app will do
	Passkeys bool // a passkey will do
}

// The bounds of passkeys.
const (
	MaxPasskeys    = 20
	MaxPasskeyName = 64
)
