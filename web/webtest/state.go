package webtest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// volatile are the tables and columns that change with every request, whatever it asks for: sessions and counters of
// those who knock, and the trail of what was refused.
var volatile = []string{
	"sessions", "login_failures", "audit_logs", "audit_heads", "sqlite_sequence", "goose_db_version",
	"api_keys.last_used", "users.last_seen_at",
}

// State is what is stored: the rows of each table, sorted. Two States are equal when nothing has changed in between.
type State map[string][]string

// State reads everything that is stored.
func (s *Site) State(t testing.TB) State {
	t.Helper()
	if s.dump == nil {
		s.openDump(t)
	}
	state := State{}
	for table, query := range s.queries {
		state[table] = column(t, s.dump, query)
	}
	return state
}

// openDump opens the database a second time, to look at it beside the server.
func (s *Site) openDump(t testing.TB) {
	t.Helper()
	var err error
	if s.dump, err = sql.Open("sqlite", "file:"+s.path+"?mode=ro"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.dump.Close() })
	s.queries = map[string]string{}
	for _, table := range column(t, s.dump, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		if slices.Contains(volatile, table) {
			continue
		}
		var columns []string
		for _, name := range column(t, s.dump, "SELECT name FROM pragma_table_info('"+table+"')") {
			if !slices.Contains(volatile, table+"."+name) {
				columns = append(columns, "quote("+name+")")
			}
		}
		s.queries[table] = fmt.Sprintf("SELECT %s FROM %s ORDER BY 1", strings.Join(columns, " || ' ' || "), table)
	}
}

// column is the first column of what a query finds.
func column(t testing.TB, d *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := d.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}
