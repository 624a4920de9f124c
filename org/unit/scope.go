package unit

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Scope is what a use case may write: the site, what signing in changes, or the organization that a request names.
type Scope struct {
	db.Scope
	ref string // of an organization, as a path names it
}

// The scopes that are not those of an organization.
var (
	OnSite    = Scope{Scope: db.OnSite}    // accounts, tokens, links, site roles, organizations as such
	SigningIn = Scope{Scope: db.SigningIn} // sessions, failed logins, times of last use
)

// InOrganization returns the scope of the members and the roles of one organization.
func InOrganization(ref string) Scope { return Scope{ref: ref} }

// In returns the scope in which roles are written.
func In(s org.Scope) Scope {
	if s.OnSite() {
		return OnSite
	}
	return InOrganization(s.Organization)
}

// errElsewhere means that the organization that a request names is not the one that was looked up before: it was renamed
// or created meanwhile.
var errElsewhere = errors.New("the organization is another one")

// maxLocated is how often an organization that keeps being renamed is looked up again.
const maxLocated = 3

// locate finds the scope to lock before anything is read. Its answer may be out of date by the time it is locked, which
// Attempt.About notices. A missing organization has the scope of uuid.Nil, in which nothing can be written.
func (s *Units) locate(ctx context.Context, in Scope, again bool) (db.Scope, error) {
	if in.ref == "" {
		return in.Scope, nil
	}
	if id, err := uuid.Parse(in.ref); err == nil && id != uuid.Nil {
		return db.InOrganization(id), nil
	}
	if id, ok := s.Memory.places.Recall(in.ref); ok && !again {
		return db.InOrganization(id), nil
	}
	row, err := s.reader(s.DB.Reads, nil).named(ctx, in.ref)
	if db.IsNotFound(err) {
		return db.InOrganization(uuid.Nil), nil
	}
	if err != nil {
		return db.Scope{}, err
	}
	s.Memory.places.Remember(in.ref, row.Organization.ID)
	return db.InOrganization(row.Organization.ID), nil
}
