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
	standby     string // the URL of one; "" for none
	standbyTold func(error)
}

// NoteSlow has note called for each statement that took longer than over, with the name of its query and nothing of what
// it was asked with. Statements that were sent together are one, by all of their names.
func NoteSlow(over time.Duration, note func(query string, took time.Duration)) Option {
	return func(o *options) { o.watch.over, o.watch.note = over, note }
}

// Statement is one that has ended, or several that were sent together.
type Statement struct {
	Queries []string // their names, and nothing of what they were asked with
	Start   time.Time
	Took    time.Duration // in the database: what is done with rows meanwhile does not count
	Err     error
}

// NoteEach has note called for each statement when it has ended, in the context of the unit that it belongs to.
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

// slowWatch looks at statements that have ended, for those that took long. The zero value looks at none.
type slowWatch struct {
	over    time.Duration
	note    func(query string, took time.Duration)
	each    func(ctx context.Context, s Statement)
	running *sync.Map // what began and has not ended, by the connection
}

func (w slowWatch) on() bool { return w.note != nil || w.each != nil }

// since is called when statements have ended. The error of one that found no row is none.
func (w slowWatch) since(ctx context.Context, start time.Time, err error, statements ...string) {
	if w.on() {
		w.took(ctx, start, time.Since(start), err, statements...)
	}
}

// took is since for a time that was measured.
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

// queryName takes the name out of the comment that sqlc begins each query with. Others go by their first word: no value
// that somebody sent may come into a log.
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

// begin notes when statements began. A connection runs one thing at a time.
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

// TraceQueryEnd comes when the last row was read.
func (w slowWatch) TraceQueryEnd(_ context.Context, c *pgx.Conn, data pgx.TraceQueryEndData) {
	w.end(c, data.Err)
}

// TraceBatchStart begins a write, or what has been gathered of it.
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

// TraceBatchEnd comes when all results were read.
func (w slowWatch) TraceBatchEnd(_ context.Context, c *pgx.Conn, data pgx.TraceBatchEndData) {
	w.end(c, data.Err)
}
