package org

import (
	"time"
)

// PasswordLink is a link that lets its holder set the password of an account, once.
type PasswordLink struct {
	User      User
	Secret    string // stands in the link; "" when the link is only told about
	CreatedAt time.Time
	ExpiresAt time.Time
	MustSet   bool // the password that the account has lets no one in any more
}
