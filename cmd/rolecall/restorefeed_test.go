package main

import (
	"path/filepath"
	"strconv"
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
	d, err := db.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), func(q *db.Queries) error { return q.BumpRevision(t.Context(), ahead) }); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if code, out, log := call(t, "", "restore", backup, "--db", file); code != 0 {
		t.Fatalf("restore: %d\n%s%s", code, out, log)
	}
	for _, query := range []string{"SELECT min(value) FROM revisions", "SELECT min(roles) FROM revisions WHERE organization_id <> '00000000-0000-0000-0000-000000000000'", "SELECT position FROM feed_positions"} {
		rows := dbtest.Rows(t, file, query)
		if n, _ := strconv.ParseInt(rows[0][0], 10, 64); n <= ahead {
			t.Errorf("%s: %v, want more than %d", query, rows, ahead)
		}
	}
}
