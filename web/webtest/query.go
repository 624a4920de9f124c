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

// Exec changes the site's database past all rules.
func (s *Site) Exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := s.raw.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// Place is where the site's database is.
func (s *Site) Place() string { return s.place }
