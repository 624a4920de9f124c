package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"
)

// What a write on PostgreSQL is known to read goes to the server together with the statement that locks its scope, and is
// read after that. While a write waits for an answer, so do all others of its scope: what it would ask one after the other,
// it has when it begins. The generated functions ask as ever. Of announced they ask what is to be sent, and what they are
// given then is empty; of queue they get what was sent.

// foreseen is a query that goes out ahead, and its answer.
type foreseen struct {
	query   string
	args    []any
	columns []string
	rows    [][]driver.Value
}

// announced notes queries, and answers that nothing is there.
type announced struct{ list []*foreseen }

// foresee is the queries that ahead asks.
func foresee(ahead func(q *Queries)) []*foreseen {
	a := &announced{}
	if ahead != nil {
		ahead(New(a))
	}
	return a.list
}

// ExecContext does nothing: who announces reads.
func (*announced) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, errors.ErrUnsupported
}

// PrepareContext does nothing.
func (*announced) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, errors.ErrUnsupported
}

// QueryContext notes a query.
func (a *announced) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	a.list = append(a.list, &foreseen{query: query, args: args})
	return answers.QueryContext(ctx, query, &foreseen{})
}

// QueryRowContext notes a query for one row.
func (a *announced) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	a.list = append(a.list, &foreseen{query: query, args: args})
	return answers.QueryRowContext(ctx, query, &foreseen{})
}

// send puts the query into a batch.
func (f *foreseen) send(b *pgx.Batch) {
	b.Queue(rebind(f.query), storable(f.args)...).Query(func(rows pgx.Rows) error {
		for _, d := range rows.FieldDescriptions() {
			f.columns = append(f.columns, d.Name)
		}
		for rows.Next() {
			row, err := rows.Values()
			if err != nil {
				return err
			}
			values := make([]driver.Value, len(row))
			for i := range row {
				if values[i], err = storedValue(row[i]); err != nil {
					return named(nameOf(f.query), err)
				}
			}
			f.rows = append(f.rows, values)
		}
		return named(nameOf(f.query), rows.Err())
	})
}

// storedValue is a value as database/sql takes it from a driver.
func storedValue(v any) (driver.Value, error) {
	switch v := v.(type) {
	case int32:
		return int64(v), nil
	case [16]byte: // a uuid
		return v[:], nil
	}
	if !driver.IsValue(v) {
		return nil, fmt.Errorf("a %T cannot be read ahead", v)
	}
	return v, nil
}

// take takes the answer to a query out of a list, nil if it is not there.
func take(list *[]*foreseen, query string, args []any) *foreseen {
	i := slices.IndexFunc(*list, func(f *foreseen) bool { return f.query == query && reflect.DeepEqual(f.args, args) })
	if i < 0 {
		return nil
	}
	f := (*list)[i]
	*list = slices.Delete(*list, i, i+1)
	return f
}

// answers is a database that answers each query with the rows of its argument. There is no other way to a sql.Rows, which
// is what the generated functions read.
var answers = sql.OpenDB(replay{})

type replay struct{}

// Connect gives the same connection to everybody: it has no state.
func (r replay) Connect(context.Context) (driver.Conn, error) { return r, nil }

// Driver is the one that the connection is of.
func (r replay) Driver() driver.Driver { return r }

// Open is Connect.
func (r replay) Open(string) (driver.Conn, error) { return r, nil }

// Prepare is never asked for.
func (replay) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }

// Begin is never asked for.
func (replay) Begin() (driver.Tx, error) { return nil, errors.ErrUnsupported }

// Close has nothing to close.
func (replay) Close() error { return nil }

// CheckNamedValue lets the answer through.
func (replay) CheckNamedValue(*driver.NamedValue) error { return nil }

// QueryContext gives the rows of its argument.
func (replay) QueryContext(_ context.Context, _ string, args []driver.NamedValue) (driver.Rows, error) {
	f, ok := args[0].Value.(*foreseen)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return &replayed{*f}, nil
}

// replayed walks over the rows of an answer.
type replayed struct{ foreseen }

// Columns is what they are called.
func (r *replayed) Columns() []string { return r.columns }

// Close has nothing to close.
func (r *replayed) Close() error { return nil }

// Next gives the next row.
func (r *replayed) Next(to []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(to, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}
