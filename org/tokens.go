package org

import (
	"slices"
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
	Decides   bool      // it may only ask for decisions: its scope is ScopeDecide
	Within    []TokenPlace
}

// TokenPlace is an organization that a token is for. It stays when the organization is renamed or deleted.
type TokenPlace struct {
	ID   uuid.UUID
	Name string // "" as long as nobody looked it up, and where it is gone or not for the caller to see
}

// TokenFilter selects tokens. Its zero value is those of one account that have not ended.
type TokenFilter struct {
	Everyone bool // of all accounts
	Ended    bool // also those that have ended
}

// TokenInput asks for a token. Lifetime 0 is the default, an empty Name a random one. Scope, Scopes and AllowList may
// say no more than that nothing limits it; or the one scope is ScopeDecide, and Organizations may bound that.
type TokenInput struct {
	Name      string
	Lifetime  time.Duration
	Scope     string
	Scopes    []string
	AllowList []string // entries of the form type:id

	Organizations []string // names or ids
}

// Decides reports whether the scope ScopeDecide is asked for, alone or not.
func (in *TokenInput) Decides() bool {
	return in.Scope == ScopeDecide || slices.Contains(in.Scopes, ScopeDecide)
}
