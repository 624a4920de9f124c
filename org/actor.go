package org

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// Actor is who asks: a signed-in account and what it may do at one moment.
type Actor struct {
	User      User
	TokenID   string        // the API token that the request came with, "" if it came with none
	TokenEnds time.Time     // zero without a token
	Session   string        // likewise the browser session, as its store knows it
	MadeBy    uuid.NullUUID // who made that token, if it was not the account itself
	Grants    *rbac.Subject
	Catalog   *rbac.Catalog     // by which these rights are meant; nil for whoever has none
	Basis     Basis             // what the rights were read from
	Key       [sha256.Size]byte // that names who it is, and the basis
	Operator  bool
	Request   Request     // that it came with
	Asks      bool        // it wants to know what would be: what it calls decides, and stores nothing
	Names     ImpactNames // whose names it wants to see of what would be

	limits Limits      // of the token that the request came with
	within rbac.Limits // the same as the engine takes them
}

// WithRequest returns the actor together with the request that it came with.
func (s *Actor) WithRequest(r Request) *Actor {
	with := *s
	with.Request = r
	return &with
}

// ID is the caller's user id.
func (s *Actor) ID() uuid.UUID { return s.User.ID }

// Can asks the engine. A nil subject may do nothing.
func (s *Actor) Can(action string, o rbac.Object) bool {
	allowed := s != nil && s.Grants.Authorize(action, o)
	if allowed {
		decisions.allowed.Add(1)
	} else {
		decisions.denied.Add(1)
	}
	return allowed
}

// decisions counts what was decided since the process began.
var decisions struct{ allowed, denied atomic.Int64 }

// DecisionCounts returns how many questions were answered with yes and with no since the process began.
func DecisionCounts() (allowed, denied int64) {
	return decisions.allowed.Load(), decisions.denied.Load()
}

// Owner reports whether the caller is a site owner, and acts as one. With a limited token it does not: no permission
// covers what only owners may do, so no limits could include it.
func (s *Actor) Owner() bool { return s.Grants.HasRole(RoleOwner, uuid.Nil) && !s.Grants.Limited() }

// The built-in roles that rules name.
const (
	RoleOwner             = "owner"
	RoleMember            = "member"
	RoleOrganizationAdmin = "organization-admin"
	RoleOrganizationUser  = "organization-member"
)

// ErrSignedOut returns Unauthenticated for a session or a token that no longer counts, with the reason.
func ErrSignedOut(detail string) *Error {
	return &Error{
		Kind:    Unauthenticated,
		Message: "You are signed out or your session has expired. Please sign in again to continue.",
		Detail:  detail,
	}
}

// SignedOut returns the error of a request that identifies no account.
func SignedOut() *Error {
	return ErrSignedOut("Sign in, or send a token in the header Coder-Session-Token or Authorization: Bearer.")
}
