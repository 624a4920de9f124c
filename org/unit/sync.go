package unit

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// If returns the same snapshot as it would be after one more change of what an account holds. Nothing is decided by it.
func (s Reader) If(h org.HolderChange) Reader {
	over := newOverlay()
	over.place = h.Place
	over.held[h.User] = []held{{h.Place, strings.Join(h.After, " "), !h.Leaves}}
	over.holders = []org.HolderChange{h}
	s.over = over
	return s
}

// AdminBeside reports whether anyone other than an account, active and without an end, is an admin of an organization.
func (s Reader) AdminBeside(ctx context.Context, orgID, user uuid.UUID) (bool, error) {
	other, err := s.holders(orgID, org.RoleOrganizationAdmin).beside(ctx, user)
	return other != nil, err
}

// LosesManager reports whether an account is the only one who is able to manage an organization, now or for good, and would no
// longer be able after a change (R3 in docs/spec/roles.md). was and is are all records of the account, anywhere, that count.
func (s Reader) LosesManager(ctx context.Context, orgID, user uuid.UUID, was, is []org.Assignment) (bool, error) {
	crowd, err := s.newCrowd(ctx, orgID)
	if err != nil {
		return false, err
	}
	both, err := crowd.bothManagers(ctx)
	if err != nil {
		return false, err
	}
	for _, m := range both {
		able, err := m.able(ctx, m.holdingBy(was))
		stays := !able
		if err == nil && able {
			stays, err = m.able(ctx, m.holdingBy(is))
		}
		if err == nil && !stays {
			stays, err = m.beside(ctx, user)
		}
		if err != nil {
			return false, err
		}
		if !stays {
			return s.HasWayIn(ctx, user)
		}
	}
	return false, nil
}

// holdingBy returns what decides about an account with these records; for what is held for good, only those without an end.
func (m *managers) holdingBy(records []org.Assignment) Holding {
	h, carried, member := Holding{Outside: true}, m.carried(), map[uuid.UUID]bool{}
	for i := range records {
		if r := &records[i]; r.Role == org.RoleOrganizationUser && (r.Until == nil || !m.good) {
			member[r.OrganizationID] = true
		}
	}
	h.Outside = !member[m.Org]
	for i := range records {
		switch r := &records[i]; {
		case m.good && r.Until != nil || r.Role == org.RoleOrganizationUser:
		case r.OrganizationID == uuid.Nil:
			h.SiteRoles = withName(h.SiteRoles, r.Role)
		case r.OrganizationID == m.Org:
			h.Roles = withName(h.Roles, r.Role)
		case member[r.OrganizationID] && slices.Contains(carried, r.Role):
			h.Elsewhere = withName(h.Elsewhere, r.Role)
		}
	}
	h.Roles, h.SiteRoles, h.Elsewhere = SortNames(h.Roles), SortNames(h.SiteRoles), SortNames(h.Elsewhere)
	return h
}
