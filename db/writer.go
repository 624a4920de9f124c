package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// maxBatch is the most writes that share one commit, so that the first of them does not wait too long.
const maxBatch = 128

// stmtLimit bounds the statements that the writer keeps prepared; those with lists of values differ with their length.
const stmtLimit = 256

// The log is merged into the file after this many commits, or when it has grown this large. SQLite would do that by itself but
// ignore failures; the log could then be overwritten although its content has not reached the file.
const (
	checkpointEvery = 64
	checkpointBytes = 4 << 20
)

// ErrReadOnly is the error of every write after the disk has failed one: from then on the disk cannot be relied on.
var ErrReadOnly = errors.New("the database stopped taking writes after a disk error: check the disk, then start again")

// ErrUnreadable means that the disk failed a read: answers from memory hide that, but not for long.
var ErrUnreadable = errors.New("the database cannot be read: check the disk, then start again")

// ErrFull means that the last write found no room.
var ErrFull = errors.New("the disk is full: make room")

// diskFailed reports whether err means that the disk does not do what it is told, or has lost what it was told.
func diskFailed(err error) bool {
	return hasCode(err, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
}

func hasCode(err error, codes ...int) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && slices.Contains(codes, e.Code()&0xff)
}

var errClosed = errors.New("the database is closed")

// writer runs all writes on one connection, one after another. Those that wait at the same time share one commit,
// and so one wait for the disk; each has its own savepoint, so that it can fail alone.
type writer struct {
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	slow    slowWatch
	queries *Queries
	jobs    chan *job
	closing sync.Once
	closed  chan struct{}         // no more writes are accepted
	stopped chan struct{}         // and none is running
	failed  atomic.Pointer[error] // the error when the disk failed; nil if it has not
	full    atomic.Bool           // the last batch found no room
	writes  atomic.Int64
	commits atomic.Int64
	queue   atomic.Int64
	log     string                        // path of the write-ahead log
	folded  struct{ commits, size int64 } // as of the last checkpoint
}

type job struct {
	ctx   context.Context //nolint:containedctx // of the caller, on its way to the goroutine that writes
	fn    func(*Queries) error
	large bool // it writes very much, and shares its commit with no other
	err   error
	done  chan struct{}
}

func newWriter(ctx context.Context, pool *sql.DB, path string) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	w := &writer{
		conn: conn, stmts: map[string]*sql.Stmt{}, jobs: make(chan *job), closed: make(chan struct{}), stopped: make(chan struct{}),
		log: path + "-wal",
	}
	w.queries = New(w)
	go w.run()
	return w, nil
}

// do submits a write and waits until it is on disk, or refused.
func (w *writer) do(j *job) error {
	j.done = make(chan struct{})
	w.queue.Add(1)
	defer w.queue.Add(-1)
	select {
	case w.jobs <- j:
	case <-w.closed:
		return errClosed
	case <-j.ctx.Done():
		return j.ctx.Err()
	}
	<-j.done // from here on the outcome counts, even if the caller stops waiting
	return j.err
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case first := <-w.jobs:
			w.batch(first)
		case <-w.closed:
			return
		}
	}
}

// batch commits first together with whatever else is waiting.
func (w *writer) batch(first *job) {
	if first.large {
		defer w.stretch()()
	}
	jobs := []*job{first}
	kept, err := false, w.begin()
	for j := first; j != nil && err == nil; {
		var keep bool
		keep, err = w.within(j)
		kept = kept || keep
		if j = nil; err == nil && len(jobs) < maxBatch && !first.large {
			if j = w.waiting(); j != nil {
				jobs = append(jobs, j)
			}
		}
	}
	if err == nil {
		err = w.end(kept)
	} else {
		_ = w.exec("ROLLBACK") // it may have ended already
	}
	full := false
	for _, j := range jobs {
		if err != nil && j.err == nil {
			j.err = err
		}
		full = full || hasCode(j.err, sqlite3.SQLITE_FULL)
	}
	w.full.Store(full)
	for _, j := range jobs {
		close(j.done)
	}
	w.checkpoint()
}

func (w *writer) waiting() *job {
	select {
	case j := <-w.jobs:
		return j
	default:
		return nil
	}
}

func (w *writer) begin() error {
	if err := w.broken(); err != nil {
		return err
	}
	return w.exec("BEGIN IMMEDIATE")
}

// broken returns the error of every write after the disk has failed.
func (w *writer) broken() error {
	if cause := w.failed.Load(); cause != nil {
		return fmt.Errorf("%w (%w)", ErrReadOnly, *cause)
	}
	return nil
}

// note records an error of the disk. After a failed fsync the kernel forgets what it could not write, and the next
// fsync succeeds: nothing may be acknowledged any more.
func (w *writer) note(err error) {
	if diskFailed(err) {
		w.failed.CompareAndSwap(nil, &err)
	}
}

// within runs one write in a savepoint and reports whether to keep it. err means that the whole batch is lost: if
// the disk is full or fails, SQLite may roll a transaction back by itself, and later writes would be outside it.
func (w *writer) within(j *job) (kept bool, err error) {
	if j.err = j.ctx.Err(); j.err != nil {
		return false, nil //nolint:nilerr // the error is that of this write, not of the batch
	}
	if err := w.exec("SAVEPOINT one"); err != nil {
		return false, err
	}
	w.writes.Add(1)
	if j.err = call(j.fn, w.queries); j.err != nil {
		w.note(j.err)
		if err := w.exec("ROLLBACK TO one"); err != nil {
			return false, lost(j.err, err)
		}
	}
	if err := w.exec("RELEASE one"); err != nil {
		return false, lost(j.err, err)
	}
	return j.err == nil, w.broken()
}

// lost tells the other writes of a batch why they failed, without details of the write that failed.
func lost(reason, err error) error {
	if e, ok := errors.AsType[*sqlite.Error](reason); ok {
		err = e
	}
	return fmt.Errorf("the transaction was given up: %w", err)
}

// call turns a panic of fn into an error: it must not end the writes of others.
func call(fn func(*Queries) error, q *Queries) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(q)
}

// end commits what is to be kept. If that fails, nothing was written, and every write of the batch gets the error.
func (w *writer) end(kept bool) error {
	if !kept {
		return w.exec("ROLLBACK")
	}
	if err := w.exec("COMMIT"); err != nil {
		_ = w.exec("ROLLBACK") // it may have ended already
		return fmt.Errorf("commit: %w", err)
	}
	w.commits.Add(1)
	return nil
}

// checkpoint merges the log into the file, as far as readers allow, if enough has been written since the last one.
func (w *writer) checkpoint() {
	commits, size := w.commits.Load(), fileSize(w.log)
	if commits-w.folded.commits < checkpointEvery && size-w.folded.size < checkpointBytes {
		return
	}
	w.folded.commits, w.folded.size = commits, size
	var busy, pages, done int
	row := w.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)")
	w.note(row.Scan(&busy, &pages, &done))
}

func (w *writer) exec(query string) error {
	_, err := w.ExecContext(context.Background(), query)
	return err
}

// close ends the writer once the current write is done.
func (w *writer) close() error {
	w.closing.Do(func() { close(w.closed) })
	<-w.stopped
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// The methods that the generated queries run on. A context ends waiting for the writer, but not a running statement:
// interrupting one would roll back everything in the batch.

// ExecContext runs a statement.
func (w *writer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := w.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	result, err := s.ExecContext(context.WithoutCancel(ctx), args...)
	w.note(err)
	w.slow.since(ctx, start, err, query)
	return result, err
}

// QueryContext runs a query.
func (w *writer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := w.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	rows, err := s.QueryContext(context.WithoutCancel(ctx), args...)
	w.slow.since(ctx, start, err, query)
	return rows, err
}

// QueryRowContext runs a query for one row.
func (w *writer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ctx = context.WithoutCancel(ctx)
	s, err := w.PrepareContext(ctx, query)
	if err != nil {
		return w.conn.QueryRowContext(ctx, query, args...) // fails the same way, with the error in the row
	}
	start := time.Now()
	row := s.QueryRowContext(ctx, args...)
	w.slow.since(ctx, start, row.Err(), query)
	return row
}

// PrepareContext returns a statement that is kept for the next time.
func (w *writer) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := w.stmts[query]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	if len(w.stmts) >= stmtLimit {
		for _, old := range w.stmts {
			_ = old.Close()
		}
		clear(w.stmts)
	}
	w.stmts[query] = s
	return s, nil
}
