package webtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
)

// volatile are the tables and columns that change with every request, whatever it asks for: sessions and counters of
// failed logins, and the trail of refusals.
var volatile = []string{
	"sessions", "login_failures", "audit_logs", "revisions.audit_seq", "revisions.audit_hash",
	"api_keys.last_used", "users.last_seen_at",
}

// State is the stored data: the rows of each table, sorted. Two States are equal when nothing has changed in between.
type State map[string][]string

// State reads everything that is stored.
func (s *Site) State(t testing.TB) State {
	t.Helper()
	if s.queries == nil {
		s.queries = map[string]string{}
		for table, columns := range dbtest.Columns(t, s.place) {
			if slices.Contains(volatile, table) {
				continue
			}
			columns = slices.DeleteFunc(columns, func(name string) bool { return slices.Contains(volatile, table+"."+name) })
			s.queries[table] = fmt.Sprintf("SELECT %s FROM %s", strings.Join(columns, ", "), table)
		}
	}
	state := State{}
	for table, query := range s.queries {
		rows := []string{}
		for _, row := range s.Query(t, query) {
			rows = append(rows, strconv.Quote(strings.Join(row, "\x00")))
		}
		slices.Sort(rows)
		state[table] = rows
	}
	return state
}
