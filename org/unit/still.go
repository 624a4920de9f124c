package unit

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/org"
)

// OnChange has this process call fn after every commit of a change that moves a revision. fn must not wait. There is
// only one fn, set before the first unit runs.
func (s *Units) OnChange(fn func()) { s.changed = fn }

// Still returns a caller, admitted earlier, as it is now. It reads the database.
// Unauthenticated: its access has ended.
func (s *Units) Still(ctx context.Context, by *org.Actor) (*org.Actor, error) {
	switch {
	case by.Operator:
		with := *by
		err := s.Moment(ctx, &with, func(src Reader) error {
			if err := src.Settle(ctx); err != nil {
				return err
			}
			return src.renew(ctx, &with)
		})
		return &with, err
	case !by.TokenEnds.IsZero() && !by.TokenEnds.After(s.Now()):
		return nil, org.SignedOut()
	}
	now, err := s.reader(s.DB.Reads, nil).Caller(ctx, Credential{by.ID(), by.TokenID, by.Session})
	if db.IsNotFound(err) {
		return nil, org.SignedOut()
	}
	if err != nil {
		return nil, err
	}
	if err := MustBeActive(now.User.Status); err != nil {
		return nil, err
	}
	with := *by
	with.User, with.Grants, with.Catalog, with.Basis, with.Key = now.User, now.Grants, now.Catalog, now.Basis, now.Key
	err = s.reader(s.DB.Reads, nil).Limit(ctx, &with, by.Limits())
	return &with, err
}
