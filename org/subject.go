package org

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// Subject is who asks: a signed-in account and what it may do at one revision of the data.
type Subject struct {
	User     User
	TokenID  string        // the API token that the request came with, "" if it came with none
	Session  string        // likewise the browser session, as its store knows it
	madeBy   uuid.NullUUID // who made that token, if it was not the account itself
	grants   *rbac.Subject
	revision db.Revision
	operator bool
}

// Revision is the state of the data that the caller's rights were read in. Whatever is computed from the data for this
// caller holds as long as the revision does.
func (s *Subject) Revision() int64 { return s.revision.Value }

// ID is the caller's user id.
func (s *Subject) ID() uuid.UUID { return s.User.ID }

// Can asks the engine. A nil subject may do nothing.
func (s *Subject) Can(action string, o rbac.Object) bool {
	allowed := s != nil && s.grants.Authorize(action, o)
	if allowed {
		decisions.allowed.Add(1)
	} else {
		decisions.denied.Add(1)
	}
	return allowed
}

// decisions counts what was decided since the process began.
var decisions struct{ allowed, denied atomic.Int64 }

// Decisions is how many questions were answered with yes and with no since the process began.
func Decisions() (allowed, denied int64) { return decisions.allowed.Load(), decisions.denied.Load() }

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

// source reads accounts and roles through q. What it loads is remembered under revision; its value is 0, which remembers
// nothing, in a transaction that has written.
type source struct {
	*Service
	q        *db.Queries
	revision db.Revision
	sets     map[uuid.UUID]*roleSet // if there is one, roles are read once, whatever is written: for what writes none
}

// roles is the role set of an organization, or of the site for uuid.Nil.
func (s source) roles(ctx context.Context, org uuid.UUID) (*roleSet, error) {
	if set, ok := s.sets[org]; ok {
		return set, nil
	}
	state := s.revision.Roles
	if s.revision.Value == 0 { // what this transaction has written need not be roles
		state = s.rolesState(ctx)
	}
	if set, ok := s.memory.roleSets.recall(org, state); ok {
		return set, nil
	}
	set, err := s.loadRoles(ctx, org)
	if err == nil {
		s.memory.roleSets.remember(org, s.rolesState(ctx), set)
	}
	if err == nil && s.sets != nil {
		s.sets[org] = set
	}
	return set, err
}

// subject is an account with its roles as they are stored. It is asked for inside a transaction only, so that all of it
// is of one moment.
func (s source) subject(ctx context.Context, id uuid.UUID) (*Subject, error) {
	if found, ok := s.memory.subjects.recall(id, s.revision.Value); ok {
		return found, nil
	}
	row, err := s.q.GetUser(ctx, id)
	if err != nil {
		return nil, err
	}
	found, err := s.loadSubject(ctx, row)
	if err == nil {
		s.memory.subjects.remember(id, s.revision.Value, found)
	}
	return found, err
}

// rolesState is the state of the custom roles as long as it is still that of this source: then all that was read of them
// is of that moment, and may be remembered as such. Else it is 0.
func (s source) rolesState(ctx context.Context) int64 {
	if now, err := s.q.GetRevision(ctx); err == nil && now.Roles == s.revision.Roles {
		return now.Roles
	}
	return 0
}

func (s source) loadSubject(ctx context.Context, row db.UserRow) (*Subject, error) {
	homes, err := s.q.ListMemberships(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	var orgs []rbac.ID
	for _, h := range homes {
		orgs = append(orgs, h.OrganizationID)
	}
	var grants []rbac.Grant
	for _, h := range append(homes, db.ListMembershipsRow{Roles: row.Roles}) { // those of the site are in no organization
		set, err := s.roles(ctx, h.OrganizationID)
		if err != nil {
			return nil, err
		}
		for name := range strings.FieldsSeq(h.Roles) {
			// A name that no role answers to gives nothing.
			if role, ok := set.compiled(name); ok {
				grants = append(grants, rbac.Grant{Role: role, Org: h.OrganizationID})
			}
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
	revision, err := s.db.Revision(ctx)
	if err != nil {
		return nil, err
	}
	key, err := s.key(ctx, id, revision)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(secret))
	now := s.now()
	switch {
	case subtle.ConstantTimeCompare(hash[:], key.hash) != 1:
		return nil, signedOut("API key secret is invalid.")
	case !key.expiresAt.After(now):
		return nil, signedOut(fmt.Sprintf("API key expired at %q.", key.expiresAt.Format(time.RFC3339)))
	}
	subject, err := s.activeSubject(ctx, key.userID, revision)
	if err != nil {
		return nil, err
	}
	used := key.lastUsed.Load()
	stale := now.UnixMicro()-used >= time.Hour.Microseconds() || subject.User.Status == StatusDormant
	if stale && key.lastUsed.CompareAndSwap(used, now.UnixMicro()) {
		err := s.db.Write(ctx, func(q *db.Queries) error {
			if err := q.UpdateLastUsed(ctx, db.UpdateLastUsedParams{Now: nullTime(now), ID: id}); err != nil {
				return err
			}
			_, err := s.arrive(ctx, q, key.userID, now)
			return err
		})
		if err != nil { // it must not fail the request; the next one notes it
			key.lastUsed.CompareAndSwap(now.UnixMicro(), used)
		}
	}
	with := *subject
	with.TokenID, with.madeBy = id, key.createdBy
	return &with, nil
}

// key finds a stored token. Unauthenticated: there is none of that id.
func (s *Service) key(ctx context.Context, id string, revision db.Revision) (*knownKey, error) {
	if k, ok := s.memory.keys.recall(id, revision.Value); ok {
		return k, nil
	}
	row, err := s.db.GetAPIKey(ctx, id)
	if db.IsNotFound(err) {
		return nil, signedOut("API key is invalid.")
	}
	if err != nil {
		return nil, err
	}
	k := &knownKey{userID: row.UserID, hash: row.SecretHash, expiresAt: row.ExpiresAt, createdBy: row.CreatedBy}
	if row.LastUsed.Valid {
		k.lastUsed.Store(row.LastUsed.Time.UnixMicro())
	}
	s.memory.keys.remember(id, revision.Value, k)
	return k, nil
}

// SessionSubject is who a browser session belongs to; session is its token as its store knows it.
// Unauthenticated: the account is gone or suspended.
func (s *Service) SessionSubject(ctx context.Context, id uuid.UUID, session string) (*Subject, error) {
	subject, err := s.UserSubject(ctx, id)
	if err != nil {
		return nil, err
	}
	with := *subject
	with.Session = session
	return &with, nil
}

// UserSubject is an account as a caller, whatever it came with.
// Unauthenticated: the account is gone or suspended.
func (s *Service) UserSubject(ctx context.Context, id uuid.UUID) (*Subject, error) {
	revision, err := s.db.Revision(ctx)
	if err != nil {
		return nil, err
	}
	return s.activeSubject(ctx, id, revision)
}

func (s *Service) activeSubject(ctx context.Context, id uuid.UUID, revision db.Revision) (*Subject, error) {
	subject, ok := s.memory.subjects.recall(id, revision.Value)
	var err error
	if !ok {
		// An account, its grants and their roles must be of one moment: pieces of two could add up to rights that nobody
		// ever gave.
		err = s.db.Read(ctx, func(q *db.Queries) (err error) {
			if revision, err = q.GetRevision(ctx); err == nil {
				subject, err = source{Service: s, q: q, revision: revision}.subject(ctx, id)
			}
			return err
		})
	}
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
