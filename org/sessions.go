package org

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Session is a browser session of an account, or what a program signed in to it with.
type Session struct {
	ID        string
	Program   bool // it signed in over the API; where from is not known
	CLI       bool // a program that an account gave a key, for a command line
	IP        string
	UserAgent string
	CreatedAt time.Time
	LastUsed  time.Time // of a program; zero when never used
	ExpiresAt time.Time
	Current   bool // the one that asks
}

// NewSession is a new browser session, as its store keeps it.
type NewSession struct {
	Token     string // hashed
	Data      []byte
	ExpiresAt time.Time
	Replaces  string // the token of the session that ends with it, "" if none does
}

// BeginSession makes the session of an account that a use case signs in; nil makes none. The use case stores it in the same
// transaction: a password change either ends it or comes before it, never in between. It is called again if the transaction
// runs again.
type BeginSession func(ctx context.Context, user uuid.UUID) (NewSession, error)
