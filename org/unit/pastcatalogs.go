package unit

import (
	"context"
	"slices"
	"sort"
	"strings"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// What was written under an earlier catalog is shown in the words of that catalog: the present one may use another word for a
// thing, or have none any more.

// maxPast is how many catalogs that are not in force stay in memory for their words.
const maxPast = 8

// CatalogAt returns the number of the version that was in force at a time. It runs no query if no version has come into force
// since the last query.
func (s Reader) CatalogAt(ctx context.Context, at time.Time) (int64, error) {
	inForce := s.Catalog().Version()
	if _, err := s.history(ctx, inForce); err != nil {
		return 0, err
	}
	s.catalogs.mu.Lock()
	applied := s.catalogs.applied[:min(inForce, int64(len(s.catalogs.applied)))]
	s.catalogs.mu.Unlock()
	later := sort.Search(len(applied), func(i int) bool { return applied[i].After(at) })
	return int64(max(later, 1)), nil // on a new site the first one is stored later than the first entry
}

// PastCatalog returns any version of the catalog, for its words alone.
func (s Reader) PastCatalog(ctx context.Context, number int64) (*rbac.Catalog, error) {
	if number == s.Catalog().Version() {
		return s.Catalog(), nil
	}
	c := &s.catalogs
	c.mu.Lock()
	i := slices.IndexFunc(c.old, func(k *rbac.Catalog) bool { return k.Version() == number })
	if i >= 0 {
		defer c.mu.Unlock()
		return c.old[i], nil
	}
	c.mu.Unlock()
	row, err := s.Q.GetCatalogVersion(ctx, number)
	if db.IsNotFound(err) {
		return nil, org.ErrNotFound()
	}
	if err != nil {
		return nil, err
	}
	found, err := catalogOf(row)
	if err != nil || s.late != nil {
		return found, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.old = append([]*rbac.Catalog{found}, c.old...)
	c.old = c.old[:min(len(c.old), maxPast)]
	return found, nil
}

// TellDead describes permissions without a meaning in the words of the last catalog that had them, under their last names.
func (s Reader) TellDead(ctx context.Context, role *org.Role) error {
	if len(role.Dead) == 0 {
		return nil
	}
	past, err := s.history(ctx, s.Catalog().Version())
	if err != nil {
		return err
	}
	for i := range role.Dead {
		d := &role.Dead[i]
		negate, last := d.Permission.Negate, role.WrittenIn
		d.Permission.Negate = false
		if d.Permission, d.Removed = ended(past, role.WrittenIn, d.Permission); d.Removed > 0 {
			last = d.Removed - 1
		}
		c, err := s.PastCatalog(ctx, last)
		if err != nil {
			return err
		}
		d.Phrase, d.Permission.Negate = c.Phrase(d.Permission), negate
	}
	return nil
}

// ended follows the name of a pair from the version in which it was written to the one that took it away; removed is 0 if none
// did by its name.
func ended(past []rbac.Version, written int64, p rbac.Permission) (last rbac.Permission, removed int64) {
	for _, v := range past {
		if v.Number <= written {
			continue
		}
		if slices.Contains(v.Steps.Removed, p.String()) {
			return p, v.Number
		}
		for _, r := range v.Steps.Renamed {
			if r[0] == p.String() {
				p.ResourceType, p.Action, _ = strings.Cut(r[1], ":")
				break
			}
		}
	}
	return p, 0
}
