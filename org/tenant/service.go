// Package tenant holds the use cases of organizations: who belongs to one, its roles and those of the site, who holds
// them, and what takes a change back. Its API may change without notice.
package tenant

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Service answers the use cases of organizations. It is safe for concurrent use.
type Service struct{ units *unit.Units }

// New makes the use cases of organizations.
func New(u *unit.Units) *Service { return &Service{units: u} }

// Member returns one membership, with what the caller may do to it; user is a uuid, a username or "me".
// NotFound: no such organization or membership, or the caller may not read it. Invalid: no such user, but only for callers
// who may read every account.
func (s *Service) Member(ctx context.Context, actor *org.Actor, organization, user string) (_ org.Member, err error) {
	defer org.Wrap(&err, "read member %q of %q", user, organization)
	return s.units.Member(ctx, actor, organization, user)
}
