package webtest

import (
	"testing"

	"rolecall.example/db/dbtest"
)

// Query reads the site's database past all rules, as text.
func (s *Site) Query(t testing.TB, query string, args ...any) [][]string {
	t.Helper()
	return dbtest.RowsOf(t, s.raw, query, args...)
}

// Place is where the site's database is.
func (s *Site) Place() string { return s.place }
