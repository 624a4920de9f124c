package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A hot standby has what the primary had a moment ago. A read for it first asks the primary how far its log goes,
// and begins when the standby has got that far: so it sees every write that was acknowledged before it began, by any
// server, as a read of the primary does. If the standby does not catch up in a moment, or is no standby of this
// primary, the primary answers.

const (
	standbyPatience = 100 * time.Millisecond // how long a read waits for the standby to catch up
	standbyRest     = time.Second            // how long all reads go to the primary after one could not go to the standby
)

// ReadFrom makes ViewAside read from a hot standby at a URL. told is called with the reason when it becomes unusable, or the
// reason changes, and with nil when it is used again.
func ReadFrom(url string, told func(error)) Option {
	return func(o *options) { o.standby, o.standbyTold = url, told }
}

// StandbyStats counts the reads that a standby may answer, since the database was opened.
type StandbyStats struct {
	Read   int64 // answered by the standby
	Behind int64 // by the primary, since the standby was too far behind
	Failed int64 // by the primary, since the standby could not be used, or failed while it answered
	Rested int64 // by the primary, shortly after one of these, or since all connections to the standby were busy
	Usable bool
}

// standby is a hot standby that answers reads.
type standby struct {
	pool *sql.DB
	told func(error)

	trying sync.Mutex // held by the one read that retries an unusable standby
	usable atomic.Bool
	rests  atomic.Int64 // no read uses the standby before this time, in nanoseconds since 1970
	reason atomic.Value // the last reported reason why it can't be used, "" while it can

	read, behind, failed, rested atomic.Int64
}

var (
	errBehind   = errors.New("it is behind the primary")
	errPromoted = errors.New("it is no standby: it takes writes itself")
	errStranger = errors.New("it is not a standby of this database")
	errTimeline = errors.New("it does not follow the primary that is in use: after a failover that takes until its next restartpoint")
	errStandby  = errors.New("the standby failed")
)

// StandbyFailed reports whether a read failed because the standby did. The same read then goes to the primary.
func StandbyFailed(err error) bool { return errors.Is(err, errStandby) }

func openStandby(url string, watch slowWatch, told func(error)) (*standby, error) {
	config, err := parseServer(url)
	if err != nil {
		return nil, err
	}
	config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsStandby
	config.ConnectTimeout = standbyRest
	config.RuntimeParams["idle_in_transaction_session_timeout"] = milliseconds(idleSnapshot)
	if watch.on() {
		config.Tracer = watch
	}
	return &standby{pool: pool(config, maxSnapshots, anySession), told: told}, nil
}

// logPosition is how far the log of the primary goes, and which log it is.
type logPosition struct {
	lsn, system string
	timeline    int32
}

// position is read after everything that was acknowledged. That is flushed, unless the server is configured otherwise.
const position = `SELECT CASE WHEN current_setting('synchronous_commit') = 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END::text,
	(SELECT system_identifier::text FROM pg_control_system()), ('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int`

// reached compares a standby with a position. Its timeline is that of its last restartpoint, so it never names one that the
// standby has not followed yet.
const reached = `SELECT pg_is_in_recovery(), coalesce(pg_last_wal_replay_lsn() >= CAST($1::text AS pg_lsn), false),
	(SELECT system_identifier::text FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint())`

// beginAside begins a snapshot and returns the schema version in it: no lock keeps a newer program from changing it.
const beginAside = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT max(version_id) FROM goose_db_version WHERE is_applied"

// view runs fn on a snapshot of the standby that has this version of the schema. done is false if fn did not run, and the
// primary must be asked.
func (s *standby) view(ctx context.Context, primary *sql.DB, schema int64, fn func(q *Queries) error) (done bool, err error) {
	conn, ok := s.take(ctx, primary)
	if !ok {
		return false, nil
	}
	defer func() { _ = conn.Close() }()    // returns it to the pool
	defer func() { rollBack(ctx, conn) }() // nothing was written, so nothing is lost
	found, err := ask(ctx, conn, beginAside)
	if stored, _ := strconv.ParseInt(found, 10, 64); err == nil && stored != schema {
		err = &SchemaError{stored, schema}
	}
	if err != nil {
		s.rest(ctx, &s.failed, err)
		return false, nil
	}
	s.read.Add(1)
	err = fn(New(portable{DBTX: conn}))
	if err != nil && ctx.Err() == nil && serverFailed(err) { // it stopped, or cancelled a query that blocked its replay
		s.rest(ctx, &s.failed, err)
		err = fmt.Errorf("%w: %w", errStandby, err)
	}
	return true, err
}

// take returns a connection to a standby that has caught up with the primary.
func (s *standby) take(ctx context.Context, primary *sql.DB) (conn *sql.Conn, ok bool) {
	// If all of its connections are busy, the primary helps.
	if time.Now().UnixNano() < s.rests.Load() || s.pool.Stats().InUse >= maxSnapshots {
		s.rested.Add(1)
		return nil, false
	}
	again := !s.usable.Load()
	if again {
		if !s.trying.TryLock() { // another read finds out
			s.rested.Add(1)
			return nil, false
		}
		defer s.trying.Unlock()
	}
	var p logPosition
	if err := primary.QueryRowContext(ctx, position).Scan(&p.lsn, &p.system, &p.timeline); err != nil {
		return nil, false // an error of the primary says nothing about the standby
	}
	soon, cancel := context.WithTimeout(ctx, standbyRest) // a hanging standby never answers
	defer cancel()
	if again {
		if err := ownSessions(soon, s.pool); err != nil {
			s.rest(ctx, &s.failed, err)
			return nil, false
		}
	}
	conn, err := s.pool.Conn(soon)
	if err != nil {
		s.rest(ctx, &s.failed, err)
		return nil, false
	}
	switch err := s.await(soon, conn, p); {
	case errors.Is(err, errBehind):
		s.rest(ctx, &s.behind, err)
	case err != nil:
		drop(conn) // the next connection may be to another host
		s.rest(ctx, &s.failed, err)
	default:
		s.up()
		return conn, true
	}
	_ = conn.Close()
	return nil, false
}

// await waits until a standby has replayed the log up to a position. It asks in a statement of its own: a snapshot begun
// before would be older.
func (s *standby) await(ctx context.Context, conn *sql.Conn, p logPosition) error {
	begun := time.Now()
	for wait := time.Millisecond; ; wait *= 2 {
		var recovers, has bool
		var system string
		var timeline int32
		if err := conn.QueryRowContext(ctx, reached, p.lsn).Scan(&recovers, &has, &system, &timeline); err != nil {
			return err
		}
		switch {
		case !recovers:
			return errPromoted
		case system != p.system:
			return errStranger
		case timeline != p.timeline:
			return errTimeline
		case has:
			return nil
		case time.Since(begun)+wait > standbyPatience:
			return errBehind
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rest sends reads to the primary for a while. A caller that went away says nothing about the standby.
func (s *standby) rest(ctx context.Context, count *atomic.Int64, err error) {
	count.Add(1)
	if ctx.Err() != nil {
		return
	}
	s.rests.Store(time.Now().Add(standbyRest).UnixNano())
	s.usable.Store(false)
	if before, _ := s.reason.Swap(err.Error()).(string); before != err.Error() && s.told != nil {
		s.told(err)
	}
}

func (s *standby) up() {
	s.usable.Store(true)
	if before, _ := s.reason.Swap("").(string); before != "" && s.told != nil {
		s.told(nil)
	}
}

// drop closes a connection instead of keeping it.
func drop(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

// ReadAside is Read on the standby, if there is one that can be used.
func (p *postgres) ReadAside(ctx context.Context, fn func(q *Queries) error) error {
	if p.standby != nil {
		if done, err := p.standby.view(ctx, p.readers, p.schema.Load(), fn); done {
			return err
		}
	}
	return p.Read(ctx, fn)
}

// ReadAside is Read: a file has no standby.
func (f *file) ReadAside(ctx context.Context, fn func(q *Queries) error) error {
	return f.Read(ctx, fn)
}

// Standby returns the counts of reads that a standby may answer. ok is false if there is none.
func (d *DB) Standby() (stats StandbyStats, ok bool) {
	p, ok := d.engine.(*postgres)
	if !ok || p.standby == nil {
		return stats, false
	}
	s := p.standby
	return StandbyStats{s.read.Load(), s.behind.Load(), s.failed.Load(), s.rested.Load(), s.usable.Load()}, true
}

// StandbyLag is by how many bytes of its log the standby is behind the primary.
func (d *DB) StandbyLag(ctx context.Context) (bytes int64, err error) {
	p, ok := d.engine.(*postgres)
	if !ok || p.standby == nil {
		return 0, errors.New("there is no standby")
	}
	var at string
	if err := p.readers.QueryRowContext(ctx, "SELECT pg_current_wal_flush_lsn()::text").Scan(&at); err != nil {
		return 0, err
	}
	err = p.standby.pool.QueryRowContext(ctx, "SELECT greatest(0, pg_wal_lsn_diff(CAST($1::text AS pg_lsn), pg_last_wal_replay_lsn()))::bigint", at).Scan(&bytes)
	return bytes, err
}
