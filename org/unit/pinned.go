package unit

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// While one catalog replaces another, two are in use at once. A unit works by one of them from beginning to end: the one that
// its rows name. A caller who was admitted under the other one is read again in the same unit.

// pinned says which catalog a unit works by.
type pinned struct {
	catalog *rbac.Catalog
	by      *org.Actor // who is to work by the same; nil if nobody asks
	sure    bool       // a row of the unit says that it is in force; else it is the caller's
}

// reader returns what reads in one unit, for a caller if by is not nil.
func (s *Units) reader(q db.Reads, by *org.Actor) Reader {
	r := Reader{Units: s, Q: q, When: s.Now(), pin: &pinned{by: by}}
	if by != nil {
		r.pin.catalog = by.Catalog
	}
	return r
}

// Catalog returns the catalog that this unit works by throughout.
func (s Reader) Catalog() *rbac.Catalog {
	if s.pin.catalog == nil {
		panic("unit: nothing has been read that tells which catalog is in force")
	}
	return s.pin.catalog
}

// at notes which version of the catalog is in force, as a row of the unit says. org.ErrCatalogMoved: another row named another.
func (s Reader) at(ctx context.Context, number int64) (err error) {
	p := s.pin
	switch {
	case p.catalog != nil && p.catalog.Version() == number:
		p.sure = true
		return nil
	case p.sure:
		return org.ErrCatalogMoved
	}
	if p.catalog, err = s.catalogOf(ctx, number); err != nil {
		return err
	}
	p.sure = true
	if p.by == nil {
		return nil
	}
	return s.renew(ctx, p.by)
}

// Settle finds out which catalog is in force, for units whose other reads do not say.
func (s Reader) Settle(ctx context.Context) error {
	if s.pin.sure {
		return nil
	}
	number, err := s.Q.GetCatalogInForce(ctx)
	if err != nil {
		return err
	}
	return s.at(ctx, number)
}

// renew reads again a caller who was admitted under another catalog. The caller belongs to one request, so no one else uses it.
// Unauthenticated: its access has ended meanwhile.
func (s Reader) renew(ctx context.Context, by *org.Actor) error {
	if by.Operator {
		by.Grants, by.Catalog = ownerOf(s.Catalog()), s.Catalog()
		return nil
	}
	if by.ID() == uuid.Nil {
		return nil
	}
	s.over, s.known = nil, nil
	now, err := s.Caller(ctx, Credential{by.ID(), by.TokenID, by.Session})
	if db.IsNotFound(err) {
		return org.ErrSignedOut("This account is gone.")
	}
	if err != nil {
		return err
	}
	by.User, by.Grants, by.Catalog, by.Basis, by.Key = now.User, now.Grants, now.Catalog, now.Basis, now.Key
	return s.Limit(ctx, by, by.Limits())
}

// ownerOf returns the rights of a site owner.
func ownerOf(c *rbac.Catalog) *rbac.Subject {
	owner, _ := c.BuiltIn(org.RoleOwner)
	return c.NewSubject(uuid.Nil, nil, []rbac.Grant{{Role: owner}})
}

// InForce returns the catalog in force now, for work without a caller.
func (s *Units) InForce(ctx context.Context) (*rbac.Catalog, error) {
	var c *rbac.Catalog
	err := s.Moment(ctx, nil, func(src Reader) error {
		err := src.Settle(ctx)
		if err == nil {
			c = src.Catalog()
		}
		return err
	})
	return c, err
}
