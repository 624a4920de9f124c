package db

import (
	"context"
	"errors"
	"fmt"
)

// kept lists the triggers and indexes that cost more per row than rebuilding them at the end. ?1 is the last
// account that existed before. The index of texts is built in 32 MiB of memory instead of one.
var kept = []struct {
	name       string
	statements []string
}{
	{"users_searched", []string{
		"INSERT INTO user_search (user_search, rank) VALUES ('hashsize', 32 << 20)",
		"INSERT INTO user_search (rowid, text) SELECT seq, search_key FROM users WHERE seq > ?1",
		"INSERT INTO user_search (user_search, rank) VALUES ('hashsize', 1 << 20)",
	}},
	{"users_added", []string{"UPDATE user_counts SET users = (SELECT count(*) FROM users)"}},
	{"organization_members_added", []string{`UPDATE organizations SET
		member_count = (SELECT count(*) FROM organization_members m WHERE m.organization_id = organizations.id)`}},
	{"organization_members_in_order", nil},
	{"organization_members_by_name", nil},
	{"organization_members_by_email", nil},
	{"organization_members_by_age", nil},
	{"organization_members_by_holding", nil},
}

// Fill drops what is updated for each row, and rebuilds it.
func (f *file) Fill(ctx context.Context, fn func(q *Queries) error) error {
	w := f.writer
	return w.do(&job{ctx: ctx, large: true, fn: func(q *Queries) error {
		var last int64
		if err := w.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM users").Scan(&last); err != nil {
			return err
		}
		var again []string
		for _, k := range kept {
			var kind, definition string
			err := w.QueryRowContext(ctx, "SELECT type, sql FROM sqlite_schema WHERE name = ?", k.name).Scan(&kind, &definition)
			if err := errors.Join(err, w.exec("DROP "+kind+" "+k.name)); err != nil {
				return fmt.Errorf("do without %s: %w", k.name, err)
			}
			again = append(again, definition)
		}
		if err := fn(q); err != nil {
			return err
		}
		for i, k := range kept {
			for _, statement := range k.statements {
				if _, err := w.ExecContext(ctx, statement, last); err != nil {
					return err
				}
			}
			if err := w.exec(again[i]); err != nil {
				return err
			}
		}
		for _, statement := range writeFigures() { // they were dropped with the indexes
			if err := w.exec(statement); err != nil {
				return err
			}
		}
		return nil
	}})
}

// stretch gives the connection more memory, for a write all over the tables: pages that do not fit the cache are
// written more than once. It returns a function that undoes this.
func (w *writer) stretch() func() {
	_ = errors.Join(w.exec("PRAGMA cache_size(-256000)"), w.exec("PRAGMA temp_store(MEMORY)")) // it works without, too
	return func() {
		_ = errors.Join(w.exec("PRAGMA "+pageCache), w.exec("PRAGMA temp_store(DEFAULT)"))
	}
}
