// Package db stores the data: it opens the database, brings its schema up to date, and has the generated queries.
// It knows nothing about the rules of the data.
package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations
var migrations embed.FS

// DB is an open database. Write and WriteIn are the only ways to change it.
type DB struct {
	Reads
	engine
	each   bool         // each statement is reported, with its unit: see within
	closed *atomic.Bool // Close was called
}

// ErrNested is the error of a write inside a write, which would wait for itself.
var ErrNested = errors.New("a write must not begin inside another one")

type writingKey struct{}

// Writing marks a context as used inside a write: with it, and with all derived from it, Write returns ErrNested.
func Writing(ctx context.Context) context.Context { return context.WithValue(ctx, writingKey{}, true) }

// Write runs fn in a transaction that may change anything, and whose statements are not checked.
func (d *DB) Write(ctx context.Context, fn func(q *Queries) error) error {
	return d.write(ctx, OnSite, func(q *Queries, _ *Revision) error { return fn(q) })
}

func (d *DB) write(ctx context.Context, scope Scope, fn func(q *Queries, head *Revision) error) error {
	if ctx.Value(writingKey{}) != nil {
		return ErrNested
	}
	return d.engine.WriteIn(ctx, scope, fn)
}

// engine is what SQLite and PostgreSQL each do in their own way.
type engine interface {
	// WriteIn runs fn in a transaction: committed if fn returns nil, rolled back otherwise. When it returns nil the
	// change survives a crash of the machine. Writes in one scope run one after another, whichever process began them,
	// and those of the site run alone. fn must use only q, must not wait for the network or write in another way, and may
	// be run again if its transaction could not be committed. ErrReadOnly: the disk failed an earlier write.
	// head is the row of the scope in revisions, nil if it must be read.
	WriteIn(ctx context.Context, scope Scope, fn func(q *Queries, head *Revision) error) error

	// Fill is a write in the scope of the site for very many new accounts at once.
	Fill(ctx context.Context, fn func(q *Queries) error) error

	// Read runs fn on one snapshot of the data: its queries see no write that commits meanwhile.
	Read(ctx context.Context, fn func(q *Queries) error) error

	// ReadAside is Read, on a standby if there is one. It too sees every write that was acknowledged before the call, and may see
	// one that is about to be.
	ReadAside(ctx context.Context, fn func(q *Queries) error) error

	// Ask runs fn when it gets a connection. Each of its queries sees what is committed at that moment.
	Ask(ctx context.Context, fn func(q *Queries) error) error

	// Version identifies the state of the data with every write acknowledged before the call; every commit, by any
	// process, changes it. ok is false if finding out would cost a query.
	Version() (v Version, ok bool)

	// Shared reports whether other servers may write to the database. They tell each other with Notify and Listen.
	Shared() bool

	// Notify tells the listeners of all servers that something was committed.
	Notify(ctx context.Context) error

	// Listen calls fn whenever a server notifies, until ctx ends or the connection is lost.
	Listen(ctx context.Context, fn func()) error

	// newTransaction returns the number of a transaction that begins and ends now; see NewTransaction.
	newTransaction(ctx context.Context) (int64, error)

	// skew returns by how much the clock of this machine is ahead of the server's.
	skew(ctx context.Context) (time.Duration, error)

	// Ping reports whether the database answers.
	Ping(ctx context.Context) error

	// Close finishes the current write and closes the database.
	Close() error

	// WriteStats returns how many writes ran since the database was opened, and how many commits they took.
	WriteStats() (writes, commits int64)

	// Waiting returns how many writes are not done yet.
	Waiting() int64

	// Pools returns how busy the connections are.
	Pools() []Pool

	// Err returns nil while the disk works: ErrUnreadable after a read failed; ErrReadOnly, with its cause, after a write failed;
	// ErrFull if there was no room for the last write, and still is none.
	Err() error

	// Size returns how many bytes the data takes.
	Size(ctx context.Context) (int64, error)
}

// Open opens the database at place, a postgres:// URL or the name of a SQLite file, and brings its schema up to date.
// Before and after that the schema must be the one that is written down for its version.
func Open(ctx context.Context, place string, options ...Option) (*DB, error) {
	return open(ctx, place, false, optionsOf(options))
}

// OpenTampered is Open for examining a database whose schema may differ from what it should be.
func OpenTampered(ctx context.Context, place string) (*DB, error) {
	return open(ctx, place, true, options{})
}

func open(ctx context.Context, place string, anySchema bool, o options) (*DB, error) {
	if IsServer(place) {
		return openPostgres(ctx, place, anySchema, o)
	}
	return openFile(ctx, place, "FULL", anySchema, o.watch)
}

// IsServer reports whether place is the URL of a PostgreSQL server, not a file.
func IsServer(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

// Close finishes the current write and closes the database.
func (d *DB) Close() error {
	d.closed.Store(true)
	return d.engine.Close()
}

// Closed reports whether Close was called: background work then has nothing left to do.
func (d *DB) Closed() bool { return d.closed.Load() }

// IsNotFound reports whether a query for one row found none.
func IsNotFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUnavailable reports whether the database failed for a technical reason: the disk is full or has failed,
// the file is locked by another program, the server is down or too busy, a newer program has changed the schema, or the
// database is being closed. A write that fails so is not acknowledged.
func IsUnavailable(err error) bool {
	return errors.Is(err, ErrReadOnly) || errors.Is(err, errClosed) || hasCode(err, sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY) ||
		diskFailed(err) || serverFailed(err) || isSchemaError(err)
}
