package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// schemaLock is an advisory lock, as its two keys. Sessions that use the schema share it as long as they live, and
// whoever changes the schema holds it exclusively. So a server never works with a schema that it does not know.
const schemaLock = "1919904869, 1"

// evictTime is how long the sessions of other servers may take to end. They are told to, so it takes milliseconds.
const evictTime = 30 * time.Second

// SchemaError means that a database has a schema other than the one that the program works with.
type SchemaError struct{ Stored, Known int64 }

func (e *SchemaError) Error() string {
	if e.Stored < e.Known {
		return fmt.Sprintf("its schema is %d now, this program has brought it to %d: start it again", e.Stored, e.Known)
	}
	return fmt.Sprintf("its schema is %d, this program knows %d: run a newer version of it", e.Stored, e.Known)
}

// isSchemaError reports whether a server of an older version was told to stop.
func isSchemaError(err error) bool {
	_, other := errors.AsType[*SchemaError](err)
	return other
}

// fits lets a session work with the schema that the program knows, and refuses any other. It waits while the schema is being
// changed.
func (p *postgres) fits(ctx context.Context, c *pgx.Conn) error {
	known := p.schema.Load()
	if known == 0 { // this session will check or change the schema
		return nil
	}
	// Two statements in one message could see the state before the wait.
	if _, err := c.PgConn().Exec(ctx, "SELECT pg_advisory_lock_shared("+schemaLock+")").ReadAll(); err != nil {
		return err
	}
	results, err := c.PgConn().Exec(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").ReadAll()
	if err != nil {
		return err
	}
	stored, err := strconv.ParseInt(string(results[0].Rows[0][0]), 10, 64)
	if err == nil && stored != known {
		err = &SchemaError{stored, known}
	}
	return err
}

// anySession accepts every session, for programs that only read.
func anySession(context.Context, *pgx.Conn) error { return nil }

// settle makes all sessions from now on require this version of the schema. It closes those that checked it before.
func (p *postgres) settle(known int64) {
	p.schema.Store(known)
	p.writers.SetMaxIdleConns(0)
	p.writers.SetMaxIdleConns(maxWriters)
}

// upgrade brings the schema to the version known, while no server works with it. Of several that start together, one does it
// and the others wait.
func (p *postgres) upgrade(ctx context.Context, m *goose.Provider, known int64) (err error) {
	turn, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120), lock.WithUnlockTimeout(1, 10))
	if err != nil {
		return err
	}
	conn, err := p.writers.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // returns it to the pool
	if err := turn.SessionLock(ctx, conn); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, turn.SessionUnlock(context.WithoutCancel(ctx), conn)) }()
	switch stored, err := serverSchema(ctx, p.writers); {
	case err != nil || stored == known:
		return err
	case stored > known: // a newer version was faster
		return &SchemaError{stored, known}
	}
	if err := p.evict(ctx, conn); err != nil {
		return fmt.Errorf("end the sessions of servers of an older version: %w", err)
	}
	_, err = m.Up(ctx)
	_, unlocking := ask(context.WithoutCancel(ctx), conn, "SELECT pg_advisory_unlock("+schemaLock+")")
	return errors.Join(err, unlocking)
}

// evict takes the schema lock for conn. It queues for the lock, so that no new session gets it, and ends the sessions that
// hold it.
func (p *postgres) evict(ctx context.Context, conn *sql.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, evictTime)
	defer cancel()
	got := make(chan error, 1)
	go func() {
		_, err := ask(ctx, conn, "SET lock_timeout = 0; SELECT pg_advisory_lock("+schemaLock+"); SET lock_timeout = "+milliseconds(lockTimeout))
		got <- err
	}()
	for {
		_, err := p.writers.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (`+schemaLock+`, 2)
			AND mode = 'ShareLock' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
		if err != nil {
			cancel()
			return errors.Join(err, <-got)
		}
		select {
		case err := <-got:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// serverSchema returns the version of the schema of a server, 0 if there is none.
func serverSchema(ctx context.Context, c *sql.DB) (stored int64, err error) {
	var ours bool
	err = c.QueryRowContext(ctx, "SELECT max(version_id), to_regclass('audit_logs') IS NOT NULL FROM goose_db_version WHERE is_applied").Scan(&stored, &ours)
	switch {
	case hasState(err, undefinedTable):
		return 0, nil
	case err == nil && stored > 0 && !ours:
		return 0, errors.New("it is the database of another program")
	}
	return stored, err
}

func schemaOfServer(ctx context.Context, url string) (stored, current int64, err error) {
	config, err := parseServer(url)
	if err != nil {
		return 0, 0, err
	}
	if current, err = known("postgres"); err != nil {
		return 0, 0, err
	}
	c := pool(config, 1, anySession)
	if stored, err = serverSchema(ctx, c); err != nil {
		err = explainServer(config, err)
	}
	return stored, current, errors.Join(err, c.Close())
}
