package org

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Check finds everything that is wrong with a new account.
func (u *NewUser) Check() error {
	u.Name = strings.TrimSpace(u.Name)
	u.LoginType = cmp.Or(u.LoginType, LoginPassword)
	var bad FieldErrors
	bad.Add("email", emailProblem(u.Email))
	bad.Add("username", AddressProblem(u.Username, ReservedUsernames))
	bad.Add("name", TextProblem(u.Name, 128))
	switch u.LoginType {
	case LoginPassword:
		if u.Invite && u.Password == "" {
			break
		}
		bad.Add("password", PasswordProblem(u.Password, u.Username, u.Email))
	case LoginNone:
		if u.Password != "" {
			bad.Add("password", "must be empty for a service account")
		}
	default:
		bad.Add("login_type", fmt.Sprintf("%q is not supported: use %q or %q", u.LoginType, LoginPassword, LoginNone))
	}
	switch u.Status {
	case "":
		u.Status = StatusDormant
		if u.LoginType == LoginNone { // nobody will ever sign in to wake it
			u.Status = StatusActive
		}
	case StatusActive, StatusDormant:
	default:
		bad.Add("user_status", fmt.Sprintf("%q is not one of %q, %q", u.Status, StatusActive, StatusDormant))
	}
	if len(bad) == 1 && bad[0].Field == "password" {
		return bad.Err("Password is invalid")
	}
	return bad.Err("Validation failed.")
}

// Status is the state of an account.
type Status string

// The states of an account. A suspended account keeps its memberships and roles but may not sign in.
const (
	StatusActive    Status = "active"
	StatusDormant   Status = "dormant"
	StatusSuspended Status = "suspended"
)

// How an account signs in. A service account has LoginNone: it holds roles and tokens but has no password.
const (
	LoginPassword = "password"
	LoginNone     = "none"
)

// User is an account, with its site roles.
type User struct {
	ID              uuid.UUID
	Username        string
	Email           string
	Name            string
	AvatarURL       string
	Status          Status
	LoginType       string
	CreatedAt       time.Time
	UpdatedAt       time.Time
	LastSeenAt      time.Time // zero when never seen
	Version         int64     // counts the changes of the account and of its site roles
	Roles           []RoleRef
	OrganizationIDs []uuid.UUID
}

// ServiceAccount says whether nobody can sign in to this account with a password.
func (u *User) ServiceAccount() bool { return u.LoginType == LoginNone }

// FirstUser is the account that setup makes.
type FirstUser struct {
	Email    string
	Username string
	Name     string
	Password string
}

// NewUser is an account to create.
type NewUser struct {
	Email           string
	Username        string
	Name            string
	Password        string
	LoginType       string // "" is LoginPassword
	Status          Status // "" is StatusActive for service accounts and accounts with a password
	OrganizationIDs []uuid.UUID
	Invite          bool // no password yet: the person sets it with a link, see CreatePasswordLink
}

// Profile is what a user may change of an account. Nil Name keeps the name.
type Profile struct {
	Username string
	Name     string
	IfMatch  Versions // of the account
}

// PasswordInput sets a password. OldPassword is needed for the caller's own account.
type PasswordInput struct {
	Password    string
	OldPassword string
	IfMatch     Versions // of the account
}

// UserFilter selects users. Query is the search language of GET /users (docs/spec/users.md: a bare word or
// search:, status:, role:, login_type:, created_before:, …); the other conditions come on top of what it says.
type UserFilter struct {
	Query      string
	Text       string // substring, case folded, of username, name or e-mail
	Statuses   []Status
	Roles      []string // site role names; who holds any of them matches
	LoginTypes []string
	AfterID    uuid.UUID
	Sort       string // one of UserSorts, "-" in front for descending; "" is "username"
	Limit      int
	Offset     int
	CountLimit int // a filtered count may stop here; 0 counts exactly
}

// UserSorts lists the keys that users can be sorted by.
var UserSorts = []string{"username", "name", "email", "created_at", "last_seen_at"}

// Filtered says whether f leaves anybody out.
func (f *UserFilter) Filtered() bool {
	return f.Query != "" || f.Text != "" || len(f.Statuses)+len(f.Roles)+len(f.LoginTypes) > 0
}

// UserList is one page of users.
type UserList struct {
	Users          []User
	Count          int  // of all that match; 0 past the end
	CountIsMinimum bool // Count stopped at UserFilter.CountLimit: there are more
	OnlySelf       bool // the caller may see nobody but itself
	CanCreate      bool // the caller may create accounts
}

// UserRoleNames are the stored role names of a user.
type UserRoleNames struct {
	Tag           string // of the account
	Roles         []string
	Organizations map[uuid.UUID][]string
}
