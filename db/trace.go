package db

import (
	"context"
	"database/sql"
)

// Traced is d over the same database, and tells note of each statement before it runs: its text, which begins with the
// name of the query, or is the word that begins or ends a transaction. It prepares nothing in advance, so it is for tests that count statements.
func Traced(d *DB, note func(statement string)) *DB {
	return &DB{reads{traced(d.Reads.(reads).queries, note)}, tracedEngine{d.engine, note}, d.each, d.closed}
}

func traced(q *Queries, note func(string)) *Queries { return New(tracedDBTX{q.db, note}) }

type tracedEngine struct {
	engine
	note func(string)
}

// WriteIn runs fn with queries that are traced.
func (e tracedEngine) WriteIn(ctx context.Context, scope Scope, fn func(q *Queries, head *Revision) error) error {
	e.note("BEGIN")
	defer e.note("COMMIT")
	return e.engine.WriteIn(ctx, scope, func(q *Queries, head *Revision) error { return fn(traced(q, e.note), head) })
}

// Read runs fn with queries that are traced.
func (e tracedEngine) Read(ctx context.Context, fn func(q *Queries) error) error {
	e.note("BEGIN")
	defer e.note("ROLLBACK")
	return e.engine.Read(ctx, func(q *Queries) error { return fn(traced(q, e.note)) })
}

// ReadAside runs fn with queries that are traced.
func (e tracedEngine) ReadAside(ctx context.Context, fn func(q *Queries) error) error {
	e.note("BEGIN")
	defer e.note("ROLLBACK")
	return e.engine.ReadAside(ctx, func(q *Queries) error { return fn(traced(q, e.note)) })
}

// Ask runs fn with queries that are traced.
func (e tracedEngine) Ask(ctx context.Context, fn func(q *Queries) error) error {
	return e.engine.Ask(ctx, func(q *Queries) error { return fn(traced(q, e.note)) })
}

type tracedDBTX struct {
	DBTX
	note func(string)
}

// ExecContext runs a statement.
func (t tracedDBTX) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	t.note(query)
	return t.DBTX.ExecContext(ctx, query, args...)
}

// QueryContext runs a query.
func (t tracedDBTX) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	t.note(query)
	return t.DBTX.QueryContext(ctx, query, args...)
}

// QueryRowContext runs a query for one row.
func (t tracedDBTX) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	t.note(query)
	return t.DBTX.QueryRowContext(ctx, query, args...)
}
