package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Limits of one replica. PostgreSQL accepts 100 connections by default: enough for five replicas.
const (
	maxReaders = 16
	// Of these, this many may be used by snapshots, which lists are read in: when a table is slow, the others remain for
	// sessions and small reads.
	maxSnapshots = 12
	// Writes in one scope run one after another, over all replicas. More connections than this do not speed them up: the
	// server makes what 16 have written durable at once.
	maxWriters = 16

	connectTimeout   = 5 * time.Second
	statementTimeout = 30 * time.Second
	lockTimeout      = 10 * time.Second
	writeTimeout     = time.Minute     // for a whole write, if the server vanished silently
	idleTransaction  = 5 * time.Second // a replica that hangs in a write must not block the others
	idleSnapshot     = 3 * time.Minute // a list on its way to a slow client
	maxAttempts      = 10
)

// postgres is the engine over a PostgreSQL server, which replicas of this program share.
type postgres struct {
	queries *Queries // on the readers
	readers *sql.DB
	writers *sql.DB
	probe   *sql.DB       // the one connection that Ping uses: a busy server must not be taken for dead
	ears    *sql.DB       // the connection that listens for commits
	turns   chan struct{} // turns for snapshots
	writes  atomic.Int64
	commits atomic.Int64
	waiting atomic.Int64
	waits   waits        // for turns
	standby *standby     // nil: none
	schema  atomic.Int64 // the version that sessions must find; 0 until the schema is up to date
}

func openPostgres(ctx context.Context, url string, anySchema bool, o options) (*DB, error) {
	config, err := parseServer(url)
	if err != nil {
		return nil, err
	}
	if o.watch.on() {
		config.Tracer = o.watch
	}
	p := &postgres{}
	p.writers = pool(config, maxWriters, p.fits)
	reading := config.Copy()
	reading.RuntimeParams["default_transaction_read_only"] = "on"
	reading.RuntimeParams["idle_in_transaction_session_timeout"] = milliseconds(idleSnapshot)
	p.readers = pool(reading, maxReaders, p.fits)
	p.probe, p.ears = pool(reading, 1, p.fits), pool(reading, 1, p.fits)
	p.turns = make(chan struct{}, maxSnapshots)
	p.queries = New(portable{DBTX: p.readers})
	if o.standby != "" {
		if p.standby, err = openStandby(o.standby, o.watch, o.standbyTold); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	err = ownSessions(ctx, p.writers)
	if err == nil {
		err = p.migrate(ctx, anySchema)
	}
	if err != nil {
		return nil, errors.Join(explainServer(config, err), p.Close())
	}
	return &DB{reads{p.queries}, p, o.watch.each != nil, new(atomic.Bool)}, nil
}

// CheckURL reports what is wrong with the URL of a server, without quoting it: it may contain a password.
func CheckURL(url string) error {
	_, err := parseServer(url)
	return err
}

func parseServer(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("this is not a URL like postgres://rolecall@db.example.com/rolecall?sslmode=verify-full, " +
			"or names files that are not there; in a password, / is written %2F, and likewise : ? # @ and %")
	}
	config.ConnectTimeout = connectTimeout
	// Keep-alives detect a server that vanished silently.
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}).DialContext
	// A standby cannot be written to, and must not be read here either: its data is old.
	config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "rolecall"
	}
	maps.Copy(config.RuntimeParams, map[string]string{
		"timezone":                            "UTC",
		"statement_timeout":                   milliseconds(statementTimeout),
		"lock_timeout":                        milliseconds(lockTimeout),
		"idle_in_transaction_session_timeout": milliseconds(idleTransaction),
		// Otherwise it compiles queries over many rows for up to a second, which run for less than a tenth of that.
		"jit": "off",
	})
	return config, nil
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// pool opens connections as needed, each of which begin must accept.
func pool(config *pgx.ConnConfig, limit int, begin func(context.Context, *pgx.Conn) error) *sql.DB {
	startup, settings := sessionSettings(config)
	broke := &hangUp{}
	startup.DialFunc = broke.watch(startup.DialFunc)
	d := stdlib.OpenDB(*startup, stdlib.OptionShouldPing(broke.shouldPing), stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		if _, err := c.PgConn().Exec(ctx, settings).ReadAll(); err != nil {
			return err
		}
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		err := begin(ctx, c)
		if err != nil {
			_ = c.Close(ctx) // the library leaves this to us
		}
		return err
	}))
	d.SetMaxOpenConns(limit)
	d.SetMaxIdleConns(limit)
	d.SetConnMaxIdleTime(5 * time.Minute)
	return d
}

// migrate brings the schema up to date. Of replicas that start together, one does it and the others wait.
func (p *postgres) migrate(ctx context.Context, anySchema bool) error {
	var encoding string
	if err := p.writers.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database is encoded in %s: make one with ENCODING 'UTF8'", encoding)
	}
	files, err := fs.Sub(migrations, "migrations/postgres")
	if err != nil {
		return err
	}
	m, err := goose.NewProvider(goose.DialectPostgres, p.writers, files)
	if err != nil {
		return err
	}
	current, err := known("postgres")
	if err != nil {
		return err
	}
	stored, err := serverSchema(ctx, p.writers)
	switch {
	case err != nil:
		return err
	case stored > current:
		return &SchemaError{stored, current}
	case stored > 0 && !anySchema:
		if err := sameSchema(ctx, p.writers, "postgres", "the database", stored); err != nil {
			if now, _ := serverSchema(ctx, p.writers); now != stored { // another replica has upgraded it meanwhile
				return p.migrate(ctx, anySchema)
			}
			return err
		}
	}
	if stored < current {
		err = p.upgrade(ctx, m, current)
	}
	if err == nil {
		p.settle(current)
	}
	return err
}

// WriteIn runs fn again if it collided with another write.
func (p *postgres) WriteIn(ctx context.Context, scope Scope, fn func(q *Queries, head *Revision) error) error {
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for attempt := 1; ; attempt++ {
		err := p.write(ctx, scope, fn)
		if attempt == maxAttempts || !hasState(err, serializationFailure, deadlockDetected) || ctx.Err() != nil {
			return err
		}
		time.Sleep(rand.N(time.Duration(attempt) * 10 * time.Millisecond))
	}
}

// Fill is a write like any other: the server maintains its indexes fast enough.
func (p *postgres) Fill(ctx context.Context, fn func(q *Queries) error) error {
	return p.WriteIn(ctx, OnSite, func(q *Queries, _ *Revision) error { return fn(q) })
}

// Read begins a read-only transaction, which keeps the snapshot of its first query.
func (p *postgres) Read(ctx context.Context, fn func(q *Queries) error) error {
	if err := p.turn(ctx); err != nil {
		return err
	}
	defer func() { <-p.turns }()
	tx, err := p.readers.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written, so nothing is lost
	return fn(New(portable{DBTX: tx}))
}

// Version is unknown: the server would have to be asked.
func (p *postgres) Version() (v Version, ok bool) { return v, false }

// Ping uses a connection of its own.
func (p *postgres) Ping(ctx context.Context) error { return p.probe.PingContext(ctx) }

// WriteStats counts transactions of this replica.
func (p *postgres) WriteStats() (writes, commits int64) { return p.writes.Load(), p.commits.Load() }

// Waiting counts the writes of this replica.
func (p *postgres) Waiting() int64 { return p.waiting.Load() }

// Err is nil: what a server refuses now, it may accept after a restart, or its successor may.
func (p *postgres) Err() error { return nil }

// Size asks the server.
func (p *postgres) Size(ctx context.Context) (n int64, err error) {
	err = p.readers.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&n)
	return n, err
}

// Close waits for the current writes and closes the connections.
func (p *postgres) Close() error {
	var errs []error
	pools := []*sql.DB{p.readers, p.writers, p.probe, p.ears}
	if p.standby != nil {
		pools = append(pools, p.standby.pool)
	}
	for _, pool := range pools {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Describe returns the program's name for a database: its place, without a password.
func Describe(place string) string {
	if !IsServer(place) {
		return place
	}
	c, err := parseServer(place)
	if err != nil {
		return "postgres"
	}
	return describe(c)
}

func describe(c *pgx.ConnConfig) string {
	hosts := []string{fmt.Sprintf("%s:%d", c.Host, c.Port)}
	for _, f := range c.Fallbacks { // another host, or the same without TLS
		if host := fmt.Sprintf("%s:%d", f.Host, f.Port); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return "postgres://" + strings.Join(hosts, ",") + "/" + c.Database
}
