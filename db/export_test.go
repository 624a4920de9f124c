package db

import (
	"context"
	"errors"
	"io/fs"

	"database/sql"

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

// SchemaOf is the schema of the database at place, as it is written down.
func SchemaOf(ctx context.Context, place string) (string, error) {
	c, _, engine, err := plainly(place)
	if err != nil {
		return "", err
	}
	f, err := readSchema(ctx, c, engine)
	return f.String(), errors.Join(err, c.Close())
}

func plainly(place string) (c *sql.DB, d goose.Dialect, engine string, err error) {
	if !IsServer(place) {
		c, err = sql.Open("sqlite", dsn(place))
		return c, goose.DialectSQLite3, "sqlite", err
	}
	config, err := parseServer(place)
	if err != nil {
		return nil, "", "", err
	}
	return pool(config, 1), goose.DialectPostgres, "postgres", nil
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
