package db

import (
	"context"
	"database/sql"
)

// A function that reads often uses the context of its caller, which knows nothing of the unit. So that a statement
// is reported with its unit, values come from the unit's context first; its own context decides when it ends.

// Within is d.Reads, with statements reported as those of the unit that ctx belongs to.
func (d *DB) Within(ctx context.Context) Reads {
	r, ok := d.Reads.(reads)
	if !ok || !d.each {
		return d.Reads
	}
	return reads{d.within(ctx, r.queries)}
}

// within changes nothing if statements are not reported.
func (d *DB) within(ctx context.Context, q *Queries) *Queries {
	if !d.each {
		return q
	}
	return New(withinDBTX{q.db, ctx})
}

type withinDBTX struct {
	DBTX
	unit context.Context //nolint:containedctx // for its values alone
}

type unitContext struct {
	context.Context                 //nolint:containedctx // it is one
	unit            context.Context //nolint:containedctx // for its values alone
}

// Value looks in the unit first.
func (c unitContext) Value(key any) any {
	if v := c.unit.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}

// ExecContext runs a statement.
func (w withinDBTX) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return w.DBTX.ExecContext(unitContext{ctx, w.unit}, query, args...) //nolint:contextcheck // it ends with ctx
}

// PrepareContext prepares a statement.
func (w withinDBTX) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return w.DBTX.PrepareContext(unitContext{ctx, w.unit}, query) //nolint:contextcheck // it ends with ctx
}

// QueryContext runs a query.
func (w withinDBTX) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return w.DBTX.QueryContext(unitContext{ctx, w.unit}, query, args...) //nolint:contextcheck // it ends with ctx
}

// QueryRowContext runs a query for one row.
func (w withinDBTX) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return w.DBTX.QueryRowContext(unitContext{ctx, w.unit}, query, args...) //nolint:contextcheck // it ends with ctx
}
