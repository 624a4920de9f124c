package org

import (
	"time"

	"github.com/google/uuid"
)

// EndingSoon is how long before its end a token is said to end: a program that nobody looks at would just stop.
const EndingSoon = 7 * Day

// ScopeDecide is the scope of a token that may ask for decisions, and do nothing else.
const ScopeDecide = "rolecall:decide"

// ActionExpire is what the trail calls the end of a token that has expired.
const ActionExpire = "expire"

// Token is an API token without its secret.
type Token struct {
	ID        string
	UserID    uuid.UUID
	Username  string
	Name      string
	Scope     string
	LoginType string
	CreatedAt time.Time
	UpdatedAt time.Time
	LastUsed  time.Time // zero when never used
	ExpiresAt time.Time
	Lifetime  time.Duration
	MadeBy    uuid.UUID // who made it for the account; uuid.Nil: the account itself, or the operator
	Maker     string    // their username, "" when the account is gone
}

// TokenFilter selects tokens. Its zero value is those of one account that have not ended.
type TokenFilter struct {
	Everyone bool // of all accounts
	Ended    bool // also those that have ended
}

// TokenInput asks for a token. Lifetime 0 is the default, an empty Name a random one. Scope, Scopes and AllowList may
// say no more than that nothing limits it.
type TokenInput struct {
	Name      string
	Lifetime  time.Duration
	Scope     string
	Scopes    []string
	AllowList []string // entries of the form type:id
}
