package webtest

import (
	"database/sql"
	"testing"
)

// Query reads the site's database past all rules, as text. Columns that tell when something was used last are left empty.
func (s *Site) Query(t testing.TB, query string, args ...any) (list [][]string) {
	t.Helper()
	d, err := sql.Open("sqlite", "file:"+s.path+"?_pragma=query_only(1)&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rows, err := d.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(names))
		for i, v := range values {
			if names[i] != "last_seen_at" && names[i] != "last_used" {
				row[i] = v.String
			}
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// Path is where the site's database is.
func (s *Site) Path() string { return s.path }
