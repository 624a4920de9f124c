package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// A write takes one lock, in its first statement: the row of its scope or, for the site, the whole table, which waits for all
// other writes to end. All its reads come after that, and each of its statements sees what is committed at that
// moment. What a write of an organization bases its decision on stays as it is until it ends: the row protects the organization;
// the table, which locking a row protects as well, protects the accounts and the site.
const (
	lockRow   = "SELECT organization_id, value, roles, audit_seq, audit_hash, catalog FROM revisions WHERE organization_id = $1 FOR NO KEY UPDATE"
	lockTable = "LOCK TABLE revisions IN EXCLUSIVE MODE"
	readRow   = "SELECT organization_id, value, roles, audit_seq, audit_hash, catalog FROM revisions WHERE organization_id = $1"
)

// endTimeout is how long a failed transaction may take to end. After that its connection is dropped.
const endTimeout = 5 * time.Second

func (p *postgres) write(ctx context.Context, scope Scope, fn func(q *Queries, head *Revision) error) (err error) {
	conn, head, err := p.begin(ctx, scope)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // returns it to the pool
	// From here on the outcome counts, even if the caller stops waiting.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	defer func() {
		if err != nil {
			rollBack(ctx, conn)
		}
	}()
	p.writes.Add(1)
	statements := newQueue(ctx, conn)
	err = call(func(q *Queries) error { return fn(q, head) }, New(statements))
	if statements.failed != nil { // the error of fn no longer matters
		err = statements.failed
	}
	if err != nil {
		return err
	}
	if err := statements.commit(); err != nil {
		return err
	}
	p.commits.Add(1)
	return nil
}

// begin takes a connection and begins a transaction on it, which locks its scope. After the server was away, the pool has
// dead connections, which shows when they are used: the next one is tried, as nothing was written yet.
func (p *postgres) begin(ctx context.Context, scope Scope) (conn *sql.Conn, head *Revision, err error) {
	for range maxWriters + 1 { // the last one is new
		conn, err = p.writers.Conn(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("begin transaction: %w", err)
		}
		waits, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
		head, err = lockScope(waits, conn, scope)
		late := waits.Err() != nil
		cancel()
		if err == nil {
			return conn, head, nil
		}
		alive := rollBack(ctx, conn)
		_ = conn.Close()
		if alive || late {
			break
		}
	}
	return nil, nil, fmt.Errorf("wait for other writes: %w", err)
}

// lockScope begins a transaction and locks its scope, in one round trip. It returns the row of the scope, a zero one if it
// is missing.
func lockScope(ctx context.Context, conn *sql.Conn, scope Scope) (head *Revision, err error) {
	head = &Revision{}
	err = conn.Raw(func(c any) error {
		b := &pgx.Batch{}
		b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
		row := lockRow
		switch {
		case scope.Nowhere():
			row = readRow
		case scope.Everything():
			b.Queue(lockTable)
			row = readRow
		}
		id := scope.Organization()
		if scope.Nowhere() {
			id = uuid.Max // which does not exist
		}
		b.Queue(row, id.String()).QueryRow(func(r pgx.Row) error {
			var id pgtype.UUID
			err := r.Scan(&id, &head.Value, &head.Roles, &head.AuditSeq, &head.AuditHash, &head.Catalog)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			head.OrganizationID = id.Bytes
			return err
		})
		return c.(*stdlib.Conn).Conn().SendBatch(ctx, b).Close()
	})
	return head, err
}

// rollBack ends a failed transaction. It drops a connection that cannot do that, which is then not alive.
func rollBack(ctx context.Context, conn *sql.Conn) (alive bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	err := conn.Raw(func(c any) error {
		one := c.(*stdlib.Conn).Conn()
		if one.IsClosed() {
			return driver.ErrBadConn
		}
		_, err := one.Exec(ctx, "ROLLBACK")
		if err != nil || one.PgConn().TxStatus() != 'I' {
			return driver.ErrBadConn
		}
		return nil
	})
	return err == nil
}
