package insight

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/org/catalogplan"
	"rolecall.example/org/unit"
)

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
