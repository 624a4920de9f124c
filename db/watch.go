package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"time"
)

// watcher makes connections to a SQLite file that report every error to note: a query may fail at any of its rows, and
// the generated code sees only types of the driver there.
type watcher struct {
	of   driver.Driver
	dsn  string
	note func(error)
	slow slowWatch
}

// Driver returns the driver that is watched.
func (w *watcher) Driver() driver.Driver { return w.of }

// Connect opens a connection.
func (w *watcher) Connect(context.Context) (driver.Conn, error) {
	c, err := w.of.Open(w.dsn)
	if err != nil {
		w.note(err)
		return nil, err
	}
	all, ok := c.(connection)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver lacks what is watched"), c.Close())
	}
	return &watchedConn{all, w.note, w.slow, map[string]driver.Stmt{}}, nil
}

// connection lists what the driver's connections can do that database/sql uses.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type watchedConn struct {
	connection
	note func(error)
	slow slowWatch
	kept map[string]driver.Stmt // by text: parsing one takes longer than running most
}

// Close closes the connection.
func (c *watchedConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.connection.Close())...)
}

// PrepareContext prepares a statement that is watched.
func (c *watchedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.connection.PrepareContext(ctx, query)
	if err != nil {
		c.note(err)
		return nil, err
	}
	all, ok := s.(statement)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver lacks what is watched"), s.Close())
	}
	return &watchedStmt{all, c.note, c.slow, query}, nil
}

// QueryContext runs a query, and keeps it prepared for the next time. Queries with lists of values are not kept: each
// length of the list makes a different query.
func (c *watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if strings.Contains(query, ",?") {
		start := time.Now()
		rows, err := c.connection.QueryContext(ctx, query, args)
		return watch(ctx, c.note, c.slow, query, start, rows, err)
	}
	s, ok := c.kept[query]
	if !ok {
		var err error
		if s, err = c.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		c.kept[query] = s
	}
	return s.(*watchedStmt).QueryContext(ctx, args)
}

// BeginTx begins a transaction.
func (c *watchedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.connection.BeginTx(ctx, o)
	c.note(err)
	return tx, err
}

type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type watchedStmt struct {
	statement
	note  func(error)
	slow  slowWatch
	query string
}

// QueryContext runs the statement.
func (s *watchedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	start := time.Now()
	rows, err := s.statement.QueryContext(ctx, args)
	return watch(ctx, s.note, s.slow, s.query, start, rows, err)
}

type watchedRows struct {
	driver.Rows
	ctx    context.Context //nolint:containedctx // the query's, which ends when its rows are closed
	note   func(error)
	slow   slowWatch
	query  string
	start  time.Time
	took   time.Duration // in the database, without the time spent on rows meanwhile
	failed error
}

func watch(ctx context.Context, note func(error), slow slowWatch, query string, start time.Time, rows driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		note(err)
		slow.since(ctx, start, err, query)
		return nil, err
	}
	return &watchedRows{rows, ctx, note, slow, query, start, time.Since(start), nil}, nil
}

// Close ends the query: all rows that the caller wanted were read.
func (r *watchedRows) Close() error {
	err := r.Rows.Close()
	r.slow.took(r.ctx, r.start, r.took, r.failed, r.query)
	return err
}

// Next reads a row.
func (r *watchedRows) Next(values []driver.Value) error {
	if r.slow.on() {
		defer func(start time.Time) { r.took += time.Since(start) }(time.Now())
	}
	err := r.Rows.Next(values)
	r.note(err)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
	}
	return err
}
