package db

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Option changes how a database is opened.
type Option func(*options)

type options struct {
	watch       slowWatch
	standby     string // the URL of a standby; "" for none
	standbyTold func(error)
}

// NoteSlow has note called for each statement that took longer than over, with the name of its query and none of its
// arguments. Statements that were sent together count as one, with all of their names.
func NoteSlow(over time.Duration, note func(query string, took time.Duration)) Option {
	return func(o *options) { o.watch.over, o.watch.note = over, note }
}

// Statement is a finished statement, or several that were sent together.
type Statement struct {
	Queries []string // their names, without arguments
	Start   time.Time
	Took    time.Duration // in the database, without the time spent on rows meanwhile
	Err     error
}

// NoteEach has note called for each finished statement, in the context of its unit.
func NoteEach(note func(ctx context.Context, s Statement)) Option {
	return func(o *options) { o.watch.each = note }
}

func optionsOf(all []Option) (o options) {
	for _, set := range all {
		set(&o)
	}
	o.watch.running = new(sync.Map)
	return o
}

// slowWatch watches for statements that took long. The zero value watches none.
type slowWatch struct {
	over    time.Duration
	note    func(query string, took time.Duration)
	each    func(ctx context.Context, s Statement)
	running *sync.Map // statements in progress, by connection
}

func (w slowWatch) on() bool { return w.note != nil || w.each != nil }

// since is called when statements have ended. A query that found no row has not failed.
func (w slowWatch) since(ctx context.Context, start time.Time, err error, statements ...string) {
	if w.on() {
		w.took(ctx, start, time.Since(start), err, statements...)
	}
}

// took is since with a measured duration.
func (w slowWatch) took(ctx context.Context, start time.Time, took time.Duration, err error, statements ...string) {
	slow := w.note != nil && took > w.over
	if !slow && w.each == nil {
		return
	}
	names := make([]string, len(statements))
	for i, s := range statements {
		names[i] = queryName(s)
	}
	if slow {
		w.note(strings.Join(names, ", "), took)
	}
	if w.each != nil {
		w.each(ctx, Statement{names, start, took, err})
	}
}

// queryName returns the name from the comment that sqlc begins each query with. Other queries go by their first word: no value
// that anybody sent may get into a log.
func queryName(statement string) string {
	if rest, ok := strings.CutPrefix(statement, "-- name: "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return name
	}
	word, _, _ := strings.Cut(strings.TrimSpace(statement), " ")
	return word
}

type began struct {
	ctx        context.Context //nolint:containedctx // of the statement, which ends in another call of the driver
	at         time.Time
	statements []string
}

// begin records when statements began. A connection runs one thing at a time.
func (w slowWatch) begin(ctx context.Context, c *pgx.Conn, statements ...string) {
	w.running.Store(c, began{ctx, time.Now(), statements})
}

func (w slowWatch) end(c *pgx.Conn, err error) {
	if v, ok := w.running.LoadAndDelete(c); ok {
		b := v.(began)
		w.since(b.ctx, b.at, err, b.statements...)
	}
}

// TraceQueryStart is called by the driver for PostgreSQL, as are the four below.
func (w slowWatch) TraceQueryStart(ctx context.Context, c *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	w.begin(ctx, c, data.SQL)
	return ctx
}

// TraceQueryEnd is called when the last row was read.
func (w slowWatch) TraceQueryEnd(_ context.Context, c *pgx.Conn, data pgx.TraceQueryEndData) {
	w.end(c, data.Err)
}

// TraceBatchStart begins a write, or what has been queued of it.
func (w slowWatch) TraceBatchStart(ctx context.Context, c *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	var statements []string
	for _, q := range data.Batch.QueuedQueries {
		statements = append(statements, q.SQL)
	}
	w.begin(ctx, c, statements...)
	return ctx
}

// TraceBatchQuery has nothing to add: the statements of a batch go out together.
func (w slowWatch) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd is called when all results were read.
func (w slowWatch) TraceBatchEnd(_ context.Context, c *pgx.Conn, data pgx.TraceBatchEndData) {
	w.end(c, data.Err)
}
