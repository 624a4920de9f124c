package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Copied is what Copy moved: how many rows of each table.
type Copied map[string]int64

// Copy copies what the SQLite file at path holds to the database at url, whose tables must be empty, in one transaction:
// completely or not at all. Every row is read back and compared before it commits. progress is called from time to time with the
// number of rows done; there are twice as many as the file has, since each is written and compared.
func Copy(ctx context.Context, path, url string, progress func(done, total int64)) (copied Copied, err error) {
	r, err := Inspect(ctx, path, true)
	switch {
	case err != nil:
		return nil, err
	case r.Schema != r.Known:
		return nil, fmt.Errorf("%s has schema %d, this program works with %d: start the server of this version on it first", path, r.Schema, r.Known)
	case len(r.Findings) > 0:
		return nil, fmt.Errorf("%s is damaged: %s", path, r.Findings[0])
	}
	from, err := sql.Open("sqlite", plainDSN(path, "query_only(1)"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	d, err := openPostgres(ctx, url, false, options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	conn, err := d.engine.(*postgres).writers.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	source, err := from.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one snapshot
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Rollback() }()
	err = conn.Raw(func(c any) error {
		return pgx.BeginFunc(ctx, c.(*stdlib.Conn).Conn(), func(tx pgx.Tx) (err error) {
			m := move{ctx: ctx, from: source, to: tx, copied: Copied{}, progress: progress}
			for name, n := range r.Rows {
				if !slices.Contains(notCopied, name) {
					m.total += 2 * n
				}
			}
			copied, err = m.copied, m.run()
			return err
		})
	})
	return copied, err
}

// move is a copy in progress.
type move struct {
	ctx         context.Context //nolint:containedctx // one copy, made and dropped in one call
	from        *sql.Tx
	to          pgx.Tx
	copied      Copied
	done, total int64
	progress    func(done, total int64)
}

// table is a table to copy. serial is a column that numbers its rows, "" if there is none.
type table struct {
	name, serial string
	columns      []string
	truths       []bool // which of them are boolean: a file has numbers for that
	bytes        []bool // which of them are bytes, and not null: a file returns nil for empty ones
}

// seeds are the tables that are not empty in an empty database: the migration, or a server started on it, puts a row into
// each.
var seeds = []string{"audit_seal", "catalog_versions", "revisions", "user_counts"}

// notCopied are the tables of the feed, which starts over, and that of the migrations.
var notCopied = []string{"changes", "feeds", "goose_db_version"}

func (m *move) run() error {
	for _, statement := range []string{
		"LOCK TABLE revisions IN EXCLUSIVE MODE", // replicas that run already must not write
		"SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0",
	} {
		if _, err := m.to.Exec(m.ctx, statement); err != nil {
			return err
		}
	}
	tables, err := m.tables()
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := m.clear(t); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := m.table(t); err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}
	if err := m.raise(); err != nil {
		return err
	}
	_, err = m.to.Exec(m.ctx, "ANALYZE") // otherwise the server plans for empty tables until it does so by itself
	return err
}

// raise moves every revision above those already issued: a program that decides from a copy of the file's data must not
// take what the server has for older than its own. The feed of the server began when its tables were created, or later.
func (m *move) raise() error {
	var highest int64
	if err := m.from.QueryRowContext(m.ctx, "SELECT max(n) FROM (SELECT max(value) AS n FROM revisions UNION SELECT position FROM feed_positions)").Scan(&highest); err != nil {
		return err
	}
	floor := max(highest+1, time.Now().UnixMicro())
	if _, err := m.to.Exec(m.ctx, "UPDATE revisions SET value = $1, roles = $1", floor); err != nil {
		return err
	}
	_, err := m.to.Exec(m.ctx, "UPDATE feeds f SET base = f.base + greatest(0, $1 - p.position), floor = greatest(p.position, $1) FROM feed_positions p", floor)
	return err
}

// tables returns all of them in the order of their creation, in which references point to existing rows.
func (m *move) tables() (list []table, err error) {
	rows, err := m.to.Query(m.ctx, `SELECT t.relname::text, array_agg(a.attname::text ORDER BY a.attnum), array_agg(a.atttypid = 'bool'::regtype ORDER BY a.attnum),
			array_agg(a.atttypid = 'bytea'::regtype AND a.attnotnull ORDER BY a.attnum),
			coalesce(max(a.attname) FILTER (WHERE a.attidentity <> ''), '')::text
		FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND t.relname <> ALL($1)
		GROUP BY t.oid ORDER BY t.oid`, notCopied)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t table, err error) {
		return t, row.Scan(&t.name, &t.columns, &t.truths, &t.bytes, &t.serial)
	})
}

// clear makes sure that a table is empty, and turns off triggers whose effects are copied anyway.
func (m *move) clear(t table) error {
	seed := slices.Contains(seeds, t.name)
	var full bool
	if err := m.to.QueryRow(m.ctx, "SELECT EXISTS (SELECT 1 FROM "+t.name+")").Scan(&full); err != nil {
		return err
	}
	if full && !seed {
		return fmt.Errorf("there is something in %s already: a copy is made into an empty database", t.name)
	}
	if _, err := m.to.Exec(m.ctx, "ALTER TABLE "+t.name+" DISABLE TRIGGER USER"); err != nil || !seed {
		return err
	}
	_, err := m.to.Exec(m.ctx, "DELETE FROM "+t.name)
	return err
}

func (m *move) table(t table) error {
	columns := `"` + strings.Join(t.columns, `", "`) + `"`
	rows, err := m.from.QueryContext(m.ctx, `SELECT `+columns+` FROM "`+t.name+`"`) //nolint:gosec,sqlclosecheck // names of columns and tables are those of the program; rows are closed below, in a function
	if err != nil {
		return err
	}
	defer rows.Close()
	var here, there digest
	n, err := m.to.CopyFrom(m.ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		values, into := make([]any, len(t.columns)), make([]any, len(t.columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, truth := range t.truths {
			if n, ok := values[i].(int64); ok && truth {
				values[i] = n != 0
			}
		}
		for i, bytes := range t.bytes {
			if b, _ := values[i].([]byte); bytes && b == nil {
				values[i] = []byte{}
			}
		}
		m.step()
		return values, here.add(values)
	}))
	if err != nil {
		return err
	}
	stored, err := m.to.Query(m.ctx, `SELECT `+columns+` FROM "`+t.name+`"`)
	if err != nil {
		return err
	}
	defer stored.Close()
	for stored.Next() {
		values, err := stored.Values()
		if err == nil {
			err = there.add(values)
		}
		if err != nil {
			return err
		}
		m.step()
	}
	if err := stored.Err(); err != nil {
		return err
	}
	if here != there {
		return fmt.Errorf("what was read back is not what was written: %d rows with digest %x, and %d with %x", here.rows, here.sum[:8], there.rows, there.sum[:8])
	}
	m.copied[t.name] = n
	return m.finish(t)
}

// finish makes a table continue its numbers where the file's ends.
func (m *move) finish(t table) error {
	if t.serial != "" {
		if _, err := m.to.Exec(m.ctx, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), (SELECT coalesce(max(%[2]s), 0) + 1 FROM %[1]s), false)", t.name, t.serial)); err != nil {
			return err
		}
	}
	_, err := m.to.Exec(m.ctx, "ALTER TABLE "+t.name+" ENABLE TRIGGER USER")
	return err
}

func (m *move) step() {
	if m.done++; m.done%256 == 0 || m.done == m.total {
		m.progress(m.done, m.total)
	}
}

// digest identifies rows in any order, by combining their hashes. No two rows are alike, so none cancels
// another out.
type digest struct {
	rows int64
	sum  [sha256.Size]byte
}

// add adds the values of a row as either driver returns them.
func (d *digest) add(values []any) error {
	h := sha256.New()
	for _, v := range values {
		text, err := canonical(v)
		if err != nil {
			return err
		}
		_ = binary.Write(h, binary.BigEndian, uint64(len(text))) // a hash takes everything
		_, _ = h.Write([]byte(text))
	}
	for i, b := range h.Sum(nil) {
		d.sum[i] ^= b
	}
	d.rows++
	return nil
}

// canonical returns a value as text that begins with its kind.
func canonical(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return "s" + v, nil
	case []byte:
		return "b" + string(v), nil
	case int64:
		return fmt.Sprint("n", v), nil
	case bool:
		return fmt.Sprint("t", v), nil
	case time.Time:
		return "d" + v.UTC().Format(time.RFC3339Nano), nil
	case [16]byte: // an id, which a file stores as text
		return "s" + uuid.UUID(v).String(), nil
	}
	return "", fmt.Errorf("no table has a column of %T", v)
}
