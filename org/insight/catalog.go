package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/catalogplan"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// CompareCatalogs reports how two versions of the catalog differ. NotFound: no such version.
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

// CatalogUses counts the roles that name each type of the catalog in force: the built-in ones, and the custom ones everywhere
// for a caller who may read those. A wildcard names no type.
func (s *Service) CatalogUses(ctx context.Context, who *org.Actor) (uses map[string]int, err error) {
	defer org.Wrap(&err, "count uses of the types of the catalog")
	uses = map[string]int{}
	err = s.units.Moment(ctx, who, func(r unit.Reader) error {
		if err := r.Settle(ctx); err != nil {
			return err
		}
		for _, role := range r.Catalog().BuiltIns() {
			named := map[string]bool{}
			for _, list := range [][]rbac.Permission{role.Site, role.Organization, role.User} {
				for _, p := range list {
					named[p.ResourceType] = true
				}
			}
			for name := range named {
				uses[name]++
			}
		}
		if !who.Can("read", org.OrgRolesObject(uuid.Nil)) || !who.Can("read", org.SiteRolesObject) {
			return nil
		}
		return customUses(ctx, r, uses)
	})
	return uses, err
}

// customUses adds the custom roles, under the current names of their types.
func customUses(ctx context.Context, r unit.Reader, uses map[string]int) error {
	rows, err := r.Q.CountRolesOfTypes(ctx)
	if err != nil {
		return err
	}
	now := map[int64]map[string]string{} // by version, then by the type's name in it
	for _, row := range rows {
		if now[row.CatalogVersion] == nil {
			m, err := r.Migration(ctx, row.CatalogVersion)
			if err != nil {
				return err
			}
			names := map[string]string{}
			for p := range m.Known() {
				if pair, ok := m.Pair(p); ok && p.Action != rbac.Wildcard {
					names[p.ResourceType] = pair.ResourceType
				}
			}
			now[row.CatalogVersion] = names
		}
		if name := now[row.CatalogVersion][row.ResourceType]; name != "" {
			uses[name] += int(row.Roles)
		}
	}
	return nil
}
