package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// maxBatch is how many writes share one commit at most, so that the first of them does not wait too long.
const maxBatch = 128

// stmtLimit bounds the statements that the writer keeps; those over lists of values differ with their length.
const stmtLimit = 256

// ErrReadOnly is the answer to every write after the disk has failed one: what it says from then on can't be relied on.
var ErrReadOnly = errors.New("the database stopped taking writes after a disk error: check the disk, then start again")

// writer runs all writes on one connection, one after the other. Those that wait at the same moment share one commit,
// and so one wait for the disk; each stands in a savepoint of its own, so that it can fail alone.
type writer struct {
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	queries *Queries
	jobs    chan *job
	closed  chan struct{} // no more writes are taken
	stopped chan struct{} // and none is under way
	failed  atomic.Bool
	writes  atomic.Int64
	commits atomic.Int64
}

type job struct {
	ctx  context.Context
	fn   func(*Queries) error
	err  error
	done chan struct{}
}

func newWriter(ctx context.Context, pool *sql.DB) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	w := &writer{conn: conn, stmts: map[string]*sql.Stmt{}, jobs: make(chan *job), closed: make(chan struct{}), stopped: make(chan struct{})}
	w.queries = New(w)
	go w.run()
	return w, nil
}

// do hands a write in and waits until it is on disk, or refused.
func (w *writer) do(ctx context.Context, fn func(*Queries) error) error {
	j := &job{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case w.jobs <- j:
	case <-w.closed:
		return errors.New("the database is closed")
	case <-ctx.Done():
		return ctx.Err()
	}
	<-j.done // from here on the outcome counts, also for somebody who stops waiting
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

// batch commits first, and whatever else waits by then.
func (w *writer) batch(first *job) {
	jobs := []*job{first}
	err := w.begin()
	if err == nil {
		kept := w.within(first)
		for len(jobs) < maxBatch && err == nil {
			j := w.waiting()
			if j == nil {
				break
			}
			jobs = append(jobs, j)
			kept = w.within(j) || kept
		}
		err = w.end(kept)
	}
	for _, j := range jobs {
		if err != nil && j.err == nil {
			j.err = err
		}
		close(j.done)
	}
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
	if w.failed.Load() {
		return ErrReadOnly
	}
	return w.exec("BEGIN IMMEDIATE")
}

// within runs one write in a savepoint and says whether it wants to be kept.
func (w *writer) within(j *job) bool {
	if j.err = j.ctx.Err(); j.err != nil {
		return false
	}
	if j.err = w.exec("SAVEPOINT one"); j.err != nil {
		return false
	}
	w.writes.Add(1)
	if j.err = call(j.fn, w.queries); j.err != nil {
		if err := errors.Join(w.exec("ROLLBACK TO one"), w.exec("RELEASE one")); err != nil {
			j.err = errors.Join(j.err, err)
		}
		return false
	}
	j.err = w.exec("RELEASE one")
	return j.err == nil
}

// call turns a panic of fn into an error: it must not take the writes of others with it.
func call(fn func(*Queries) error, q *Queries) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(q)
}

// end commits what is to be kept. When that fails, or the engine has given the transaction up on its own, nothing of it
// was written, and every write of the batch is told so.
func (w *writer) end(kept bool) error {
	if !kept {
		return w.exec("ROLLBACK")
	}
	err := w.exec("COMMIT")
	if err == nil {
		w.commits.Add(1)
		return nil
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_IOERR {
		w.failed.Store(true)
	}
	_ = w.exec("ROLLBACK") // it may be over already
	return fmt.Errorf("commit: %w", err)
}

func (w *writer) exec(query string) error {
	_, err := w.ExecContext(context.Background(), query)
	return err
}

// close ends the writer once the write at hand is done.
func (w *writer) close() error {
	close(w.closed)
	<-w.stopped
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// The methods that the generated queries run on. A context ends waiting for the writer, but not a statement under way:
// to interrupt one would roll back everything in the batch.

// ExecContext runs a statement.
func (w *writer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := w.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.WithoutCancel(ctx), args...)
}

// QueryContext runs a query.
func (w *writer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := w.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.WithoutCancel(ctx), args...)
}

// QueryRowContext runs a query for one row.
func (w *writer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ctx = context.WithoutCancel(ctx)
	s, err := w.PrepareContext(ctx, query)
	if err != nil {
		return w.conn.QueryRowContext(ctx, query, args...) // fails alike, and tells it in the row
	}
	return s.QueryRowContext(ctx, args...)
}

// PrepareContext gives a statement that is kept for the next time.
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
