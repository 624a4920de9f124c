package db

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Portable lets queries with the placeholders of SQLite run on a connection to PostgreSQL.
func Portable(c DBTX) DBTX { return portable{DBTX: c} }

// portable lets the generated queries run on PostgreSQL: they are written with the placeholders of SQLite.
type portable struct {
	DBTX
	// ctx, if set, is that of the transaction, and ends a statement instead of the caller's: an interrupted statement
	// ends the transaction with it, and a caller who stops waiting must not undo a change half-way.
	ctx context.Context //nolint:containedctx // see above: it is of the transaction, not of the call
}

func (p portable) within(ctx context.Context) context.Context {
	if p.ctx != nil {
		return p.ctx
	}
	return ctx
}

// ExecContext runs a statement.
func (p portable) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.DBTX.ExecContext(p.within(ctx), rebind(query), storable(args)...)
}

// PrepareContext prepares a statement.
func (p portable) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return p.DBTX.PrepareContext(p.within(ctx), rebind(query))
}

// QueryContext runs a query.
func (p portable) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.DBTX.QueryContext(p.within(ctx), rebind(query), storable(args)...)
}

// QueryRowContext runs a query for one row.
func (p portable) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.DBTX.QueryRowContext(p.within(ctx), rebind(query), storable(args)...)
}

// storable replaces texts that PostgreSQL refuses, because they are not UTF-8 or contain a zero byte, with ones that it accepts:
// people search for anything. What is stored was checked earlier.
func storable(args []any) []any {
	var out []any
	for i, arg := range args {
		s, ok := arg.(string)
		if !ok || utf8.ValidString(s) && !strings.Contains(s, "\x00") {
			continue
		}
		if out == nil {
			out = slices.Clone(args)
		}
		out[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	}
	if out == nil {
		return args
	}
	return out
}

// Placeholders, and whatever can contain a question mark that is not one: comments and quoted text.
var placeholders = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/|'[^']*'|"[^"]*"|\?\d*`)

// rebound caches queries as PostgreSQL reads them. Queries with lists of values are not cached: each
// length of a list makes a different query.
var rebound sync.Map

// rebind rewrites placeholders for PostgreSQL: ?2 becomes $2, and a bare ? gets the number after the highest so far.
func rebind(query string) string {
	if known, ok := rebound.Load(query); ok {
		return known.(string)
	}
	highest, listed := 0, 0
	text := placeholders.ReplaceAllStringFunc(query, func(part string) string {
		number, ok := strings.CutPrefix(part, "?")
		if !ok {
			return part
		}
		n, err := strconv.Atoi(number)
		if err != nil { // not a number
			n = highest + 1
			listed++
		}
		highest = max(highest, n)
		return "$" + strconv.Itoa(n)
	})
	if listed <= 1 {
		rebound.Store(query, text)
	}
	return text
}
