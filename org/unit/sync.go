package unit

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// If is the same snapshot as it would be after one more change of what somebody holds. Nothing is decided by it.
func (s Reader) If(h org.HolderChange) Reader {
	over := newOverlay()
	over.place = h.Place
	over.held[h.User] = []held{{h.Place, strings.Join(h.After, " "), !h.Leaves}}
	over.holders = []org.HolderChange{h}
	s.over = over
	return s
}

// AdminBeside reports whether somebody else than an account, active and without an end, is an admin of an organization.
func (s Reader) AdminBeside(ctx context.Context, orgID, user uuid.UUID) (bool, error) {
	other, err := s.holders(orgID, org.RoleOrganizationAdmin).beside(ctx, user)
	return other != nil, err
}
