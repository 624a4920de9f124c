package main

import (
	"testing"

	"rolecall.example/db/dbtest"
)

// alter does to a database what the program never would.
func alter(t *testing.T, place, statements string) {
	t.Helper()
	if _, err := dbtest.SQL(t, place).ExecContext(t.Context(), statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}
