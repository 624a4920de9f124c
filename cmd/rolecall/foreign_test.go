package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
)

// A file of another program is left alone, byte by byte, by every command.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "what is refused are files")
	const says = "belongs to another program"
	for name, statements := range map[string]string{
		"notes":   "CREATE TABLE notes (text text); INSERT INTO notes VALUES ('mine')",
		"goose":   "CREATE TABLE goose_db_version (version_id bigint, is_applied boolean); INSERT INTO goose_db_version VALUES (1, 1); CREATE TABLE users (id bigint)",
		"marked":  "PRAGMA application_id = 1000",
		"pending": "PRAGMA journal_mode = WAL; CREATE TABLE notes (text text); INSERT INTO notes VALUES ('in the log')",
	} {
		file := filepath.Join(t.TempDir(), name+".db")
		c, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.ExecContext(t.Context(), statements); err != nil {
			t.Fatal(err)
		}
		if name == "pending" { // as a program leaves it that was killed: its log is not folded in
			file = copyWithLog(t, file)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		before := read(t, file) + read(t, file+"-wal")
		backup := filepath.Join(t.TempDir(), "backup.db")
		for _, args := range [][]string{
			{"serve", "--http-address", "127.0.0.1:0"}, {"check"}, {"backup", backup}, {"audit", "verify"}, {"token", "create", "--username", "ada"},
			{"user", "create", "--username", "ada", "--email", "ada@example.com", "--role", "owner"}, {"members", "list"},
		} {
			code, out, log := call(t, "", append(args, "--db", file)...)
			if code != 3 || !strings.Contains(log, says) {
				t.Errorf("%s: rolecall %q: exit code %d, %s%s, want 3 and %q", name, args, code, out, log, says)
			}
		}
		if read(t, file)+read(t, file+"-wal") != before {
			t.Errorf("%s: the file is not as it was", name)
		}
	}
}

func copyWithLog(t *testing.T, file string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(file))
	for _, suffix := range []string{"", "-wal"} {
		if err := os.WriteFile(to+suffix, []byte(read(t, file+suffix)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// read is what a file holds, "" if there is none.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}
