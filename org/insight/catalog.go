package insight

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/org/catalogplan"
	"rolecall.example/org/unit"
)

// errNotOwner refuses a change of the catalog. No custom role gives the right to it.
var errNotOwner = &org.Error{Kind: org.Forbidden, Message: "Only site owners may change the catalog."}

// CompareCatalogs tells in what two versions of the catalog differ. NotFound: one of them is not there.
func (s *Service) CompareCatalogs(ctx context.Context, who *org.Actor, from, to int64) (list []org.CatalogDifference, err error) {
	defer org.Wrap(&err, "compare catalogs %d and %d", from, to)
	err = s.units.Moment(ctx, who, func(r unit.Reader) error {
		before, err := r.VersionOfCatalog(ctx, from)
		if err != nil {
			return err
		}
		after, err := r.VersionOfCatalog(ctx, to)
		if err != nil {
			return err
		}
		list = catalogplan.Changes(before.Catalog, after.Catalog)
		return nil
	})
	return list, err
}

// Make says which version is planned.
type Make func(context.Context, unit.Reader) (catalogplan.Next, error)

// AsChanged plans a document, and AsRolledBack an earlier version.
func AsChanged(in org.CatalogChange) Make {
	return func(ctx context.Context, r unit.Reader) (catalogplan.Next, error) { return catalogplan.For(ctx, r, in) }
}

// AsRolledBack plans the content of an earlier version.
func AsRolledBack(in org.CatalogRollback) Make {
	return func(ctx context.Context, r unit.Reader) (catalogplan.Next, error) {
		return catalogplan.Back(ctx, r, in)
	}
}

// PlanCatalog tells what another version of the catalog would do, and whom it would give or take something. Forbidden: the
// caller is no owner. Invalid, NotFound: there can be no such version.
func (s *Service) PlanCatalog(ctx context.Context, who *org.Actor, as Make) (o org.CatalogOutcome, err error) {
	defer org.Wrap(&err, "plan a catalog")
	err = s.units.Moment(ctx, who, func(r unit.Reader) error {
		n, err := s.next(ctx, r, who, as)
		if err != nil {
			return err
		}
		o.Version, o.Unchanged = n.From, n.Unchanged
		o.Plan, err = catalogplan.Plan(ctx, r.Q, n.Change)
		return err
	})
	return o, err
}

// EachOfCatalog gives every custom role that another version of the catalog would touch, and then everybody whom it would
// give or take something, and returns how many times. Errors as PlanCatalog.
func (s *Service) EachOfCatalog(ctx context.Context, who *org.Actor, as Make, begin func() error, role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (count int64, err error) {
	defer org.Wrap(&err, "list whom a catalog concerns")
	err = s.units.Moment(ctx, who, func(r unit.Reader) error {
		n, err := s.next(ctx, r, who, as)
		if err != nil {
			return err
		}
		if err := begin(); err != nil {
			return err
		}
		count, err = catalogplan.Each(ctx, r.Q, n.Change, role, person)
		return err
	})
	return count, err
}

func (s *Service) next(ctx context.Context, r unit.Reader, who *org.Actor, as Make) (catalogplan.Next, error) {
	if err := r.Settle(ctx); err != nil {
		return catalogplan.Next{}, err
	}
	if !who.Owner() {
		return catalogplan.Next{}, errNotOwner
	}
	return as(ctx, r)
}
