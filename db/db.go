// Package db keeps the data: it opens the database, brings its schema up to date, and holds the generated queries.
// It knows nothing of the rules that the data follows.
package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is an open database. Its own queries read; Write is the only way to change something.
type DB struct {
	*Queries // on the readers
	readers  *sql.DB
	pool     *sql.DB // of the one connection that writes: SQLite has one writer
	writer   *writer
}

// Open opens the SQLite file at path, creating it (readable by its owner only) if there is none, and migrates it.
func Open(ctx context.Context, path string) (*DB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &DB{}
	if d.pool, err = sql.Open("sqlite", dsn(path, "synchronous(FULL)")); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d.pool.SetMaxOpenConns(1)
	if err := d.start(ctx, path); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *DB) start(ctx context.Context, path string) (err error) {
	if err := migrate(ctx, d.pool); err != nil {
		return err
	}
	if d.writer, err = newWriter(ctx, d.pool); err != nil {
		return err
	}
	if d.readers, err = sql.Open("sqlite", dsn(path, "query_only(1)")); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	n := max(4, runtime.GOMAXPROCS(0))
	d.readers.SetMaxOpenConns(n)
	d.readers.SetMaxIdleConns(n)
	if d.Queries, err = Prepare(ctx, d.readers); err != nil {
		return fmt.Errorf("prepare statements: %w", err)
	}
	return nil
}

// dsn names the file and sets every connection up alike. Times are written as UTC text that sorts.
func dsn(path, pragma string) string {
	v := url.Values{
		"_pragma":      {"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)", "cache_size(-16000)", pragma},
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}).String()
}

func migrate(ctx context.Context, w *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, w, files)
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	if current > target {
		return fmt.Errorf("the database has schema %d, this program knows %d: run a newer version of it", current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

// Write runs fn in a transaction: committed when fn returns nil, rolled back otherwise. Writes that wait together are
// committed together; when Write returns nil the change survives a power cut. fn must use q alone, and must not wait for
// the network or call Write. ErrReadOnly: the disk failed an earlier write.
func (d *DB) Write(ctx context.Context, fn func(q *Queries) error) error { return d.writer.do(ctx, fn) }

// WriteStats is how many writes ran since the database was opened, and how many commits they took.
func (d *DB) WriteStats() (writes, commits int64) {
	return d.writer.writes.Load(), d.writer.commits.Load()
}

// Read runs fn on one snapshot of the data: its queries see no write that commits meanwhile.
func (d *DB) Read(ctx context.Context, fn func(q *Queries) error) error {
	tx, err := d.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written, so nothing is lost
	return fn(d.WithTx(tx))
}

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.readers.PingContext(ctx) }

// Close closes the readers, then the writer, which folds the log into the file.
func (d *DB) Close() error {
	var errs []error
	if d.Queries != nil {
		errs = append(errs, d.Queries.Close())
	}
	if d.readers != nil {
		errs = append(errs, d.readers.Close())
	}
	if d.writer != nil {
		errs = append(errs, d.writer.close())
	}
	return errors.Join(append(errs, d.pool.Close())...)
}

// IsNotFound says whether a query for one row found none.
func IsNotFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUnique says whether a write collided with a row that is there already.
func IsUnique(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
