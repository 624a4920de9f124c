package tenant

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// MemberRecords returns the records of a member that count now: of each role, and of the membership. Errors as Member.
func (s *Service) MemberRecords(ctx context.Context, by *org.Actor, organization, user string) (list []org.Assignment, err error) {
	defer org.Wrap(&err, "read records of %q in %q", user, organization)
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		o, err := src.Organization(ctx, by, organization)
		if err != nil {
			return err
		}
		row, err := src.Member(ctx, by, o.ID, user)
		if err != nil {
			return err
		}
		found, err := src.RecordsOf(ctx, o.ID, row.UserID)
		list = found[row.UserID]
		return err
	})
	return list, err
}

// EndsOfRole returns when those of some accounts that will lose a role lose it: when the last of its records ends. NotFound as
// Role, or the caller may not know who has it.
func (s *Service) EndsOfRole(ctx context.Context, by *org.Actor, in org.Scope, role string, users []uuid.UUID) (_ map[uuid.UUID]time.Time, err error) {
	defer org.Wrap(&err, "read ends of %q in %s", role, in)
	ends := map[uuid.UUID]time.Time{}
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		h, err := readableScope(ctx, src, by, in)
		if err != nil {
			return err
		}
		if !h.MayCount(by) {
			return org.ErrNotFound()
		}
		for piece := range slices.Chunk(users, unit.ChunkSize) {
			records, err := src.RecordsOf(ctx, h.Org.ID, piece...)
			if err != nil {
				return err
			}
			for user, list := range records {
				if at, some := org.EndsOf(list)[role]; some {
					ends[user] = at
				}
			}
		}
		return nil
	})
	return ends, err
}
