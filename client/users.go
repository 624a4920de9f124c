package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Status is the state of an account.
type Status string

// The states of an account. A dormant account becomes active when it signs in; a suspended one may do nothing.
const (
	StatusActive    Status = "active"
	StatusDormant   Status = "dormant"
	StatusSuspended Status = "suspended"
)

// The login types of an account.
const (
	LoginPassword = "password"
	LoginNone     = "none" // the account of a program, which has only tokens
)

// User is an account.
type User struct {
	ID              uuid.UUID   `json:"id"`
	Username        string      `json:"username"`
	Name            string      `json:"name"`
	AvatarURL       string      `json:"avatar_url"`
	Email           string      `json:"email"`
	CreatedAt       time.Time   `json:"created_at"`
	UpdatedAt       time.Time   `json:"updated_at"`
	LastSeenAt      time.Time   `json:"last_seen_at"` // zero: never
	Status          Status      `json:"status"`
	LoginType       string      `json:"login_type"`
	ThemePreference string      `json:"theme_preference"` // always empty
	OrganizationIDs []uuid.UUID `json:"organization_ids"`
	Roles           []RoleRef   `json:"roles"` // roles of the site

	IsServiceAccount bool `json:"is_service_account"` // made as one, without an e-mail address
	HasAISeat        bool `json:"has_ai_seat"`        // always false

	NextEnd   time.Time `json:"next_end,omitzero"`    // when the first of its roles of the site ends
	ManagedBy []Manager `json:"managed_by,omitempty"` // the directory that writes its name, address and status, or else the providers that made it
}

// UserList is a page of a list of accounts.
type UserList struct {
	Users []User `json:"users"`
	Count int    `json:"count"` // of all matching accounts
}

// UserRoles holds the names of all roles of an account: of the site, and of organizations by their ids.
type UserRoles struct {
	Roles         []string               `json:"roles"`
	Organizations map[uuid.UUID][]string `json:"organization_roles"`
	Assignments   []Assignment           `json:"assignments"` // what gives them, and the memberships
}

// UserQuery selects accounts. Its zero value selects all that the caller may read, by username.
type UserQuery struct {
	Query   string    // words, or terms like status:active and role:owner
	Sources []string  // with a role of the site from any of these, as Assignment.Source names them
	Ending  string    // with a role of the site that ends as soon: a number of days or hours, "30d" or "12h"
	AfterID uuid.UUID // continue after this account; only in the order of usernames
	Sort    string    // username, name, email, created_at or last_seen_at; with "-" in front: descending
	Limit   int       // 0: all
	Offset  int
}

func (q UserQuery) values() url.Values {
	v := url.Values{}
	setText(v, "q", q.Query)
	setText(v, "ending", q.Ending)
	if len(q.Sources) > 0 {
		v["source"] = q.Sources
	}
	setText(v, "sort", q.Sort)
	setNumber(v, "limit", int64(q.Limit))
	setNumber(v, "offset", int64(q.Offset))
	if q.AfterID != uuid.Nil {
		v.Set("after_id", q.AfterID.String())
	}
	return v
}

// filter returns the parameters that decide who matches.
func (q UserQuery) filter() url.Values {
	return UserQuery{Query: q.Query, Sources: q.Sources, Ending: q.Ending}.values()
}

// CreateUserRequest describes a new account.
type CreateUserRequest struct {
	Email           string      `json:"email,omitempty"`
	Username        string      `json:"username"`
	Name            string      `json:"name,omitempty"`
	Password        string      `json:"password,omitempty"`
	LoginType       string      `json:"login_type,omitempty"`      // "": LoginPassword
	Status          Status      `json:"user_status,omitempty"`     // "": dormant
	OrganizationIDs []uuid.UUID `json:"organization_ids"`          // at least one
	Roles           []string    `json:"roles,omitempty"`           // of the site
	ServiceAccount  bool        `json:"service_account,omitempty"` // with neither an e-mail address nor a password

	OrganizationRoles map[uuid.UUID][]string `json:"organization_roles,omitempty"` // in some of OrganizationIDs
}

// ProfileRequest changes the names of an account, and the address of its picture and its e-mail address unless they are nil.
type ProfileRequest struct {
	Username  string  `json:"username"`
	Name      string  `json:"name"`
	AvatarURL *string `json:"avatar_url,omitempty"`
	Email     *string `json:"email,omitempty"` // nil stays; another one takes user:update
}

// PasswordRequest sets a password. To change your own, give the old one too.
type PasswordRequest struct {
	Password    string `json:"password"`
	OldPassword string `json:"old_password,omitempty"`
}

// Users returns a page of the accounts that the caller may read.
func (c *Client) Users(ctx context.Context, q UserQuery) (UserList, error) {
	return fetch[UserList](ctx, c, get("users").with(q.values()))
}

// User returns one account.
func (c *Client) User(ctx context.Context, user string, opts ...Option) (User, error) {
	return fetch[User](ctx, c, get("users", user), opts...)
}

// CreateUser makes an account.
func (c *Client) CreateUser(ctx context.Context, r CreateUserRequest) (User, error) {
	return fetch[User](ctx, c, send(http.MethodPost, r, "users"))
}

// DeleteUser deletes an account with its memberships, roles, tokens and sessions. Its names become available again.
func (c *Client) DeleteUser(ctx context.Context, user string, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, "users", user), nil, opts...)
}

// UpdateProfile changes the username and name of an account, and its picture and e-mail address if r has them.
func (c *Client) UpdateProfile(ctx context.Context, user string, r ProfileRequest, opts ...Option) (User, error) {
	return fetch[User](ctx, c, send(http.MethodPut, r, "users", user, "profile"), opts...)
}

// SetPassword sets the password of an account and ends its sessions and tokens.
func (c *Client) SetPassword(ctx context.Context, user string, r PasswordRequest, opts ...Option) error {
	return c.do(ctx, send(http.MethodPut, r, "users", user, "password"), nil, opts...)
}

// SuspendUser suspends an account until ActivateUser ends that.
func (c *Client) SuspendUser(ctx context.Context, user string, opts ...Option) (User, error) {
	return fetch[User](ctx, c, send(http.MethodPut, nil, "users", user, "status", "suspend"), opts...)
}

// ActivateUser ends the suspension of an account.
func (c *Client) ActivateUser(ctx context.Context, user string, opts ...Option) (User, error) {
	return fetch[User](ctx, c, send(http.MethodPut, nil, "users", user, "status", "activate"), opts...)
}

// UserRoles returns the names of all roles that an account holds.
func (c *Client) UserRoles(ctx context.Context, user string, opts ...Option) (UserRoles, error) {
	return fetch[UserRoles](ctx, c, get("users", user, "roles"), opts...)
}

// SetUserRoles replaces the roles of the site that an account holds. No names takes all roles away.
func (c *Client) SetUserRoles(ctx context.Context, user string, roles []string, opts ...Option) (User, error) {
	return fetch[User](ctx, c, send(http.MethodPut, UpdateRoles{Roles: roles}, "users", user, "roles"), opts...)
}

// PreviewUserRoles is the dry run of SetUserRoles.
func (c *Client) PreviewUserRoles(ctx context.Context, user string, roles []string, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPut, UpdateRoles{Roles: roles}, "users", user, "roles").dryRun(), opts...)
}

// LoginType returns how the caller signs in. user must be the caller.
func (c *Client) LoginType(ctx context.Context, user string) (string, error) {
	r, err := fetch[LoginTypeResponse](ctx, c, get("users", user, "login-type"))
	return r.LoginType, err
}

// LoginTypeResponse holds how an account signs in.
type LoginTypeResponse struct {
	LoginType string `json:"login_type"`
}

// UserOrganization returns an organization that an account belongs to.
func (c *Client) UserOrganization(ctx context.Context, user, organization string) (Organization, error) {
	return fetch[Organization](ctx, c, get("users", user, "organizations", organization))
}

// UserOrganizations returns the organizations that an account belongs to.
func (c *Client) UserOrganizations(ctx context.Context, user string) ([]Organization, error) {
	return fetch[[]Organization](ctx, c, get("users", user, "organizations"))
}
