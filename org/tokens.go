package org

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// EndingSoon is how long before its end a token is reported as ending: a program that no one watches would just stop.
const EndingSoon = 7 * Day

// ScopeDecide is the scope of a token that may ask for decisions, and do nothing else.
const ScopeDecide = "rolecall:decide"

// ActionExpire is what the audit trail calls the end of a token that has expired.
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
	Limits    Limits
	Scopes    []string // of the limits, as they are called now; nil: every permission
	AllowList []string // what the scopes were cut by, likewise: "user:*"; nil: nothing
	Within    []TokenPlace
}

// TokenPlace is an organization that a token is for. It stays when the organization is renamed or deleted.
type TokenPlace struct {
	ID   uuid.UUID
	Name string // "" as long as no one looked it up, and where it is gone or not for the caller to see
}

// TokenFilter selects tokens. Its zero value is those of one account that have not ended.
type TokenFilter struct {
	Ended bool // also those that have ended
	Kind  TokenKind
}

// TokenKind says which tokens to show; "" is all of them.
type TokenKind string

// The kinds of tokens to look at.
const (
	TokensUnused    TokenKind = "unused"    // for UnusedAfter
	TokensUnlimited TokenKind = "unlimited" // they have no limits
	TokensEnding    TokenKind = "ending"    // within EndingNotice
)

// UnusedAfter is how long a token must not have been used to be called unused. EndingNotice is how long before the end of a
// token answers and pages mention it.
const (
	UnusedAfter  = 90 * Day
	EndingNotice = 30 * Day
)

// Has reports whether a token is of a kind at a time.
func (k TokenKind) Has(t *Token, now time.Time) bool {
	switch k {
	case TokensUnused:
		used := t.LastUsed
		if used.IsZero() {
			used = t.CreatedAt
		}
		return now.Sub(used) >= UnusedAfter
	case TokensUnlimited:
		return !t.Limits.Any()
	case TokensEnding:
		return t.EndsSoon(now)
	}
	return true
}

// EndsSoon reports whether it ends within EndingNotice, and has not ended yet.
func (t *Token) EndsSoon(now time.Time) bool {
	return t.ExpiresAt.After(now) && t.ExpiresAt.Sub(now) <= EndingNotice
}

// EndNotices are how many days before the end of a token its owner is notified, the last notice first. A notice is only for
// tokens with a longer lifetime.
var EndNotices = []int{1, 7, 30}

// TellsEnd reports whether the time of a notice about its end has come, and its end has not.
func (t *Token) TellsEnd(now time.Time) bool {
	left := t.ExpiresAt.Sub(now)
	return left > 0 && slices.ContainsFunc(EndNotices, func(days int) bool {
		notice := time.Duration(days) * Day
		return left <= notice && t.Lifetime > notice
	})
}

// TokenInput asks for a token. Lifetime 0 is the default, an empty Name a random one. Scopes count before Scope. Docs:
// docs/spec/tokens.md.
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
