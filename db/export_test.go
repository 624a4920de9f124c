package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"testing/fstest"

	"github.com/pressly/goose/v3"
)

// MigrateTo brings the empty database at place to a version of its schema, as the program of that version did.
func MigrateTo(ctx context.Context, place string, version int64) error {
	c, dialect, engine, err := plainly(place)
	if err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations/"+engine)
	if err != nil {
		return errors.Join(err, c.Close())
	}
	p, err := goose.NewProvider(dialect, c, files)
	if err == nil {
		err = migrateTo(ctx, c, engine, p, version)
	}
	return errors.Join(err, c.Close())
}

// migrateTo goes up, or down.
func migrateTo(ctx context.Context, c *sql.DB, engine string, p *goose.Provider, version int64) error {
	move := func() error {
		current, err := p.GetDBVersion(ctx)
		if err == nil && current > version {
			_, err = p.DownTo(ctx, version)
		} else if err == nil {
			_, err = p.UpTo(ctx, version)
		}
		return err
	}
	if engine != "sqlite" {
		return move()
	}
	c.SetMaxOpenConns(1)
	return unlinked(ctx, c, move)
}

// MigrateBeyond does what the start of a newer program does to the database at place, whose next migration is a statement.
func MigrateBeyond(ctx context.Context, place, statement string) error {
	config, err := parseServer(place)
	if err != nil {
		return err
	}
	newest, err := known("postgres")
	if err != nil {
		return err
	}
	files := fstest.MapFS{}
	for v := int64(1); v <= newest; v++ {
		files[fmt.Sprintf("%05d_old.sql", v)] = &fstest.MapFile{Data: []byte("-- +goose Up\nSELECT 1;\n")}
	}
	files[fmt.Sprintf("%05d_next.sql", newest+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + statement + ";\n")}
	p := &postgres{}
	p.writers = pool(config, 4, p.fits)
	m, err := goose.NewProvider(goose.DialectPostgres, p.writers, files)
	if err == nil {
		err = p.upgrade(ctx, m, newest+1)
	}
	return errors.Join(err, p.Close())
}

// SchemaOf is the schema of the database at place.
func SchemaOf(ctx context.Context, place string) (fingerprint, error) {
	c, _, engine, err := plainly(place)
	if err != nil {
		return nil, err
	}
	f, err := readSchema(ctx, c, engine)
	return f, errors.Join(err, c.Close())
}

// Since is how a schema is written down after another one.
func (f fingerprint) Since(before fingerprint) string { return f.since(before) }

func plainly(place string) (c *sql.DB, d goose.Dialect, engine string, err error) {
	if !IsServer(place) {
		c, err = sql.Open("sqlite", dsn(place))
		return c, goose.DialectSQLite3, "sqlite", err
	}
	config, err := parseServer(place)
	if err != nil {
		return nil, "", "", err
	}
	return pool(config, 1, anySession), goose.DialectPostgres, "postgres", nil
}

// Known is the newest version of the schema.
func Known() (int64, error) { return known("sqlite") }

// Exec runs a statement that is none of the program's, in a write.
func Exec(ctx context.Context, q *Queries, statement string, args ...any) error {
	_, err := q.db.ExecContext(ctx, statement, args...)
	return err
}

// UnitsOf are the units that a statement may run in, none if it reads.
func UnitsOf(name string) Unit { return writers[name] }

// Readers are all queries, on the connections of those that read.
func Readers(d *DB) *Queries { return d.Reads.(reads).queries }
