package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxQueued is how many statements may wait for the next round trip: a change of thousands of members takes several.
const maxQueued = 500

// queue runs the statements of a write on PostgreSQL. A statement that returns no rows waits until something is read or the write
// commits, so that a change costs one round trip to the server, including COMMIT, and not one per row. If one fails,
// the server runs none after it.
type queue struct {
	portable
	conn    *sql.Conn
	waiting []*queued
	failed  error // why a queued statement failed: later calls must fail with it
}

func newQueue(ctx context.Context, conn *sql.Conn) *queue {
	return &queue{portable: portable{conn, ctx}, conn: conn}
}

// queued is a statement, and its result when it has run.
type queued struct {
	*queue
	query string
	args  []any
	rows  int64
}

// LastInsertId is not supported: the database does not assign ids.
func (*queued) LastInsertId() (int64, error) { return 0, errors.ErrUnsupported }

// RowsAffected runs the statement, if it has not yet.
func (s *queued) RowsAffected() (int64, error) {
	err := s.flush()
	return s.rows, err
}

// ExecContext queues a statement.
func (q *queue) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	s := &queued{queue: q, query: query, args: args}
	if q.waiting = append(q.waiting, s); len(q.waiting) < maxQueued {
		return s, q.failed
	}
	return s, q.flush()
}

// PrepareContext prepares a statement, after those that wait.
func (q *queue) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := q.flush(); err != nil {
		return nil, err
	}
	return q.portable.PrepareContext(ctx, query)
}

// QueryContext runs a query, after the statements that wait.
func (q *queue) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := q.flush(); err != nil {
		return nil, err
	}
	return q.portable.QueryContext(ctx, query, args...)
}

// QueryRowContext runs a query for one row, after the statements that wait. If one of them fails, so does the query.
func (q *queue) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	_ = q.flush() // the error is kept in failed
	return q.portable.QueryRowContext(ctx, query, args...)
}

// flush runs the statements that wait, in one round trip.
func (q *queue) flush() error {
	if q.failed == nil && len(q.waiting) > 0 {
		q.failed = q.send(nil)
	}
	return q.failed
}

// commit runs the statements that wait and ends the transaction, in one round trip.
func (q *queue) commit() error {
	if q.failed != nil {
		return q.failed
	}
	return q.send(func(results pgx.BatchResults) error {
		tag, err := results.Exec()
		if err == nil && tag.String() != "COMMIT" { // a statement has failed: the server rolls back without an error
			err = pgx.ErrTxCommitRollback
		}
		return named("commit", err)
	})
}

// send sends the waiting statements, followed by COMMIT if end is not nil, which reads its result.
func (q *queue) send(end func(pgx.BatchResults) error) error {
	batch, sent := &pgx.Batch{}, q.waiting
	q.waiting = nil
	for _, s := range sent {
		batch.Queue(rebind(s.query), storable(s.args)...)
	}
	if end != nil {
		batch.Queue("COMMIT")
	}
	return q.conn.Raw(func(c any) error {
		results := c.(*stdlib.Conn).Conn().SendBatch(q.ctx, batch)
		err := readResults(results, sent)
		if err == nil && end != nil {
			err = end(results)
		}
		if closed := results.Close(); err == nil {
			err = closed
		}
		return err
	})
}

// readResults stops at the first failed statement.
func readResults(results pgx.BatchResults, sent []*queued) error {
	for _, s := range sent {
		tag, err := results.Exec()
		if err != nil {
			return named(nameOf(s.query), err)
		}
		s.rows = tag.RowsAffected()
	}
	return nil
}

// nameOf returns the name of a query from queries/*.sql; of any other, its first word.
func nameOf(query string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(query, "-- name: "), " ")
	return name
}
