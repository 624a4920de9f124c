package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// applicationID marks a SQLite file as one of this program, in its header. It reads "RlCl".
const applicationID = 0x526C436C

// ours are tables that only a database of this program has together. They identify files from before files were marked.
var ours = []string{"goose_db_version", "organizations", "organization_members", "audit_logs"}

// Resolve returns the path of a SQLite file without symbolic links, so that the files beside it, its log and its
// lock, have one name. It fails for a link that leads nowhere.
func Resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil || !absent(err) {
		return real, err
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
		return "", fmt.Errorf("%s is a link to a file that is not there", path)
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path, nil //nolint:nilerr // the folder is missing too: creating the file will fail, and say why
	}
	return filepath.Join(folder, filepath.Base(path)), nil
}

// absent reports whether err means that there is no such file.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }

// foreign returns the error for a file that another program made.
func foreign(path string) error {
	return fmt.Errorf("%s belongs to another program, and is no database of this program", path)
}

// fileVersion returns the schema version of the SQLite file at path, 0 if the file is missing or empty. It
// writes nothing, so that another program's file stays as it is.
func fileVersion(ctx context.Context, path string) (version int64, err error) {
	switch info, err := os.Stat(path); {
	case absent(err):
		return 0, nil
	case err == nil && info.Size() == 0:
		return 0, fmt.Errorf("%s is empty, which no database is: put a backup in its place with `rolecall restore`, or remove it to begin anew", path)
	}
	c, err := sql.Open("sqlite", readOnlyDSN(path))
	if err != nil {
		return 0, err
	}
	version, err = identify(ctx, c, path)
	return version, errors.Join(explain(path, err), c.Close())
}

// identify returns the schema version that a connection to the file at path finds, 0 for an empty one.
func identify(ctx context.Context, c *sql.DB, path string) (version int64, err error) {
	var id int64
	if err := c.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return 0, err
	}
	tables, err := texts(ctx, c, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	switch {
	case err != nil:
		return 0, err
	case id != 0 && id != applicationID:
		return 0, foreign(path)
	case len(tables) == 0:
		return 0, nil
	case !slices.Contains(tables, "goose_db_version"):
		return 0, foreign(path)
	}
	if err := c.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version); err != nil {
		return 0, err
	}
	unmarked := id == 0 && (version > 0 || len(tables) > 1)
	for _, name := range ours {
		if unmarked && !slices.Contains(tables, name) {
			return 0, foreign(path)
		}
	}
	return version, nil
}

// mark marks a file as one of this program.
func mark(ctx context.Context, c *sql.DB) error {
	var id int64
	if err := c.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil || id == applicationID {
		return err
	}
	_, err := c.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	return err
}
