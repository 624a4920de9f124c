package views

import (
	"time"

	"rolecall.example/org"
)

// UserRowView is one row of the list of accounts: what UserRow needs besides the account.
type UserRowView struct {
	User      org.User
	Query     string // the search, to mark its matches
	Back      string // the list to go back to from the pages of the account; "" is all accounts
	LinkRoles bool   // the caller may open site roles
	CanAssign bool   // as in Users
	Aside     bool   // the row goes to its place out of band
	Self      bool

	Selectable bool // the list has a box for each row
	Picked     bool // which is ticked
	Now        time.Time
}

func (l UserRowView) url() string { return WithBack(UserURL(l.User.Username), l.Back) }

func userID(u org.User) string { return "u-" + u.ID.String() }
