package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the same drivers as the server
	_ "modernc.org/sqlite"
)

const (
	fullList = "all members, JSON"
	bareScan = "the database alone, all members"
)

func isServer(database string) bool { return strings.HasPrefix(database, "postgres") }

// open opens a database, a file or one on a server, without the program. The code of the server is not used, or its
// mistakes would be in the figure to compare with.
func open(database string, query url.Values) (*sql.DB, error) {
	if isServer(database) {
		return sql.Open("pgx", database)
	}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: database}).EscapedPath(), RawQuery: query.Encode()}).String())
}

// newDatabase creates a database on a server and returns its URL. It replaces one that an earlier run left behind. Its
// name is fixed, so that nothing piles up on the server.
func newDatabase(ctx context.Context, server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	if err := dropDatabase(ctx, u.String()); err != nil {
		return "", err
	}
	return u.String(), onServer(ctx, server, "CREATE DATABASE "+name)
}

func dropDatabase(ctx context.Context, database string) error {
	u, err := url.Parse(database)
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(u.Path, "/")
	// A database cannot be dropped over a connection to it. FORCE ends those of a server that was killed.
	u.Path = "/postgres"
	return onServer(ctx, u.String(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

func onServer(ctx context.Context, server, statement string) error {
	d, err := open(server, nil)
	if err != nil {
		return err
	}
	_, err = d.ExecContext(ctx, statement)
	return errors.Join(err, d.Close())
}

// size returns the size of the data in MiB. A server is asked, since its files may be on another machine.
func size(ctx context.Context, database string) (n float64, err error) {
	if !isServer(database) {
		return mib(database), nil
	}
	d, err := open(database, nil)
	if err != nil {
		return 0, err
	}
	err = d.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&n)
	return n / (1 << 20), errors.Join(err, d.Close())
}

// scan reads all that a list of all members shows, and discards it. Rows that were not all read would make the scan look
// fast, so they are counted.
func scan(ctx context.Context, database string, members int) (took time.Duration, err error) {
	d, err := open(database, url.Values{"mode": {"ro"}})
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
		// Every column is taken out of the driver, as for the list of the server.
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

// give gives a role to n members without the server, which would write an audit entry for each.
func give(ctx context.Context, database, role string, most int) error {
	// The server has the file open as well, and either waits for the other.
	d, err := open(database, url.Values{"_pragma": {"busy_timeout(10000)"}, "_txlock": {"immediate"}})
	if err != nil {
		return err
	}
	defer d.Close()
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO member_roles (organization_id, role, username_key, user_id)
		SELECT organization_id, '%s', username_key, user_id FROM organization_members
		WHERE organization_id = (SELECT id FROM organizations WHERE name_key = 'default') ORDER BY username_key LIMIT %d
		ON CONFLICT DO NOTHING`, role, most)); err != nil {
		return err
	}
	// The caches of the server go by revisions, and must notice.
	if _, err := tx.ExecContext(ctx, "UPDATE revisions SET value = value + 1"); err != nil {
		return err
	}
	return tx.Commit()
}

// scratch is a table for measuring how fast the database writes if every commit waits for the disk. It is the most that
// assigning a role could reach.
type scratch struct {
	db     *sql.DB
	insert *sql.Stmt
	rates  []float64
}

// newScratch creates it in a file in dir, or on the server of the database.
func newScratch(ctx context.Context, dir, database string) (*scratch, error) {
	id := "gen_random_uuid()"
	if !isServer(database) {
		id, database = "hex(randomblob(16))", filepath.Join(dir, "scratch.db")
	}
	// With the settings of the server, or the comparison would be unfair.
	d, err := open(database, url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}})
	if err != nil {
		return nil, err
	}
	// As in the server, one connection writes.
	d.SetMaxOpenConns(1)
	_, err = d.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS scratch (id text PRIMARY KEY, username text, roles text, time text)")
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	insert, err := d.PrepareContext(ctx, "INSERT INTO scratch (id, username, roles, time) VALUES ("+id+", 'grace-bell', 'read-only contractor', '2026-03-01 12:00:00.000000+00:00')")
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &scratch{db: d, insert: insert}, nil
}

func (s *scratch) close() {
	_ = s.insert.Close()
	_ = s.db.Close()
}

// measure inserts batches of 64 rows for one turn. So many changes wait when 64 clients assign, and the server commits
// them together.
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
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	insert := tx.StmtContext(ctx, s.insert)
	defer insert.Close()
	for range 64 {
		if _, err := insert.ExecContext(ctx); err != nil {
			return err
		}
	}
	return tx.Commit()
}
