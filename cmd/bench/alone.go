package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver that the server has
)

const (
	fullList = "all members, JSON"
	bareScan = "SQLite alone, all members"
)

func openSQLite(path string, query url.Values) (*sql.DB, error) {
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String())
}

// scan reads what a list of all members shows, and makes nothing of it.
func scan(ctx context.Context, database string, members int) (took time.Duration, err error) {
	d, err := openSQLite(database, url.Values{"mode": {"ro"}})
	if err != nil {
		return 0, err
	}
	defer d.Close()
	begin := time.Now()
	rows, err := d.QueryContext(ctx, `SELECT * FROM member_rows
		WHERE organization_id = (SELECT id FROM organizations WHERE name_key = 'default') ORDER BY username_key`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	cells := make([]any, len(columns))
	for i := range cells {
		cells[i] = new(any)
	}
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(cells...); err != nil {
			return 0, err
		}
	}
	if n != members && rows.Err() == nil {
		return 0, fmt.Errorf("%d members in the database, want %d", n, members)
	}
	return time.Since(begin), rows.Err()
}

// give gives a role to so many members past the server, which would write each of them into the audit trail.
func give(ctx context.Context, database, role string, most int) error {
	d, err := openSQLite(database, url.Values{"_pragma": {"busy_timeout(10000)"}, "_txlock": {"immediate"}})
	if err != nil {
		return err
	}
	defer d.Close()
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing left to roll back
	if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO member_roles (organization_id, role, username_key, user_id)
		SELECT organization_id, ?, username_key, user_id FROM organization_members
		WHERE organization_id = (SELECT id FROM organizations WHERE name_key = 'default') ORDER BY username_key LIMIT ?`, role, most); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE revisions SET value = value + 1"); err != nil {
		return err
	}
	return tx.Commit()
}

// scratch is a database for writing as fast as SQLite can while it waits for the disk with each commit.
type scratch struct {
	db     *sql.DB
	insert *sql.Stmt
	rates  []float64
}

func newScratch(ctx context.Context, dir string) (*scratch, error) {
	d, err := openSQLite(filepath.Join(dir, "scratch.db"), url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}})
	if err != nil {
		return nil, err
	}
	d.SetMaxOpenConns(1)
	_, err = d.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS rows (id text PRIMARY KEY, username text, roles text, time text)")
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	insert, err := d.PrepareContext(ctx, "INSERT INTO rows (id, username, roles, time) VALUES (hex(randomblob(16)), ?, ?, ?)")
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &scratch{db: d, insert: insert}, nil
}

func (s *scratch) close() {
	_ = s.insert.Close()
	_ = s.db.Close()
}

// measure inserts batches of 64 rows for the time of a turn.
func (s *scratch) measure(ctx context.Context, turn time.Duration) error {
	begin, n := time.Now(), 0
	for ; time.Since(begin) < turn; n += 64 {
		if err := s.batch(ctx); err != nil {
			return fmt.Errorf("%s: %w", bareInserts, err)
		}
	}
	s.rates = append(s.rates, float64(n)/time.Since(begin).Seconds())
	return nil
}

func (s *scratch) batch(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing left to roll back
	insert := tx.StmtContext(ctx, s.insert)
	defer insert.Close()
	for range 64 {
		if _, err := insert.ExecContext(ctx, "grace-bell", "read-only contractor", "2026-03-01 12:00:00.000000+00:00"); err != nil {
			return err
		}
	}
	return tx.Commit()
}
