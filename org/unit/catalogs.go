package unit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// catalogs keeps what was read of the catalog's versions. No version ever changes, so nothing has to be invalidated. It does not
// say which one is in force: a read finds that in its own rows (docs/adr/0013-catalog-per-read.md).
type catalogs struct {
	first *rbac.Catalog // stored as version 1 if there is none

	mu         sync.Mutex
	stored     bool            // version 1 is stored
	last       []*rbac.Catalog // the ones used last
	past       []rbac.Version  // the history from version 1 on, without catalogs, as far as it was needed
	applied    []time.Time     // when each of them came into force
	old        []*rbac.Catalog // some that are not in force, for their words
	migrations map[[2]int64]*rbac.Migration
}

// The last two stay in memory: while one replaces the other, requests under both are running. There is one migration for each
// version that something stored was last written in.
const (
	maxCatalogs   = 2
	maxMigrations = 64
)

func (c *catalogs) recall(number int64) *rbac.Catalog {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.last, func(k *rbac.Catalog) bool { return k.Version() == number })
	if i < 0 {
		return nil
	}
	found := c.last[i]
	c.last = slices.Insert(slices.Delete(c.last, i, i+1), 0, found)
	return found
}

func (c *catalogs) remember(found *rbac.Catalog) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.ContainsFunc(c.last, func(k *rbac.Catalog) bool { return k.Version() == found.Version() }) {
		c.last = slices.Insert(c.last, 0, found)
		c.last = c.last[:min(len(c.last), maxCatalogs)]
	}
}

// latest returns the catalog that was used last, or else the one built into the program.
func (c *catalogs) latest() *rbac.Catalog {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.last) > 0 {
		return c.last[0]
	}
	return c.first
}

// CatalogAtHand returns the catalog that was used last, or else the one built into the program.
func (s *Units) CatalogAtHand() *rbac.Catalog { return s.catalogs.latest() }

// seed stores the catalog of the program as version 1 of a database that has none. If several programs do it at once, the first
// one counts, whatever the others bring. It must not be called inside a write.
func (s *Units) seed(ctx context.Context) error {
	s.catalogs.mu.Lock()
	stored := s.catalogs.stored
	s.catalogs.mu.Unlock()
	if stored {
		return nil
	}
	history, err := s.DB.ListCatalogHistory(ctx)
	if err == nil && len(history) == 0 {
		err = s.DB.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
			d := s.catalogs.first.Document()
			steps, err := json.Marshal(rbac.StepsBetween(&rbac.Document{}, d))
			if err != nil {
				return err
			}
			hash := d.Hash()
			return tx.Writes().InsertFirstCatalog(ctx, db.InsertFirstCatalogParams{
				Product: d.Product, Label: d.Label, Document: string(d.Bytes()), Source: string(d.Bytes()), Hash: hash[:],
				Steps: string(steps), Now: time.Now().UTC().Truncate(time.Microsecond), // not the clock of a use case
			})
		})
	}
	if err == nil {
		s.catalogs.mu.Lock()
		s.catalogs.stored = true
		s.catalogs.mu.Unlock()
	}
	return err
}

// catalogOf returns a version of the catalog. One that a transaction reads is remembered when that is committed: what others
// wrote into the same batch may still fail, and its number may come again with another content.
func (s Reader) catalogOf(ctx context.Context, number int64) (*rbac.Catalog, error) {
	if c := s.catalogs.recall(number); c != nil {
		return c, nil
	}
	row, err := s.Q.GetCatalogVersion(ctx, number)
	if db.IsNotFound(err) && s.late == nil { // a database that no program was started on
		if err = s.seed(ctx); err == nil {
			row, err = s.DB.GetCatalogVersion(ctx, number)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("version %d of the catalog: %w", number, err)
	}
	c, err := catalogOf(row)
	if err != nil {
		return nil, err
	}
	if s.late == nil {
		s.catalogs.remember(c)
	} else {
		s.late.catalogs = append(s.late.catalogs, c)
	}
	return c, nil
}

// catalogOf makes a stored version ready for decisions.
func catalogOf(row db.CatalogVersion) (*rbac.Catalog, error) {
	d, err := rbac.ParseDocument([]byte(row.Document))
	if err != nil {
		return nil, fmt.Errorf("version %d of the catalog: %w", row.Version, err)
	}
	return rbac.NewVersion(d, row.Version)
}

// history returns the versions of the catalog up to one, without their content.
func (s Reader) history(ctx context.Context, upTo int64) ([]rbac.Version, error) {
	s.catalogs.mu.Lock()
	past := s.catalogs.past
	s.catalogs.mu.Unlock()
	if int64(len(past)) >= upTo {
		return past[:upTo], nil
	}
	rows, err := s.Q.ListCatalogHistory(ctx)
	if err == nil && len(rows) == 0 && s.late == nil { // a database that no program was started on
		if err = s.seed(ctx); err == nil {
			rows, err = s.DB.ListCatalogHistory(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	past = make([]rbac.Version, len(rows))
	applied := make([]time.Time, len(rows))
	for i, r := range rows {
		applied[i] = r.AppliedAt
		past[i] = rbac.Version{Number: r.Version, SameAs: r.SameAs.Int64}
		if err := json.Unmarshal([]byte(r.Steps), &past[i].Steps); err != nil {
			return nil, fmt.Errorf("steps of version %d of the catalog: %w", r.Version, err)
		}
		if past[i].Number != int64(i)+1 {
			return nil, fmt.Errorf("version %d of the catalog is missing", i+1)
		}
	}
	if int64(len(past)) < upTo {
		return nil, fmt.Errorf("version %d of the catalog is missing", upTo)
	}
	if s.late == nil {
		s.catalogs.mu.Lock()
		s.catalogs.past, s.catalogs.applied = past, applied
		s.catalogs.mu.Unlock()
	}
	return past[:upTo], nil
}

// Migration returns what names written in a version of the catalog mean in the version of this unit.
func (s Reader) Migration(ctx context.Context, from int64) (*rbac.Migration, error) {
	return s.migrationTo(ctx, from, s.Catalog())
}

func (s Reader) migrationTo(ctx context.Context, from int64, to *rbac.Catalog) (*rbac.Migration, error) {
	key := [2]int64{from, to.Version()}
	s.catalogs.mu.Lock()
	m := s.catalogs.migrations[key]
	s.catalogs.mu.Unlock()
	if m != nil {
		return m, nil
	}
	past, err := s.history(ctx, max(key[0], key[1]))
	if err != nil {
		return nil, err
	}
	past = slices.Clone(past)
	past[key[1]-1].Catalog = to
	m = rbac.NewMigration(past, key[0], key[1])
	if s.late == nil {
		s.catalogs.mu.Lock()
		defer s.catalogs.mu.Unlock()
		if s.catalogs.migrations == nil || len(s.catalogs.migrations) >= maxMigrations {
			s.catalogs.migrations = map[[2]int64]*rbac.Migration{}
		}
		s.catalogs.migrations[key] = m
	}
	return m, nil
}

// VersionOfCatalog returns a stored version with all that belongs to it. NotFound: no version has this number.
func (s Reader) VersionOfCatalog(ctx context.Context, number int64) (v org.CatalogVersion, err error) {
	row, err := s.Q.GetCatalogVersion(ctx, number)
	if db.IsNotFound(err) {
		return v, org.ErrNotFound()
	}
	if err != nil {
		return v, err
	}
	v, err = catalogRow(db.ListCatalogHistoryRow{
		Version: row.Version, Product: row.Product, Label: row.Label, Hash: row.Hash, Steps: row.Steps, SameAs: row.SameAs,
		Note: row.Note, AppliedAt: row.AppliedAt, AppliedBy: row.AppliedBy,
	})
	if err != nil {
		return v, err
	}
	v.Source = row.Source
	if v.Catalog = s.catalogs.recall(number); v.Catalog == nil { // this one must not push the one in force out of memory
		v.Catalog, err = catalogOf(row)
	}
	return v, err
}

// CatalogHistory returns every version, newest first, with only what lists show.
func (s Reader) CatalogHistory(ctx context.Context) ([]org.CatalogVersion, error) {
	rows, err := s.Q.ListCatalogHistory(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]org.CatalogVersion, len(rows))
	for i, r := range rows {
		if list[len(rows)-1-i], err = catalogRow(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func catalogRow(r db.ListCatalogHistoryRow) (org.CatalogVersion, error) {
	v := org.CatalogVersion{
		Number: r.Version, SameAs: r.SameAs.Int64, Product: r.Product, Label: r.Label, Note: r.Note,
		AppliedAt: r.AppliedAt, AppliedBy: r.AppliedBy,
	}
	copy(v.Hash[:], r.Hash)
	if err := json.Unmarshal([]byte(r.Steps), &v.Steps); err != nil {
		return v, fmt.Errorf("steps of version %d of the catalog: %w", r.Version, err)
	}
	return v, nil
}

// History returns every version of the catalog up to the one in force, without their content.
func (s Reader) History(ctx context.Context) ([]rbac.Version, error) {
	return s.history(ctx, s.Catalog().Version())
}

// NewCatalog is a version that is about to be stored.
type NewCatalog struct {
	Catalog *rbac.Catalog // with its number
	Source  string
	Steps   rbac.Steps
	SameAs  int64
	Note    string
}

// StoreCatalog stores a version and puts it in force.
func (w *Writer) StoreCatalog(ctx context.Context, n NewCatalog) error {
	steps, err := json.Marshal(n.Steps)
	if err != nil {
		return err
	}
	d, hash := n.Catalog.Document(), n.Catalog.Hash()
	p := db.InsertCatalogVersionParams{
		Version: n.Catalog.Version(), Product: d.Product, Label: d.Label, Document: string(d.Bytes()), Source: n.Source,
		Hash: hash[:], Steps: string(steps), SameAs: sql.NullInt64{Int64: n.SameAs, Valid: n.SameAs != 0},
		Note: n.Note, Now: w.Now, AppliedBy: w.Actor.User.Username,
	}
	if err := w.W.InsertCatalogVersion(ctx, p); err != nil {
		return err
	}
	w.news.catalog = n.Catalog
	return w.W.UpdateCatalog(ctx, p.Version)
}
