package unit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Operator returns the caller for those who can write the database file. They need no account to be obeyed. The audit trail
// calls it "operator".
func (s *Units) Operator() *org.Actor {
	c := s.catalogs.latest() // the first unit that it runs makes sure that this is the one in force
	return &org.Actor{
		User:     org.User{Username: "operator", Status: org.StatusActive},
		Grants:   ownerOf(c),
		Catalog:  c,
		Operator: true,
	}
}

// Reader reads accounts and roles through q.
type Reader struct {
	*Units
	Q     db.Reads
	When  time.Time              // the moment of the unit: what is held is what is held then
	pin   *pinned                // which catalog it works by
	scope db.Scope               // of an attempt: what it may write
	known org.Basis              // states of roles that are known already, which may be older than what q reads
	late  *lessons               // of a transaction: what is to be remembered once it is committed
	Sets  map[uuid.UUID]*RoleSet // if there is one, roles are read once
	over  *overlay               // of After: what is laid over what q reads
	good  bool                   // what is held is what is held for good: see forGood

	heads  map[uuid.UUID]db.Revision // of organizations that an attempt has found
	states map[uuid.UUID]int64       // of roles in a snapshot, as far as a query has told them; nil outside of one
}

// readAgain is how often something that others are writing is read again before that counts as a failure.
const readAgain = 10

var errUnsteady = errors.New("what was read kept changing")

// Roles returns the role set of an organization, or of the site for uuid.Nil. All of it is from one moment.
func (s Reader) Roles(ctx context.Context, orgID uuid.UUID) (*RoleSet, error) {
	if set, ok := s.Sets[orgID]; ok {
		return set, nil
	}
	if set, ok := s.over.rolesOf(orgID); ok {
		return set, nil
	}
	set, err := s.knownRoles(ctx, orgID)
	if err == nil && s.Sets != nil {
		s.Sets[orgID] = set
	}
	return set, err
}

// knownRoles remembers a set under its state only if the state was the same before and after reading. Otherwise it could mix two.
func (s Reader) knownRoles(ctx context.Context, orgID uuid.UUID) (*RoleSet, error) {
	switch {
	case orgID == org.ElsewhereOrg: // it has no state
		return s.loadRoles(ctx, orgID)
	case s.known != nil && s.pin.catalog != nil && s.known.Catalog() == s.pin.catalog.Version():
		if set, ok := s.Memory.roleSets.recall(orgID, s.known.RoleState(orgID), s.known.Catalog()); ok {
			s.pin.sure = true // what comes after must be of the same one
			return set, nil
		}
	}
	state, err := s.roleState(ctx, orgID)
	for range readAgain {
		if err != nil {
			return nil, err
		}
		if set, ok := s.Memory.roleSets.recall(orgID, state, s.Catalog().Version()); ok {
			return set, nil
		}
		set, err := s.loadRoles(ctx, orgID)
		if err != nil {
			return nil, err
		}
		after, err := s.roleState(ctx, orgID)
		if err == nil && after == state {
			s.learnRoles(orgID, state, set)
			return set, nil
		}
		if err != nil {
			return nil, err
		}
		state = after
	}
	return nil, fmt.Errorf("roles of %s: %w", orgID, errUnsteady)
}

// roleState returns a name for the state of the custom roles of an organization, 0 for a missing one.
func (s Reader) roleState(ctx context.Context, orgID uuid.UUID) (int64, error) {
	if state, ok := s.states[orgID]; ok {
		return state, nil
	}
	state, err := s.Q.GetRoleState(ctx, orgID)
	if db.IsNotFound(err) {
		return 0, s.Settle(ctx)
	}
	if err != nil {
		return 0, err
	}
	return state.Roles, s.at(ctx, state.Catalog)
}

// Subject returns an account with its roles as they are stored.
func (s Reader) Subject(ctx context.Context, id uuid.UUID) (*org.Actor, error) {
	return s.Caller(ctx, Credential{User: id})
}

// Caller returns who a credential stands for. Parts from two moments could add up to rights that no one ever gave, so outside a
// snapshot it reads again until what it read no longer changes.
func (s Reader) Caller(ctx context.Context, c Credential) (*org.Actor, error) {
	b, err := s.basisOf(ctx, c)
	for range readAgain {
		if err != nil {
			return nil, err
		}
		if known, ok := s.Remembered(c.User, b); ok {
			return known, s.at(ctx, b.Catalog())
		}
		found, failed := s.loadSubject(ctx, c.User, b)
		if failed != nil && !errors.Is(failed, errUnsteady) {
			return nil, failed
		}
		after, again := b, error(nil)
		if s.states == nil {
			after, again = s.basisOf(ctx, c)
		}
		if again == nil && failed == nil && after.Equal(b) {
			found.Basis, found.Key = after, after.Key(c.User)
			s.learnSubject(c.User, found)
			return found, nil
		}
		b, err = after, again
	}
	return nil, fmt.Errorf("account %s: %w", c.User, errUnsteady)
}

// Remembered returns an account compiled earlier from the same basis.
func (s Reader) Remembered(id uuid.UUID, b org.Basis) (*org.Actor, bool) {
	if !s.over.spares(id) {
		return nil, false
	}
	known, ok := s.Memory.Subjects.Recall(id)
	if !ok || !known.Basis.Equal(b) {
		return nil, false
	}
	with := *known
	with.Basis = b // the revisions are those of now
	return &with, true
}

// loadSubject compiles an account from its basis. errUnsteady: its roles kept changing meanwhile.
func (s Reader) loadSubject(ctx context.Context, id uuid.UUID, b org.Basis) (*org.Actor, error) {
	s.known = b
	if n := b.Catalog(); n != 0 { // 0: an account that is not stored yet
		if err := s.at(ctx, n); err != nil {
			return nil, err
		}
	}
	user, err := s.account(ctx, id, b)
	if err != nil {
		return nil, err
	}
	grants, err := s.grants(ctx, id, b)
	if err != nil {
		return nil, err
	}
	return &org.Actor{User: user, Grants: grants, Catalog: s.Catalog()}, nil
}

// account returns an account with this basis. Usually only roles of an organization have changed, and the account has not.
func (s Reader) account(ctx context.Context, id uuid.UUID, b org.Basis) (org.User, error) {
	known, ok := s.Memory.Subjects.Recall(id)
	if ok && s.over.spares(id) && known.Basis.SameAccount(b) {
		return known.User, nil
	}
	row, err := s.userRow(ctx, id)
	if err != nil {
		return org.User{}, err
	}
	return s.userOn(ctx, row, b)
}

// grants returns what an account may do with what it holds, by the roles as they are now.
func (s Reader) grants(ctx context.Context, id uuid.UUID, b org.Basis) (*rbac.Subject, error) {
	var orgs []rbac.ID
	var grants []rbac.Grant
	for _, h := range b {
		if h.OrganizationID != uuid.Nil {
			orgs = append(orgs, h.OrganizationID)
		}
		set, err := s.Roles(ctx, h.OrganizationID)
		if err != nil {
			return nil, err
		}
		for name := range strings.FieldsSeq(h.Roles) {
			// A name without a role gives nothing.
			if role, ok := set.compiled(name); ok {
				grants = append(grants, rbac.Grant{Role: role, Org: h.OrganizationID})
			}
		}
	}
	return s.Catalog().NewSubject(id, orgs, grants), nil
}

// MustBeActive refuses a suspended account. A dormant one is only one that has not signed in yet.
func MustBeActive(status org.Status) error {
	if status != org.StatusSuspended {
		return nil
	}
	return &org.Error{
		Kind:    org.Unauthenticated,
		Message: fmt.Sprintf("User is not active (status = %q). Contact an admin to reactivate your account.", status),
	}
}
