package unit

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// OnlyManager reports, for a view, whether an account is the only one who is able to manage an organization, now or for good.
// Only a site owner may take such an account away.
func (s Reader) OnlyManager(ctx context.Context, by *org.Actor, orgID uuid.UUID, user *org.User) (bool, error) {
	if by.Owner() || user.Status != org.StatusActive {
		return false, nil
	}
	if in, err := s.HasWayIn(ctx, user.ID); err != nil || !in {
		return false, err
	}
	for _, src := range []Reader{s, s.forGood()} {
		target, err := src.Subject(ctx, user.ID)
		if err != nil {
			return false, err
		}
		settled := target.Basis.NextEnd().IsZero()
		if isAble(target.Grants, orgID) {
			crowd, err := src.newCrowd(ctx, orgID)
			if err != nil {
				return false, err
			}
			m, err := crowd.managers(ctx)
			if err != nil {
				return false, err
			}
			if found, err := m.beside(ctx, user.ID); err != nil || !found {
				return err == nil, err
			}
			settled = settled && !s.over.lends(m.found)
		}
		if settled {
			return false, nil
		}
	}
	return false, nil
}
