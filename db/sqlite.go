package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"github.com/pressly/goose/v3"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// undoMemory is how many bytes of undo data of a statement or savepoint are kept in memory before SQLite creates a file for
// them. Its default of 64 KiB is less than one of our changes touches, and the file takes a third of its time. A higher value
// does not work: the data goes into the file with one call, and SQLite writes less than 128 KiB with one.
const undoMemory = 127 << 10

// errSetUp is nil if the SQLite library was configured as the program needs it. Commands that open no database ignore it.
var errSetUp = configure()

// configure must run before any database is opened.
func configure() error {
	tls := libc.NewTLS()
	defer tls.Close()
	args := libc.NewVaList(int32(undoMemory))
	defer libc.Xfree(tls, args)
	if rc := sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_STMTJRNL_SPILL, args); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("set up SQLite: error %d: a database was opened before", rc)
	}
	return registerFunctions()
}

// file is the engine over a SQLite file.
type file struct {
	path    string
	readers *sql.DB
	pool    *sql.DB // the single connection that writes: SQLite has one writer
	writer  *writer
	index   logIndex
	slow    slowWatch
	failed  atomic.Pointer[error] // the error of a failed read; nil if none has failed
}

// openFile opens the SQLite file at path; if it upgrades the file, it keeps a copy of the old state beside it. A missing
// file is created for this user alone. synchronous says when writes are on disk: only FULL
// keeps what Write promises.
func openFile(ctx context.Context, path, synchronous string, anySchema bool, watch slowWatch) (*DB, error) {
	if errSetUp != nil {
		return nil, errSetUp
	}
	path, err := Resolve(path)
	if err != nil {
		return nil, err
	}
	if err := recognize(ctx, path, anySchema); err != nil {
		return nil, err
	}
	if err := Create(ctx, path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	f := &file{path: path, slow: watch}
	if f.pool, err = sql.Open("sqlite", dsn(path, "synchronous("+synchronous+")", "wal_autocheckpoint(0)", logLimit)); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	f.pool.SetMaxOpenConns(1)
	if err := f.start(ctx); err != nil {
		return nil, errors.Join(explain(path, err), f.Close())
	}
	return &DB{reads{New(f.readers)}, f, watch.each != nil, new(atomic.Bool)}, nil
}

// Create makes an empty database at path if there is no file, for this user alone. Its folder must exist.
func Create(ctx context.Context, path string) error {
	if err := halfRestored(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot make files beside %s: check owner and mode of the folder (%w)", path, err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	c, err := sql.Open("sqlite", plainDSN(path))
	if err != nil {
		return err
	}
	return errors.Join(explain(path, mark(ctx, c)), c.Close())
}

// explain adds to an error from opening path what to do about it.
func explain(path string, err error) error {
	switch {
	case hasCode(err, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
		return fmt.Errorf("%s is damaged, or is no database of this program: put a backup in its place with `rolecall restore` (%w)", path, err)
	case hasCode(err, sqlite3.SQLITE_CANTOPEN) && cannotOpen(path) != nil:
		return fmt.Errorf("cannot open %s: %w", path, cannotOpen(path))
	case hasCode(err, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
		return fmt.Errorf("cannot write %s, or cannot make files beside it: check owner and mode of the file and its folder (%w)", path, err)
	case hasCode(err, sqlite3.SQLITE_FULL):
		return fmt.Errorf("the disk with %s is full (%w)", path, err)
	}
	return err
}

// cannotOpen returns why the folder of a file cannot be opened: it is missing, or this process has too many files open.
// SQLite has one message for all of that.
func cannotOpen(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return folder.Close()
}

func (f *file) start(ctx context.Context) (err error) {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	if err := migrate(ctx, f.pool, f.path, files); err != nil {
		return err
	}
	if err := mark(ctx, f.pool); err != nil {
		return err
	}
	if err := f.tellFigures(ctx); err != nil {
		return err
	}
	if f.writer, err = newWriter(ctx, f.pool, f.path); err != nil {
		return err
	}
	f.writer.slow = f.slow
	f.readers = sql.OpenDB(&watcher{f.pool.Driver(), dsn(f.path, "query_only(1)"), f.note, f.slow})
	n := max(4, runtime.GOMAXPROCS(0))
	f.readers.SetMaxOpenConns(n)
	f.readers.SetMaxIdleConns(n)
	var version int64 // what prevents reading, such as too many open files, shows now
	if err := f.readers.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&version); err != nil {
		return err
	}
	return f.index.open(f.path)
}

// tellFigures stores the figures that the planner uses, if they are missing.
func (f *file) tellFigures(ctx context.Context) error {
	told, err := hasFigures(ctx, f.pool)
	if err != nil || told {
		return err
	}
	tx, err := f.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, statement := range writeFigures() {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// recognize refuses a file that is not one of this program, or lacks the schema of its version, before anything
// is written to it.
func recognize(ctx context.Context, path string, anySchema bool) error {
	version, err := fileVersion(ctx, path)
	if err != nil || version == 0 || anySchema {
		return err
	}
	if current, err := known("sqlite"); err != nil || version > current {
		return err // which migrate refuses
	}
	c, err := sql.Open("sqlite", readOnlyDSN(path))
	if err != nil {
		return err
	}
	err = sameSchema(ctx, c, "sqlite", path, version)
	return errors.Join(explain(path, err), c.Close())
}

// logLimit is how many bytes of the log are kept when it starts over: it may have grown for one large write.
const logLimit = "journal_size_limit(16777216)"

// pageCache is how much of the file a connection caches, in KiB. The operating system caches the rest.
const pageCache = "cache_size(-8000)"

// dsn names the file and configures every connection the same.
func dsn(path string, pragmas ...string) string {
	v := url.Values{
		"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)", pageCache}, pragmas...),
		"_txlock": {"immediate"},
	}
	return fileURL(path, v)
}

// plainDSN opens a file as it is, to examine or copy it.
func plainDSN(path string, pragmas ...string) string {
	return fileURL(path, url.Values{"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...), "mode": {"rw"}})
}

// readOnlyDSN opens a file so that nothing in it changes, whatever program made it.
func readOnlyDSN(path string) string {
	return fileURL(path, url.Values{"_pragma": {"busy_timeout(10000)"}, "mode": {"ro"}})
}

// fileURL has times written as microseconds since 1970, in UTC: parsing a time from text takes longer than everything
// else in a row.
func fileURL(path string, query url.Values) string {
	query.Set("_time_integer_format", "unix_micro")
	query.Set("_inttotime", "1")
	query.Set("_timezone", "UTC")
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
	if err := unlinked(ctx, w, func() error {
		_, err := p.Up(ctx)
		return err
	}); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

// unlinked runs migrations on a pool of one connection without foreign keys: a migration that recreates a table drops the old
// one, which would delete every row that refers to it. Such a migration checks at its end that all references lead
// somewhere. Inside its transaction it is too late to turn them off.
func unlinked(ctx context.Context, w *sql.DB, fn func() error) error {
	if _, err := w.ExecContext(ctx, "PRAGMA foreign_keys = OFF"); err != nil {
		return err
	}
	err := fn()
	_, on := w.ExecContext(ctx, "PRAGMA foreign_keys = ON")
	return errors.Join(err, on)
}

// WriteIn hands fn to the writer, which has one queue for all scopes.
func (f *file) WriteIn(ctx context.Context, _ Scope, fn func(q *Queries, head *Revision) error) error {
	return f.writer.do(&job{ctx: ctx, fn: func(q *Queries) error { return fn(q, nil) }})
}

// WriteStats returns the counts of the writer.
func (f *file) WriteStats() (writes, commits int64) {
	return f.writer.writes.Load(), f.writer.commits.Load()
}

// Waiting counts writes that wait for their turn, or for the disk.
func (f *file) Waiting() int64 { return f.writer.queue.Load() }

// note records that the disk failed a read.
func (f *file) note(err error) {
	if diskFailed(err) {
		f.failed.CompareAndSwap(nil, &err)
	}
}

// Err reports a disk that has failed or is full.
func (f *file) Err() error {
	if cause := f.failed.Load(); cause != nil {
		return fmt.Errorf("%w (%w)", ErrUnreadable, *cause)
	}
	if err := f.writer.broken(); err != nil || !f.writer.full.Load() {
		return err
	}
	if err := haveRoom(filepath.Dir(f.path)); err != nil {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return nil
}

// haveRoom tries whether a folder has room for a file larger than a change needs: that a small one fits proves too little.
func haveRoom(folder string) error {
	f, err := os.CreateTemp(folder, ".room-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 1<<20))
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// Size adds up the file and its log.
func (f *file) Size(context.Context) (int64, error) {
	return fileSize(f.path) + fileSize(f.path+"-wal"), nil
}

// fileSize returns 0 for a missing file.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Read begins a transaction of a reader, which keeps the snapshot of its first query.
func (f *file) Read(ctx context.Context, fn func(q *Queries) error) error {
	tx, err := f.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written, so nothing is lost
	return fn(New(tx))
}

// Ping uses a reader.
func (f *file) Ping(ctx context.Context) error { return f.readers.PingContext(ctx) }

// Close closes the readers, then the writer, which merges the log into the file.
func (f *file) Close() error {
	var errs []error
	if f.readers != nil {
		errs = append(errs, f.readers.Close())
	}
	if f.writer != nil {
		errs = append(errs, f.writer.close())
	}
	return errors.Join(append(errs, f.pool.Close(), f.index.close())...)
}
