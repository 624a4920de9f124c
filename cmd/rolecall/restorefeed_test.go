package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// TestRestoreRaisesRevisions: after a restore every revision and every position is newer than all that were handed out
// before, also where the clock was ahead at that time: else programs that decide by a copy would take what is restored for old.
func TestRestoreRaisesRevisions(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "restore is for files")
	file, _ := demoFile(t, 20)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if code, out, log := call(t, "", "backup", backup, "--db", file); code != 0 {
		t.Fatalf("backup: %d\n%s%s", code, out, log)
	}
	ahead := time.Now().Add(time.Hour).UnixMicro()
	handOut(t, file, ahead)
	if code, out, log := call(t, "", "restore", backup, "--db", file); code != 0 {
		t.Fatalf("restore: %d\n%s%s", code, out, log)
	}
	allAfter(t, file, ahead)
	t.Run("interrupted", func(t *testing.T) { restoreInterrupted(t, file, backup) })
}

// handOut raises the revisions of a database.
func handOut(t *testing.T, file string, revision int64) {
	t.Helper()
	d, err := db.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(q *db.Queries) error { return q.BumpRevision(t.Context(), revision) })
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
}

// allAfter checks that every revision and every position of a database comes after one.
func allAfter(t *testing.T, file string, ahead int64) {
	t.Helper()
	for _, query := range []string{"SELECT min(value) FROM revisions", "SELECT min(roles) FROM revisions WHERE organization_id <> '00000000-0000-0000-0000-000000000000'", "SELECT position FROM feed_positions"} {
		rows := dbtest.Rows(t, file, query)
		if n, _ := strconv.ParseInt(rows[0][0], 10, 64); n <= ahead {
			t.Errorf("%s: %v, want more than %d", query, rows, ahead)
		}
	}
}

// A restore that is cut off between its steps leaves no server to begin with nothing, and the next one knows as much
// as it did; one that fails leaves what was there.
func restoreInterrupted(t *testing.T, file, backup string) {
	t.Helper()
	ahead := time.Now().Add(2 * time.Hour).UnixMicro()
	handOut(t, file, ahead)
	failed := errors.New("no space left")
	if kept, err := db.Restore(t.Context(), backup, file, "1", func(context.Context, string, int64) error { return failed }); kept != "" || !errors.Is(err, failed) {
		t.Errorf("failed: kept %q, %v", kept, err)
	}
	if rows := dbtest.Rows(t, file, "SELECT max(value) FROM revisions"); rows[0][0] != strconv.FormatInt(ahead, 10) {
		t.Errorf("after one that failed the highest revision is %v", rows)
	}
	// Between setting the old one aside and putting the new one in its place.
	half, mine := file+".restored.1.part", file+".restored.by-me"
	if err := os.Rename(file, file+".replaced-1"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{half, mine} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"--http-address", "127.0.0.1:0"}, {"users", "create", "--username", "eve", "--email", "eve@example.com", "--role", "owner"}} {
		if code, out, log := call(t, "", append(args, "--db", file)...); code == 0 || !strings.Contains(log, "rolecall restore") {
			t.Errorf("%v: %d\n%s%s", args, code, out, log)
		}
	}
	if code, out, log := call(t, "", "restore", backup, "--db", file); code != 0 {
		t.Fatalf("restore: %d\n%s%s", code, out, log)
	}
	allAfter(t, file, ahead)
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was left of the first one: %v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("a file of somebody else: %v", err)
	}
}
