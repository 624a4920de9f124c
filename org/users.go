package org

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Check finds everything that is wrong with a new account, and fills in defaults.
func (u *NewUser) Check() error {
	u.Name = strings.TrimSpace(u.Name)
	message, bad := "", FieldErrors{}
	if !u.Service {
		bad.Add("email", EmailProblem(u.Email))
	}
	bad.Add("username", AddressProblem(u.Username, ReservedUsernames))
	bad.Add("name", TextProblem(u.Name, 128))
	if u.Service {
		message = u.checkService(&bad)
	} else {
		message = u.checkLogin(&bad)
	}
	switch u.Status {
	case "":
		u.Status = StatusDormant
		if u.LoginType == LoginNone { // no one will ever sign in to wake it
			u.Status = StatusActive
		}
	case StatusActive, StatusDormant:
	default:
		bad.Add("user_status", fmt.Sprintf("%q is not one of %q, %q", u.Status, StatusActive, StatusDormant))
	}
	if len(bad) == 1 && bad[0].Field == "password" {
		message = cmp.Or(message, "Password is invalid")
	}
	return bad.Err(cmp.Or(message, "Validation failed."))
}

// checkService finds what a service account must not have. The first problem is the message.
func (u *NewUser) checkService(bad *FieldErrors) (message string) {
	refuse := func(field, detail string) {
		message = cmp.Or(message, detail)
		bad.Add(field, detail)
	}
	if u.LoginType != "" && u.LoginType != LoginNone {
		refuse("login_type", "Service accounts must use login type 'none'.")
	}
	if u.Password != "" {
		refuse("password", "Password cannot be set for service accounts.")
	}
	if u.Email != "" {
		refuse("email", "Email cannot be set for service accounts.")
	}
	u.LoginType = LoginNone
	return message
}

// checkLogin finds what is wrong with how an account signs in. A message is about the login type.
func (u *NewUser) checkLogin(bad *FieldErrors) (message string) {
	u.LoginType = cmp.Or(u.LoginType, LoginPassword)
	switch u.LoginType {
	case LoginPassword:
		bad.Add("password", PasswordProblem(u.Password, u.Username, u.Email))
		return ""
	case LoginNone:
		if u.Password != "" {
			bad.Add("password", "must be empty for a service account")
		}
		return ""
	}
	bad.Add("login_type", fmt.Sprintf("%q is not supported: use %q or %q", u.LoginType, LoginPassword, LoginNone))
	if u.LoginType == "oidc" {
		return "You must configure OIDC before creating OIDC users."
	}
	return fmt.Sprintf("Unsupported login type %q for manually creating new users.", u.LoginType)
}

// Status is the state of an account.
type Status string

// The states of an account. A suspended account keeps its memberships and roles but may not sign in.
const (
	StatusActive    Status = "active"
	StatusDormant   Status = "dormant"
	StatusSuspended Status = "suspended"
)

// Statuses lists the states of an account. LoginTypes lists what clients may ask for; no account here has one of the last three.
var (
	Statuses   = []string{string(StatusActive), string(StatusDormant), string(StatusSuspended)}
	LoginTypes = []string{LoginPassword, LoginNone, "github", "oidc", "token"}
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
	NextEnd         time.Time   // when the first record of its roles ends; zero: none does
	Sources         []string    // where they come from, sorted; filled if UserFilter.WithSources says so
	ManagedBy       []ManagedBy // the directory that writes name, address and status, or else the providers that write the first two
}

// ServiceAccount reports whether no one can sign in to this account with a password.
func (u *User) ServiceAccount() bool { return u.LoginType == LoginNone }

// MadeForService reports whether the account was made as a service account. One without a password but with an e-mail address
// was not: calling it one would show up as a difference in the plan of every client that made it.
func (u *User) MadeForService() bool { return madeForService(u.LoginType, u.Email) }

// MadeForService reports the same for a member's account.
func (m *Member) MadeForService() bool { return madeForService(m.LoginType, m.Email) }

func madeForService(loginType, email string) bool { return loginType == LoginNone && email == "" }

// FirstUser is the account that setup creates.
type FirstUser struct {
	Email    string
	Username string
	Name     string
	Password string

	Organization string // display name of the default organization; "" leaves it as it is
}

// NewUser is an account to create.
type NewUser struct {
	Email           string
	Username        string
	Name            string
	Password        string
	LoginType       string // "" is LoginPassword
	Status          Status // "" is StatusActive for accounts without a login, else StatusDormant
	OrganizationIDs []uuid.UUID
	Roles           []string // of the site
	Service         bool     // a service account, without an e-mail address

	OrganizationRoles map[uuid.UUID][]string // in some of the organizations
}

// Profile is what a user may change of an account. An empty Username, a nil AvatarURL and a nil Email stay as they are.
type Profile struct {
	Username  string
	Name      string
	AvatarURL *string
	Email     *string  // nil stays; another one takes more than a name does
	IfMatch   Versions // of the account
}

// PasswordInput sets a password. OldPassword is needed for the caller's own account.
type PasswordInput struct {
	Password    string
	OldPassword string
	IfMatch     Versions // of the account
}

// UserFilter selects users. Query is the search language of GET /users (docs/spec/users.md: a bare word or
// search:, status:, role:, login_type:, created_before:, …); the other conditions apply in addition.
type UserFilter struct {
	Query      string
	Text       string // substring, case folded, of username, name or e-mail
	Statuses   []Status
	Roles      []string // site role names; who holds any of them matches
	LoginTypes []string
	Records    RecordFilter // of roles of the site
	AfterID    uuid.UUID
	Sort       string // one of UserSorts, "-" in front for descending; "" is "username"
	Limit      int
	Offset     int
	CountLimit int // a filtered count may stop here; 0 counts exactly

	WithSources bool // fills User.Sources
}

// UserSorts lists the keys that users can be sorted by.
var UserSorts = []string{"username", "name", "email", "created_at", "last_seen_at"}

// Filtered reports whether f leaves anyone out.
func (f *UserFilter) Filtered() bool {
	return f.Query != "" || f.Text != "" || len(f.Statuses)+len(f.Roles)+len(f.LoginTypes) > 0 || f.Records.Filtered()
}

// UserList is one page of users.
type UserList struct {
	Users          []User
	Count          int  // of all that match; 0 past the end
	CountIsMinimum bool // Count stopped at UserFilter.CountLimit: there are more
	OnlySelf       bool // the caller may see no one but itself
	CanCreate      bool // the caller may create accounts
}

// UserRoleNames are the stored role names of a user.
type UserRoleNames struct {
	Tag           string // of the account
	Roles         []string
	Organizations map[uuid.UUID][]string
	Assignments   []Assignment // what gives them, and the memberships
}
