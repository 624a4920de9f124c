package db_test

import (
	"testing"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// TestFiguresAreKept: a file has the figures that plans are made by, also after what drops indexes on the way, and again when
// it is opened after they were lost.
func TestFiguresAreKept(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "a server counts for itself")
	place := dbtest.Place(t)
	d := dbtest.Reopen(t, place)
	told := func(when string) {
		t.Helper()
		if rows := dbtest.Rows(t, place, "SELECT * FROM sqlite_stat1"); len(rows) != 12 {
			t.Errorf("%s there are %d figures: %q", when, len(rows), rows)
		}
	}
	told("at first")
	if err := d.Fill(t.Context(), func(*db.Queries) error { return nil }); err != nil {
		t.Fatal(err)
	}
	told("after filling it")
	if _, err := dbtest.SQL(t, place).ExecContext(t.Context(), "DELETE FROM sqlite_stat1 WHERE idx = 'member_roles_by_user'"); err != nil {
		t.Fatal(err)
	}
	dbtest.Reopen(t, place)
	told("after they were lost")
}
