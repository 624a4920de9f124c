package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
)

// Schema returns the version of the schema of the database at place, 0 if there is none, and the version that this program
// knows. An error means that the database is not one of this program, or cannot be read.
func Schema(ctx context.Context, place string) (version, current int64, err error) {
	if IsServer(place) {
		return schemaOfServer(ctx, place)
	}
	if current, err = known("sqlite"); err != nil {
		return 0, 0, err
	}
	version, err = fileVersion(ctx, place)
	return version, current, err
}

// known returns the version of the newest migration of an engine.
func known(engine string) (int64, error) {
	files, err := fs.Glob(migrations, "migrations/"+engine+"/*.sql")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(files[len(files)-1])
}

// KnownSchema returns the schema version that this program upgrades a database to, with either engine.
func KnownSchema() (int64, error) { return known("sqlite") }

// attach opens a file of this program for reading, whatever its schema.
func attach(ctx context.Context, path string) (*sql.DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	switch version, err := fileVersion(ctx, path); {
	case err != nil:
		return nil, err
	case version == 0:
		return nil, fmt.Errorf("%s is no database of this program: there is nothing in it", path)
	}
	return sql.Open("sqlite", plainDSN(path, "query_only(1)"))
}

func texts(ctx context.Context, c *sql.DB, query string) (list []string, err error) {
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// Backup writes the database at path, which may be in use, to another file that only its owner can read: a copy of one
// moment, checked before it replaces a file with that name.
func Backup(ctx context.Context, path, to string) error {
	temporary, err := copyOf(ctx, path, to)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, to); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return syncFolder(to)
}

// copyOf makes a copy of the database at path under a temporary name in the folder of to, and checks it.
func copyOf(ctx context.Context, path, to string) (temporary string, err error) {
	if err := notInUse(path, to); err != nil {
		return "", err
	}
	c, err := attach(ctx, path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	f, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*.part") // 0600, and no symbolic link is followed
	if err != nil {
		return "", err
	}
	temporary = f.Name()
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	var start, end int64

	err = errors.Join(
		c.QueryRowContext(ctx, auditPosition).Scan(&start),
		vacuumInto(ctx, path, temporary),
		c.QueryRowContext(ctx, auditPosition).Scan(&end),
		f.Sync(), f.Close())
	if err != nil {
		return temporary, explain(to, err)
	}
	r, err := Inspect(ctx, temporary, true)
	switch {
	case err != nil:
		return temporary, err
	case len(r.Findings) > 0:
		return temporary, fmt.Errorf("the copy is damaged, as %s may be: %s", path, r.Findings[0])
	case r.auditEnd < start || r.auditEnd > end || r.Rows["audit_logs"] > r.auditEnd:
		return temporary, fmt.Errorf("the copy ends with audit entry %d, but %s had %d to %d", r.auditEnd, path, start, end)
	}
	return temporary, nil
}

// vacuumInto needs a connection that may write, although it writes nothing to path.
func vacuumInto(ctx context.Context, path, to string) (err error) {
	c, err := sql.Open("sqlite", plainDSN(path))
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "VACUUM INTO ?", to)
	return errors.Join(err, c.Close())
}

// notInUse refuses to write a copy over the database itself or another one in use.
func notInUse(path, to string) error {
	a, err := os.Stat(path)
	if err != nil {
		return err
	}
	if b, err := os.Stat(to); err == nil && (os.SameFile(a, b) || !b.Mode().IsRegular()) {
		return fmt.Errorf("%s cannot be replaced: it is the database itself, or no file", to)
	}
	if fileSize(to+"-wal") > 0 {
		return fmt.Errorf("%s cannot be replaced: a program is using it, for there is %s-wal", to, to)
	}
	return nil
}

// syncFolder makes sure that the name of a file in it survives a power cut.
func syncFolder(path string) error {
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Restore replaces the database at path, which nobody may be using, with a copy of the backup. prepare makes the copy ready
// before that: whatever is at path at any moment is complete, however the restore ends. It receives the place of the copy, and
// the highest revision, or position of the feed, of the database at path, 0 if that cannot be read. The old database is kept
// under the name returned, "" if there was none.
func Restore(ctx context.Context, backup, path, stamp string, prepare func(ctx context.Context, place string, highest int64) error) (kept string, err error) {
	r, err := Inspect(ctx, backup, false)
	switch {
	case err != nil:
		return "", err
	case r.Schema > r.Known:
		return "", fmt.Errorf("%s has schema %d, this program knows %d: run a newer version of it", backup, r.Schema, r.Known)
	case len(r.Findings) > 0:
		return "", fmt.Errorf("%s is damaged: %s", backup, r.Findings[0])
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	left, err := beside(path, ".restored.", ".part") // left by interrupted restores
	if err != nil {
		return "", err
	}
	temporary, err := copyOf(ctx, backup, path+".restored")
	if err != nil {
		return "", err
	}
	foldLog(ctx, path)
	if err = prepare(ctx, temporary, highestBefore(ctx, path)); err == nil && fileSize(temporary+"-wal") > 0 {
		err = fmt.Errorf("%s is in use", temporary)
	}
	if err != nil {
		return "", errors.Join(err, removeAll([]string{temporary, temporary + "-wal", temporary + "-shm"}))
	}
	if kept, err = setAside(path, path+".replaced-"+stamp); err != nil {
		return kept, errors.Join(err, os.Remove(temporary))
	}
	if err := errors.Join(os.Rename(temporary, path), syncFolder(path)); err != nil {
		return kept, err
	}
	return kept, removeAll(left)
}

// setAside renames a database and returns its new name, "" if there was none. The log belongs to the file: what only the log has
// would be lost for the kept file, and must not meet the new one.
func setAside(path, name string) (kept string, err error) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		switch err := os.Rename(path+suffix, name+suffix); {
		case err == nil:
			kept = name
		case !errors.Is(err, fs.ErrNotExist):
			return kept, err
		}
	}
	return kept, nil
}

// beside returns the files in the folder of a database whose names begin with its own, and go on and end like this.
func beside(path, begins, ends string) (files []string, err error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+begins) && strings.HasSuffix(e.Name(), ends) {
			files = append(files, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return files, err
}

func removeAll(files []string) (err error) {
	for _, f := range files {
		if failed := os.Remove(f); !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// halfRestored refuses to create an empty database where an interrupted restore has set the old one aside.
func halfRestored(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // others check an existing file
	}
	left, err := beside(path, ".restored.", ".part")
	if err != nil || len(left) == 0 {
		return nil //nolint:nilerr // without the folder there is nothing
	}
	return fmt.Errorf("%s is missing, since a restore of it was interrupted: run `rolecall restore` again; the database that it was to replace is %s.replaced-…", path, path)
}

// foldLog merges the log of a database that nobody uses into its file, if they can still be read.
func foldLog(ctx context.Context, path string) {
	if c, err := attach(ctx, path); err == nil {
		_, _ = c.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
		_ = c.Close()
	}
}

// highestBefore returns the highest revision or position that the database at path has issued. If the database is missing, an
// interrupted restore may have kept it.
func highestBefore(ctx context.Context, path string) (highest int64) {
	files := []string{path}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		files, _ = beside(path, ".replaced-", "")
	}
	for _, f := range files {
		highest = max(highest, highestIn(ctx, f))
	}
	return highest
}

// highestIn returns the highest revision or position that a database has issued, 0 if it cannot be read. A database with an
// older schema has no feed.
func highestIn(ctx context.Context, path string) (highest int64) {
	c, err := attach(ctx, path)
	if err != nil {
		return 0
	}
	defer func() { _ = c.Close() }()
	for _, query := range []string{"SELECT max(value) FROM revisions", "SELECT max(position) FROM feed_positions"} {
		var n int64
		if c.QueryRowContext(ctx, query).Scan(&n) == nil {
			highest = max(highest, n)
		}
	}
	return highest
}

// QuickCheck searches the file at path for damage until it is done or ctx ends.
func QuickCheck(ctx context.Context, path string) error {
	if _, err := fileVersion(ctx, path); err != nil {
		return err
	}
	c, err := sql.Open("sqlite", plainDSN(path, "query_only(1)"))
	if err != nil {
		return err
	}
	found, err := texts(ctx, c, "SELECT * FROM pragma_quick_check WHERE quick_check <> 'ok'")
	err = errors.Join(err, c.Close())
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // not finished: nothing is known to be wrong
	case err == nil && len(found) > 0:
		err = errors.New(found[0])
		return fmt.Errorf("%s is damaged: put a backup in its place with `rolecall restore` (%w)", path, err)
	}
	return explain(path, err)
}
