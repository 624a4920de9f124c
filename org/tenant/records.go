package tenant

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// MemberRecords are the records of a member that count now: of each role, and of the membership. Errors as Member.
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
