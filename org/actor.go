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
	Request   Request // that it came with
	Asks      bool    // it wants to know what would be: what it calls decides, and stores nothing

	OnlyDecides bool        // its token has the scope rolecall:decide: it asks for decisions and reaches nothing else
	confined    []uuid.UUID // the organizations that its token is for, sorted; nil: any
}

// Confined are the organizations that the caller's token is for, sorted; nil for a caller without such bounds. [Actor.Can]
// knows of them: anything in another organization looks as if it did not exist.
func (s *Actor) Confined() []uuid.UUID { return s.confined }

// Confine bounds the actor to some organizations, as its token says; none: nothing changes. What is remembered for the actor
// without bounds is not what is remembered for it within them.
func (s *Actor) Confine(organizations []uuid.UUID) {
	if len(organizations) == 0 {
		return
	}
	ids, h := make([]rbac.ID, len(organizations)), sha256.New()
	h.Write(s.Key[:])
	for i, id := range organizations {
		ids[i] = id
		h.Write(id[:])
	}
	h.Sum(s.Key[:0])
	s.confined, s.Grants = organizations, s.Grants.Within(ids)
}

// WithRequest returns the actor as it comes with a request.
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

// DecisionCounts is how many questions were answered with yes and with no since the process began.
func DecisionCounts() (allowed, denied int64) {
	return decisions.allowed.Load(), decisions.denied.Load()
}

// Owner says whether the caller is a site owner.
func (s *Actor) Owner() bool { return s.Grants.HasRole(RoleOwner, uuid.Nil) }

// The built-in roles that rules name.
const (
	RoleOwner             = "owner"
	RoleMember            = "member"
	RoleOrganizationAdmin = "organization-admin"
	RoleOrganizationUser  = "organization-member"
)

// ErrSignedOut is Unauthenticated: a session or a token that no longer counts, and why.
func ErrSignedOut(detail string) *Error {
	return &Error{
		Kind:    Unauthenticated,
		Message: "You are signed out or your session has expired. Please sign in again to continue.",
		Detail:  detail,
	}
}

// SignedOut is the error of a request that names nobody.
func SignedOut() *Error {
	return ErrSignedOut("Sign in, or send a token in the header Coder-Session-Token or Authorization: Bearer.")
}
