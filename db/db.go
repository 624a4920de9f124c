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
	"path/filepath"
	"runtime"

	"github.com/pressly/goose/v3"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// DB is an open database. Its own queries read; Write is the only way to change something.
type DB struct {
	*Queries // on the readers
	path     string
	readers  *sql.DB
	pool     *sql.DB // of the one connection that writes: SQLite has one writer
	writer   *writer
	revision revision
}

// Open opens the SQLite file at path and brings its schema up to date; the file as it was before is then kept beside it.
// If there is none, it makes one, and its folder, for this user alone.
func Open(ctx context.Context, path string) (*DB, error) { return open(ctx, path, "FULL") }

// open is Open with a choice of when writes are on disk. Nothing but FULL keeps what Write promises.
func open(ctx context.Context, path, synchronous string) (*DB, error) {
	if err := create(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &DB{path: path}
	var err error
	if d.pool, err = sql.Open("sqlite", dsn(path, "synchronous("+synchronous+")", "wal_autocheckpoint(0)")); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d.pool.SetMaxOpenConns(1)
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(explain(path, err), d.Close())
	}
	return d, nil
}

func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// explain adds to an error of opening path what to do about it.
func explain(path string, err error) error {
	switch {
	case hasCode(err, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
		return fmt.Errorf("%s is damaged, or is no database of this program: put a backup in its place with `rolecall restore` (%w)", path, err)
	case hasCode(err, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
		return fmt.Errorf("cannot write %s, or cannot make files beside it: check owner and mode of the file and its folder (%w)", path, err)
	case hasCode(err, sqlite3.SQLITE_FULL):
		return fmt.Errorf("the disk with %s is full (%w)", path, err)
	}
	return err
}

func (d *DB) start(ctx context.Context) (err error) {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	if err := migrate(ctx, d.pool, d.path, files); err != nil {
		return err
	}
	if d.writer, err = newWriter(ctx, d.pool, d.path); err != nil {
		return err
	}
	if d.readers, err = sql.Open("sqlite", dsn(d.path, "query_only(1)")); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	n := max(4, runtime.GOMAXPROCS(0))
	d.readers.SetMaxOpenConns(n)
	d.readers.SetMaxIdleConns(n)
	if d.Queries, err = Prepare(ctx, d.readers); err != nil {
		return fmt.Errorf("prepare statements: %w", err)
	}
	return d.revision.open(d.path)
}

// dsn names the file and sets every connection up alike. Times are written as UTC text that sorts.
func dsn(path string, pragmas ...string) string {
	v := url.Values{
		"_pragma":      append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)", "cache_size(-16000)"}, pragmas...),
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
	}
	return fileURL(path, v)
}

// plainDSN opens a file as it is, to look at it or to copy it.
func plainDSN(path string, pragmas ...string) string {
	return fileURL(path, url.Values{"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...), "mode": {"rw"}})
}

func fileURL(path string, query url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

func migrate(ctx context.Context, w *sql.DB, path string, files fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, w, files)
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	switch {
	case current > target:
		return fmt.Errorf("%s has schema %d, this program knows %d: run a newer version of it", path, current, target)
	case current == target:
		return nil
	case current > 0:
		if err := Backup(ctx, path, fmt.Sprintf("%s.before-%d", path, target)); err != nil {
			return fmt.Errorf("keep the database as it is before its migration: %w", err)
		}
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

// Waiting is how many writes wait for their turn, or for the disk.
func (d *DB) Waiting() int64 { return d.writer.queue.Load() }

// Err is nil as long as writes are taken; ErrReadOnly, with its cause, after the disk has failed one; ErrFull when there
// was no room for the last one, and still is not.
func (d *DB) Err() error {
	if err := d.writer.broken(); err != nil || !d.writer.full.Load() {
		return err
	}
	if err := haveRoom(filepath.Dir(d.path)); err != nil {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return nil
}

// haveRoom tries whether a folder takes a file larger than a change needs: that a small one fits says too little.
func haveRoom(folder string) error {
	f, err := os.CreateTemp(folder, ".room-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 1<<20))
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// Size is how many bytes the file and its log take.
func (d *DB) Size() int64 { return fileSize(d.path) + fileSize(d.path+"-wal") }

// fileSize is 0 for a file that is not there.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
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
	return errors.Join(append(errs, d.pool.Close(), d.revision.close())...)
}

// IsNotFound says whether a query for one row found none.
func IsNotFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }
