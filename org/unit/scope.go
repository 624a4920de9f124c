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
	SigningIn = Scope{Scope: db.SigningIn} // sessions, failed logins, when something was used last
)

// InOrganization is the scope of the members and the roles of one organization.
func InOrganization(ref string) Scope { return Scope{ref: ref} }

// In is the scope in which roles are written.
func In(s org.Scope) Scope {
	if s.OnSite() {
		return OnSite
	}
	return InOrganization(s.Organization)
}

// errElsewhere means that the organization that a request names is not the one that was looked up before: it was renamed
// meanwhile, or made.
var errElsewhere = errors.New("the organization is another one")

// maxLocated is how often an organization is looked up again that is renamed all the time.
const maxLocated = 3

// locate finds the scope that is to be held before anything is read. What it finds may change until then, which
// Attempt.About notices. An organization that is not there has the scope of uuid.Nil, in which nothing can be written.
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
