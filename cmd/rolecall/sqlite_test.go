package main

import (
	"database/sql"
	"testing"

	_ "modernc.org/sqlite"
)

// sqlite does to a file what the program never would.
func sqlite(t *testing.T, path, statements string) {
	t.Helper()
	c, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.ExecContext(t.Context(), statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}
