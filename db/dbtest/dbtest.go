// Package dbtest gives tests a database of their own: a SQLite file, or, when ROLECALL_TEST_POSTGRES says so, a database
// on a PostgreSQL server. The variable is the URL of a server whose user may make databases, or "start" for one that
// runs as long as the tests do.
package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"

	"rolecall.example/db"
)

const variable = "ROLECALL_TEST_POSTGRES"

// Each test makes databases and servers and drops them. Collected as often as usual, that garbage takes a third of the
// time of all tests.
func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(1 << 30) // beyond it as usual
	}
}

// OnServer says whether tests run on PostgreSQL.
func OnServer() bool { return os.Getenv(variable) != "" }

// FileOnly skips a test that makes sense for a SQLite file alone, and says why.
func FileOnly(tb testing.TB, why string) {
	tb.Helper()
	if OnServer() {
		tb.Skip("only for a SQLite file: " + why)
	}
}

// ServerOnly skips a test that makes sense for PostgreSQL alone.
func ServerOnly(tb testing.TB) {
	tb.Helper()
	if !OnServer() {
		tb.Skip("only for PostgreSQL: set " + variable + " to the URL of a server, or to start")
	}
}

// Open makes an empty, migrated database and closes it when the test ends.
func Open(tb testing.TB) *db.DB {
	tb.Helper()
	return Reopen(tb, Place(tb))
}

// Reopen opens the database at place, as another process would, and closes it when the test ends.
func Reopen(tb testing.TB, place string) *db.DB {
	tb.Helper()
	d, err := db.Open(tb.Context(), place)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

// Place is where a test has an empty database of its own: what it gives to db.Open, or to --db.
func Place(tb testing.TB) string {
	tb.Helper()
	return empty(tb)
}

// PlaceOnDisk is Place where writes wait for a disk, if those of the server do.
func PlaceOnDisk(tb testing.TB) string {
	tb.Helper()
	if OnServer() {
		return Place(tb)
	}
	return filepath.Join(tb.TempDir(), "test.db")
}

var empty = Filled(func(context.Context, *db.DB) error { return nil })

// Filled gives places of databases that begin with what fill writes. It writes once, whatever the number of places.
func Filled(fill func(ctx context.Context, d *db.DB) error) func(tb testing.TB) (place string) {
	make := func(place string) error {
		ctx := context.Background() // of no test: the others use it too
		d, err := db.Open(ctx, place)
		if err != nil {
			return err
		}
		return errors.Join(fill(ctx, d), d.Close())
	}
	model := sync.OnceValues(func() (copier, error) {
		if OnServer() {
			return newDatabaseModel(make)
		}
		return newFileModel(make)
	})
	return func(tb testing.TB) string {
		tb.Helper()
		m, err := model()
		if err != nil {
			tb.Fatal(err)
		}
		return m(tb)
	}
}

// copier makes a copy of a database for a test.
type copier func(tb testing.TB) (place string)

func newFileModel(make func(place string) error) (copier, error) {
	dir, err := os.MkdirTemp("", "rolecall-dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.db")
	if err := make(path); err != nil {
		return nil, err
	}
	model, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return func(tb testing.TB) string {
		tb.Helper()
		path := filepath.Join(folder(tb), "test.db")
		if err := os.WriteFile(path, model, 0o600); err != nil {
			tb.Fatal(err)
		}
		return path
	}, nil
}

// folder is a temporary folder, in memory where the system offers that: every write waits for the disk, and what a
// power cut leaves is a question of other tests.
func folder(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "rolecall-dbtest")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// SQL runs statements past all rules. They are written as the program's queries are.
func SQL(tb testing.TB, place string) db.DBTX {
	tb.Helper()
	driver, name := "sqlite", "file:"+place+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_time_integer_format=unix_micro&_inttotime=1&_timezone=UTC"
	if db.IsServer(place) {
		driver, name = "pgx", place
	}
	c, err := sql.Open(driver, name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	if db.IsServer(place) {
		return db.Portable(c)
	}
	return c
}

// Columns is the tables of the program at place, each with its columns in order.
func Columns(tb testing.TB, place string) map[string][]string {
	tb.Helper()
	query := `SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c
		WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid`
	if db.IsServer(place) {
		query = `SELECT table_name, column_name FROM information_schema.columns c
			JOIN information_schema.tables t USING (table_schema, table_name)
			WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position`
	}
	tables := map[string][]string{}
	for _, r := range Rows(tb, place, query) {
		if r[0] != "goose_db_version" {
			tables[r[0]] = append(tables[r[0]], r[1])
		}
	}
	return tables
}

// Unguard takes away the triggers of a table, as somebody does who tampers with it.
func Unguard(tb testing.TB, place, table string) {
	tb.Helper()
	c := SQL(tb, place)
	if db.IsServer(place) {
		if _, err := c.ExecContext(tb.Context(), "ALTER TABLE "+table+" DISABLE TRIGGER USER"); err != nil {
			tb.Fatal(err)
		}
		return
	}
	for _, trigger := range RowsOf(tb, c, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", table) {
		if _, err := c.ExecContext(tb.Context(), "DROP TRIGGER "+trigger[0]); err != nil {
			tb.Fatal(err)
		}
	}
}

// Rows is what a query finds, past all rules, as text.
func Rows(tb testing.TB, place, query string, args ...any) [][]string {
	tb.Helper()
	return RowsOf(tb, SQL(tb, place), query, args...)
}

// RowsOf is Rows by a connection that SQL gave.
func RowsOf(tb testing.TB, c db.DBTX, query string, args ...any) (list [][]string) {
	tb.Helper()
	rows, err := c.QueryContext(tb.Context(), query, args...)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		row := make([]string, len(names))
		for i, v := range values {
			row[i] = v.String
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return list
}
