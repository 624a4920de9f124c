package org

import (
	"time"
)

// Session is a browser session of an account, or what a program signed in to it with.
type Session struct {
	ID        string
	Program   bool // it signed in over the API; where from is not known
	IP        string
	UserAgent string
	CreatedAt time.Time
	LastUsed  time.Time // of a program; zero when never used
	ExpiresAt time.Time
	Current   bool // the one that asks
}
