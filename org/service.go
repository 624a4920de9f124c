// Package org holds the use cases: who is in an organization, and what they may do. Each rule of the product stands
// here once; the packages around it carry requests to it and answers away. It knows nothing of HTTP, HTML or SQL text.
package org

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

const day = 24 * time.Hour

// Options are the settings of a Service. The zero value is what a server uses.
type Options struct {
	Now              func() time.Time // time.Now if nil
	Catalog          *rbac.Catalog    // rbac.Default() if nil
	MaxTokenLifetime time.Duration    // a year if 0
	SessionLifetime  time.Duration    // of the tokens that a login over the API gets; a day if 0
	HashCost         HashCost         // of new password hashes; two passes over 19 MiB if zero
}

// Service answers every use case. It is safe for concurrent use.
type Service struct {
	db               *db.DB
	catalog          *rbac.Catalog
	clock            func() time.Time
	memory           memory
	refused          refusalCounts
	hashing          hashing
	maxTokenLifetime time.Duration
	sessionLifetime  time.Duration
}

// New makes the use cases over an open database.
func New(d *db.DB, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Catalog == nil {
		o.Catalog = rbac.Default()
	}
	if o.MaxTokenLifetime == 0 {
		o.MaxTokenLifetime = 365 * day
	}
	if o.SessionLifetime == 0 {
		o.SessionLifetime = day
	}
	if o.HashCost == (HashCost{}) {
		o.HashCost = defaultHashCost
	}
	return &Service{
		db: d, catalog: o.Catalog, clock: o.Now, hashing: newHashing(o.HashCost),
		maxTokenLifetime: o.MaxTokenLifetime, sessionLifetime: o.SessionLifetime,
	}
}

// readyTime is how long the database may take to say that it is there: who asks does so several times a second.
const readyTime = time.Second

// Ready says whether the data can be read and written. Unavailable: it can be read alone, and what ends that.
func (s *Service) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	if err := s.db.Ping(ctx); err != nil {
		return err
	}
	err := s.db.Err()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, db.ErrFull):
		return &Error{Kind: Unavailable, Err: err, Message: "read only: the disk is full; make room"}
	case errors.Is(err, db.ErrUnreadable):
		return &Error{Kind: Unavailable, Err: err, Message: "the database cannot be read: check the disk, then start the server again"}
	default:
		return &Error{Kind: Unavailable, Err: err, Message: "read only: the disk failed a write; check the disk, then start the server again"}
	}
}

// now is the time as it is stored: UTC, to the microsecond.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Request is what the audit trail keeps of the request that a change came with.
type Request struct {
	ID        string
	IP        string
	UserAgent string
}

type requestKey struct{}

// WithRequest gives ctx the request that the use cases record.
func WithRequest(ctx context.Context, r Request) context.Context {
	r.UserAgent = strings.ToValidUTF8(r.UserAgent, "\uFFFD") // a header may hold anything, the trail holds text
	return context.WithValue(ctx, requestKey{}, r)
}

func requestOf(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}

// The objects of docs/spec/authcheck.md.
func orgObject(id uuid.UUID) rbac.Object { return rbac.Object{Type: "organization", Org: id} }
func membersObject(org uuid.UUID) rbac.Object {
	return rbac.Object{Type: "organization_member", Org: org}
}
func orgRolesObject(org uuid.UUID) rbac.Object { return rbac.Object{Type: "assign_org_role", Org: org} }
func userObject(id uuid.UUID) rbac.Object      { return rbac.Object{Type: "user", Owner: id} }
func keyObject(owner uuid.UUID) rbac.Object    { return rbac.Object{Type: "api_key", Owner: owner} }

func memberObject(org, user uuid.UUID) rbac.Object {
	return rbac.Object{Type: "organization_member", Org: org, Owner: user}
}

var (
	siteRolesObject = rbac.Object{Type: "assign_role"}
	usersObject     = rbac.Object{Type: "user"}
)
