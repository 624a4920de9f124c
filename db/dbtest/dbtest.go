// Package dbtest gives tests a database of their own.
package dbtest

import (
	"path/filepath"
	"testing"

	"rolecall/db"
)

// Open makes an empty, migrated database in a temporary folder and closes it when the test ends.
func Open(tb testing.TB) *db.DB {
	tb.Helper()
	d, err := db.Open(tb.Context(), filepath.Join(tb.TempDir(), "test.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}
