// Package db keeps the data: it opens the database, brings its schema up to date, and holds the generated queries.
// It knows nothing of the rules that the data follows.
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

// DB is an open database. Write and WriteIn are the only ways to change something.
type DB struct {
	Reads
	engine
	each   bool         // each statement is told, with the unit that it belongs to: see within
	closed *atomic.Bool // Close was called
}

// ErrNested is the answer to a write inside a write, which would wait for itself.
var ErrNested = errors.New("a write must not begin inside another one")

type writingKey struct{}

// Writing marks a context that is used inside a write: with it, and with all that come from it, Write returns ErrNested.
func Writing(ctx context.Context) context.Context { return context.WithValue(ctx, writingKey{}, true) }

// Write runs fn in a transaction that may change anything, and whose statements nobody checks.
func (d *DB) Write(ctx context.Context, fn func(q *Queries) error) error {
	return d.write(ctx, OnSite, func(q *Queries, _ *Revision) error { return fn(q) })
}

func (d *DB) write(ctx context.Context, scope Scope, fn func(q *Queries, head *Revision) error) error {
	if ctx.Value(writingKey{}) != nil {
		return ErrNested
	}
	return d.engine.WriteIn(ctx, scope, fn)
}

// engine is what a SQLite file and a PostgreSQL server each do in their own way.
type engine interface {
	// WriteIn runs fn in a transaction: committed when fn returns nil, rolled back otherwise. When it returns nil the
	// change survives a crash of the machine. Writes of one scope run one after the other, in whatever process they began,
	// and those of the site run alone. fn must use q alone, must not wait for the network or write in another way, and may
	// be run again when its transaction could not be committed. ErrReadOnly: the disk failed an earlier write.
	// head is the row of the scope in revisions, nil where it must be read.
	WriteIn(ctx context.Context, scope Scope, fn func(q *Queries, head *Revision) error) error

	// Fill is a write of the site for very many new accounts at once.
	Fill(ctx context.Context, fn func(q *Queries) error) error

	// Read runs fn on one snapshot of the data: its queries see no write that commits meanwhile.
	Read(ctx context.Context, fn func(q *Queries) error) error

	// ReadAside is Read, on a standby if there is one. It sees every write that was acknowledged before the call too, and may see
	// one that is about to be.
	ReadAside(ctx context.Context, fn func(q *Queries) error) error

	// Ask runs fn when there is a connection for it. Each of its queries sees what is committed by then.
	Ask(ctx context.Context, fn func(q *Queries) error) error

	// Version names the state of the data with every write that was acknowledged before the call; every commit, of whatever
	// process, changes it. ok is false where finding out would cost a query.
	Version() (v Version, ok bool)

	// Shared reports whether other servers may write to the database. They tell each other of it by Notify and Listen.
	Shared() bool

	// Notify tells those who listen, in all servers, that something was committed.
	Notify(ctx context.Context) error

	// Listen calls fn when somebody notifies, until ctx ends or the connection is lost.
	Listen(ctx context.Context, fn func()) error

	// newTransaction is the number of a transaction that begins and ends now; see NewTransaction.
	newTransaction(ctx context.Context) (int64, error)

	// skew is by how much the clock of this machine is ahead of the server's.
	skew(ctx context.Context) (time.Duration, error)

	// Ping says whether the database answers.
	Ping(ctx context.Context) error

	// Close ends the write at hand and lets the database go.
	Close() error

	// WriteStats is how many writes ran since the database was opened, and how many commits they took.
	WriteStats() (writes, commits int64)

	// Waiting is how many writes are not done yet.
	Waiting() int64

	// Pools is how busy the connections are.
	Pools() []Pool

	// Err is nil while the disk works: ErrUnreadable after a read failed; ErrReadOnly, with its cause, after a write failed;
	// ErrFull when there was no room for the last write, and still is none.
	Err() error

	// Size is how many bytes the data takes.
	Size(ctx context.Context) (int64, error)
}

// Open opens the database at place, a postgres:// URL or the name of a SQLite file, and brings its schema up to date.
// Before and after that the schema must be the one that is written down for its version.
func Open(ctx context.Context, place string, options ...Option) (*DB, error) {
	return open(ctx, place, false, optionsOf(options))
}

// OpenTampered is Open for looking into a database whose schema need not be the one that it should be.
func OpenTampered(ctx context.Context, place string) (*DB, error) {
	return open(ctx, place, true, options{})
}

func open(ctx context.Context, place string, anySchema bool, o options) (*DB, error) {
	if IsServer(place) {
		return openPostgres(ctx, place, anySchema, o)
	}
	return openFile(ctx, place, "FULL", anySchema, o.watch)
}

// IsServer says whether place is the URL of a PostgreSQL server, and not a file.
func IsServer(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

// Close ends the write at hand and lets the database go.
func (d *DB) Close() error {
	d.closed.Store(true)
	return d.engine.Close()
}

// Closed reports whether Close was called: what is done later by itself has nothing left to do.
func (d *DB) Closed() bool { return d.closed.Load() }

// IsNotFound says whether a query for one row found none.
func IsNotFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUnavailable says whether the database failed for a reason that lies in the machines: the disk is full or has failed,
// the file is held by another program, the server is away or too busy, a newer program has changed the schema, or the
// database is being closed. A write that ends so is not acknowledged.
func IsUnavailable(err error) bool {
	return errors.Is(err, ErrReadOnly) || errors.Is(err, errClosed) || hasCode(err, sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY) ||
		diskFailed(err) || serverFailed(err) || isSchemaError(err)
}
