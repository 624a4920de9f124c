package org

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"rolecall/db"
	"rolecall/rbac"
)

// Subject is who asks: a signed-in account and what it may do at one revision of the data.
type Subject struct {
	User     User
	TokenID  string // the API token that the request came with, "" for a session
	grants   *rbac.Subject
	revision int64
	operator bool
}

// ID is the caller's user id.
func (s *Subject) ID() uuid.UUID { return s.User.ID }

// Can asks the engine. A nil subject may do nothing.
func (s *Subject) Can(action string, o rbac.Object) bool {
	return s != nil && s.grants.Authorize(action, o)
}

// owner says whether the caller is a site owner.
func (s *Subject) owner() bool { return s.grants.HasRole(roleOwner, uuid.Nil) }

// The built-in roles that rules name.
const (
	roleOwner             = "owner"
	roleMember            = "member"
	roleOrganizationAdmin = "organization-admin"
	roleOrganizationUser  = "organization-member"
)

// Operator is whoever can write the database file: such a person needs no account to be obeyed. The audit trail
// calls it "operator".
func (s *Service) Operator() *Subject {
	owner, _ := s.catalog.BuiltIn(roleOwner)
	return &Subject{
		User:     User{Username: "operator", Status: StatusActive},
		grants:   s.catalog.NewSubject(uuid.Nil, nil, []rbac.Grant{{Role: owner}}),
		operator: true,
	}
}

// memory remembers subjects and role sets under one revision of the data, and forgets them all when it changes. So
// what is remembered is never older than the revision that a request read when it began, and a right that was taken
// away does not live on here.
type memory struct {
	mu       sync.Mutex
	revision int64
	subjects map[uuid.UUID]*Subject
	roles    map[uuid.UUID]*roleSet
}

// memoryLimit bounds each of the two maps; a full one starts anew.
const memoryLimit = 20_000

func recall[T any](m *memory, kind func() map[uuid.UUID]T, id uuid.UUID, revision int64) (v T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.revision != revision {
		return v, false
	}
	v, ok = kind()[id]
	return v, ok
}

func remember[T any](m *memory, kind func() map[uuid.UUID]T, id uuid.UUID, revision int64, v T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if revision < m.revision {
		return
	}
	if revision > m.revision || m.subjects == nil {
		m.revision = revision
		m.subjects, m.roles = map[uuid.UUID]*Subject{}, map[uuid.UUID]*roleSet{}
	}
	known := kind()
	if len(known) >= memoryLimit {
		clear(known)
	}
	known[id] = v
}

func (m *memory) subjectMap() map[uuid.UUID]*Subject { return m.subjects }
func (m *memory) roleMap() map[uuid.UUID]*roleSet    { return m.roles }

// source reads accounts and roles through q. What it loads is remembered under revision; 0 remembers nothing, which
// is what a transaction that has written must use.
type source struct {
	*Service
	q        *db.Queries
	revision int64
}

// roles is the role set of an organization, or of the site for uuid.Nil.
func (s source) roles(ctx context.Context, org uuid.UUID) (*roleSet, error) {
	if set, ok := recall(&s.memory, s.memory.roleMap, org, s.revision); ok && s.revision != 0 {
		return set, nil
	}
	set, err := s.loadRoles(ctx, org)
	if err == nil && s.revision != 0 {
		remember(&s.memory, s.memory.roleMap, org, s.revision, set)
	}
	return set, err
}

// subject is an account with its roles as they are stored.
func (s source) subject(ctx context.Context, id uuid.UUID) (*Subject, error) {
	if found, ok := recall(&s.memory, s.memory.subjectMap, id, s.revision); ok && s.revision != 0 {
		return found, nil
	}
	row, err := s.q.GetUser(ctx, id)
	if err != nil {
		return nil, err
	}
	found, err := s.loadSubject(ctx, row)
	if err == nil && s.revision != 0 {
		remember(&s.memory, s.memory.subjectMap, id, s.revision, found)
	}
	return found, err
}

func (s source) loadSubject(ctx context.Context, row db.UserRow) (*Subject, error) {
	rows, err := s.q.ListGrants(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Fields(row.Roles) {
		rows = append(rows, db.ListGrantsRow{Role: name})
	}
	var orgs []rbac.ID
	var grants []rbac.Grant
	for _, r := range rows {
		if r.OrganizationID != uuid.Nil {
			orgs = append(orgs, r.OrganizationID)
		}
		if r.Role == "" {
			continue
		}
		set, err := s.roles(ctx, r.OrganizationID)
		if err != nil {
			return nil, err
		}
		// A name that no role answers to gives nothing.
		if role, ok := set.compiled(r.Role); ok {
			grants = append(grants, rbac.Grant{Role: role, Org: r.OrganizationID})
		}
	}
	user, err := s.user(ctx, row)
	if err != nil {
		return nil, err
	}
	return &Subject{User: user, grants: s.catalog.NewSubject(row.ID, orgs, grants), revision: s.revision}, nil
}

// TokenSubject is who an API token belongs to.
// Unauthenticated: malformed, unknown, wrong, expired, or of an account that is suspended.
func (s *Service) TokenSubject(ctx context.Context, token string) (*Subject, error) {
	id, secret, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	key, err := s.db.GetAPIKey(ctx, id)
	if db.IsNotFound(err) {
		return nil, signedOut("API key is invalid.")
	}
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(secret))
	now := s.now()
	switch {
	case subtle.ConstantTimeCompare(hash[:], key.SecretHash) != 1:
		return nil, signedOut("API key secret is invalid.")
	case !key.ExpiresAt.After(now):
		return nil, signedOut(fmt.Sprintf("API key expired at %q.", key.ExpiresAt.Format(time.RFC3339)))
	}
	subject, err := s.activeSubject(ctx, key.UserID, key.Revision)
	if err != nil {
		return nil, err
	}
	if !key.LastUsed.Valid || now.Sub(key.LastUsed.Time) >= time.Hour {
		s.touch(ctx, func(q *db.Queries) error {
			if err := q.UpdateLastUsed(ctx, db.UpdateLastUsedParams{Now: nullTime(now), ID: id}); err != nil {
				return err
			}
			return q.UpdateLastSeen(ctx, db.UpdateLastSeenParams{Now: nullTime(now), ID: key.UserID})
		})
	}
	with := *subject
	with.TokenID = id
	return &with, nil
}

// UserSubject is who a browser session belongs to.
// Unauthenticated: the account is gone or suspended.
func (s *Service) UserSubject(ctx context.Context, id uuid.UUID) (*Subject, error) {
	revision, err := s.db.GetRevision(ctx)
	if err != nil {
		return nil, err
	}
	return s.activeSubject(ctx, id, revision)
}

func (s *Service) activeSubject(ctx context.Context, id uuid.UUID, revision int64) (*Subject, error) {
	subject, err := source{s, s.db.Queries, revision}.subject(ctx, id)
	if db.IsNotFound(err) {
		return nil, signedOut("This account is gone.")
	}
	if err != nil {
		return nil, err
	}
	if err := mustBeActive(subject.User.Status); err != nil {
		return nil, err
	}
	return subject, nil
}

// mustBeActive refuses a suspended account. A dormant one is only one that has not signed in yet.
func mustBeActive(status Status) error {
	if status != StatusSuspended {
		return nil
	}
	return &Error{
		Kind:    Unauthenticated,
		Message: fmt.Sprintf("User is not active (status = %q). Contact an admin to reactivate your account.", status),
	}
}

func signedOut(detail string) *Error {
	return &Error{
		Kind:    Unauthenticated,
		Message: "You are signed out or your session has expired. Please sign in again to continue.",
		Detail:  detail,
	}
}

// SignedOut is the error of a request that names nobody.
func SignedOut() *Error {
	return signedOut("Sign in, or send a token in the header Coder-Session-Token or Authorization: Bearer.")
}

// touch notes when something was used. That it fails must not fail the request that uses it.
func (s *Service) touch(ctx context.Context, fn func(q *db.Queries) error) {
	_ = s.db.Write(ctx, fn)
}
