package unit

import (
	"context"
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// The limits of a token were written under some version of the catalog, and keep the meaning that they had then: a renamed pair
// keeps its identity, and a removed one leaves nothing. The same is true of roles (translate).

// Limit bounds a caller to what its token leaves.
func (s *Units) Limit(ctx context.Context, by *org.Actor, l org.Limits) error {
	return s.reader(s.DB.Reads, nil).Limit(ctx, by, l)
}

// Limit bounds a caller to what its token leaves, under the catalog that the caller has.
func (s Reader) Limit(ctx context.Context, by *org.Actor, l org.Limits) error {
	if !l.Any() {
		return nil
	}
	live, _, err := s.meantNow(ctx, l, by.Catalog)
	if err == nil {
		by.Limit(l, live)
	}
	if err != nil { // the caller must not be taken for one without limits
		by.Grants = nil
	}
	return err
}

// meantNow returns what the pairs of limits mean under a catalog, and which of them have no meaning there any more.
func (s Reader) meantNow(ctx context.Context, l org.Limits, c *rbac.Catalog) (live, dead []rbac.Permission, err error) {
	if l.Pairs == nil || l.Catalog == c.Version() {
		return l.Pairs, nil, nil
	}
	m, err := s.migrationTo(ctx, l.Catalog, c)
	if err != nil {
		return nil, nil, err
	}
	live, dead = m.Permissions(rbac.LevelSite, l.Pairs)
	return append([]rbac.Permission{}, live...), dead, nil // never nil, which would mean no limit
}

// ScopesNow returns the pairs of limits as they are shown under the caller's catalog. One without a meaning stays under its
// name, unless that name now means something else.
func (s Reader) ScopesNow(ctx context.Context, by *org.Actor, l org.Limits) ([]rbac.Permission, error) {
	live, dead, err := s.meantNow(ctx, l, by.Catalog)
	if len(dead) == 0 {
		return live, err
	}
	live = append(live, slices.DeleteFunc(dead, func(p rbac.Permission) bool { return Known(by.Catalog, p) })...)
	rbac.SortPermissions(live)
	return live, nil
}
