package db

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Option changes how a database is opened.
type Option func(*slowWatch)

// NoteSlow has note called for each statement that took longer than over, with the name of its query and nothing of what
// it was asked with. Statements that were sent together are one, by all of their names.
func NoteSlow(over time.Duration, note func(query string, took time.Duration)) Option {
	return func(w *slowWatch) { *w = slowWatch{over, note, new(sync.Map)} }
}

func slowOf(options []Option) (w slowWatch) {
	for _, o := range options {
		o(&w)
	}
	return w
}

// slowWatch looks for statements that take long. The zero value looks for none.
type slowWatch struct {
	over    time.Duration
	note    func(query string, took time.Duration)
	running *sync.Map // what began and has not ended, by the connection
}

func (w slowWatch) on() bool { return w.note != nil }

// since is called when statements have ended.
func (w slowWatch) since(start time.Time, statements ...string) {
	if !w.on() {
		return
	}
	w.took(time.Since(start), statements...)
}

// took is since for a time that was measured.
func (w slowWatch) took(took time.Duration, statements ...string) {
	if !w.on() || took <= w.over {
		return
	}
	var names []string
	for _, s := range statements {
		names = append(names, queryName(s))
	}
	w.note(strings.Join(names, ", "), took)
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
	at         time.Time
	statements []string
}

// begin notes when statements began. A connection runs one thing at a time.
func (w slowWatch) begin(c *pgx.Conn, statements ...string) {
	w.running.Store(c, began{time.Now(), statements})
}

func (w slowWatch) end(c *pgx.Conn) {
	if v, ok := w.running.LoadAndDelete(c); ok {
		b := v.(began)
		w.since(b.at, b.statements...)
	}
}

// TraceQueryStart is called by the driver for PostgreSQL, as are the four below.
func (w slowWatch) TraceQueryStart(ctx context.Context, c *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	w.begin(c, data.SQL)
	return ctx
}

// TraceQueryEnd comes when the last row was read.
func (w slowWatch) TraceQueryEnd(_ context.Context, c *pgx.Conn, _ pgx.TraceQueryEndData) { w.end(c) }

// TraceBatchStart begins a write, or what has been gathered of it.
func (w slowWatch) TraceBatchStart(ctx context.Context, c *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	var statements []string
	for _, q := range data.Batch.QueuedQueries {
		statements = append(statements, q.SQL)
	}
	w.begin(c, statements...)
	return ctx
}

// TraceBatchQuery has nothing to add: the statements of a batch go out together.
func (w slowWatch) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd comes when all results were read.
func (w slowWatch) TraceBatchEnd(_ context.Context, c *pgx.Conn, _ pgx.TraceBatchEndData) { w.end(c) }
