package unit

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Operator is whoever can write the database file: such a person needs no account to be obeyed. The audit trail
// calls it "operator".
func (s *Units) Operator() *org.Actor {
	owner, _ := s.Catalog.BuiltIn(org.RoleOwner)
	return &org.Actor{
		User:     org.User{Username: "operator", Status: org.StatusActive},
		Grants:   s.Catalog.NewSubject(uuid.Nil, nil, []rbac.Grant{{Role: owner}}),
		Operator: true,
	}
}

// Reader reads accounts and roles through q. What it loads is remembered under revision; its value is 0, which remembers
// nothing, in a transaction that has written.
type Reader struct {
	*Units
	Q        *db.Queries
	Revision db.Revision
	Sets     map[uuid.UUID]*RoleSet // if there is one, roles are read once, whatever is written: for what writes none
}

// Roles is the role set of an organization, or of the site for uuid.Nil.
func (s Reader) Roles(ctx context.Context, orgID uuid.UUID) (*RoleSet, error) {
	if set, ok := s.Sets[orgID]; ok {
		return set, nil
	}
	state := s.Revision.Roles
	if s.Revision.Value == 0 { // what this transaction has written need not be roles
		state = s.rolesState(ctx)
	}
	if set, ok := s.Memory.roleSets.recall(orgID, state); ok {
		return set, nil
	}
	set, err := s.loadRoles(ctx, orgID)
	if err == nil {
		s.Memory.roleSets.remember(orgID, s.rolesState(ctx), set)
	}
	if err == nil && s.Sets != nil {
		s.Sets[orgID] = set
	}
	return set, err
}

// Subject is an account with its roles as they are stored. It is asked for inside a transaction only, so that all of it
// is of one moment.
func (s Reader) Subject(ctx context.Context, id uuid.UUID) (*org.Actor, error) {
	if found, ok := s.Memory.Subjects.Recall(id, s.Revision.Value); ok {
		return found, nil
	}
	row, err := s.Q.GetUser(ctx, id)
	if err != nil {
		return nil, err
	}
	found, err := s.loadSubject(ctx, row)
	if err == nil {
		s.Memory.Subjects.Remember(id, s.Revision.Value, found)
	}
	return found, err
}

// rolesState is the state of the custom roles as long as it is still that of this source: then all that was read of them
// is of that moment, and may be remembered as such. Else it is 0.
func (s Reader) rolesState(ctx context.Context) int64 {
	if now, err := s.Q.GetRevision(ctx); err == nil && now.Roles == s.Revision.Roles {
		return now.Roles
	}
	return 0
}

func (s Reader) loadSubject(ctx context.Context, row db.UserRow) (*org.Actor, error) {
	homes, err := s.Q.ListMemberships(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	var orgs []rbac.ID
	for _, h := range homes {
		orgs = append(orgs, h.OrganizationID)
	}
	var grants []rbac.Grant
	for _, h := range append(homes, db.ListMembershipsRow{Roles: row.Roles}) { // those of the site are in no organization
		set, err := s.Roles(ctx, h.OrganizationID)
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
	user, err := s.User(ctx, row)
	if err != nil {
		return nil, err
	}
	return &org.Actor{User: user, Grants: s.Catalog.NewSubject(row.ID, orgs, grants), ReadAt: s.Revision}, nil
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
