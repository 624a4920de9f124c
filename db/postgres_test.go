package db_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/db/dbtest"
)

// Each query can be prepared: the database knows its tables, and finds types for all that is left open in it.
func TestQueriesFitTheTables(t *testing.T) {
	t.Parallel()
	c := dbtest.SQL(t, dbtest.Place(t))
	for name, q := range generated(t) {
		s, err := c.PrepareContext(t.Context(), q.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The tables on a server have the columns of a file's tables in the same order, with the types that go with theirs.
// Texts are compared byte by byte.
func TestSchemasAgree(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	path := filepath.Join(t.TempDir(), "test.db")
	dbtest.Reopen(t, path)
	file := dbtest.Rows(t, path, `SELECT t.name, c.name, lower(c.type), c."notnull" OR c.pk > 0 AND t.wr, ''
		FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'goose_db_version'
		ORDER BY t.name, c.cid`)
	server := dbtest.Rows(t, dbtest.Place(t), `SELECT table_name, column_name, data_type, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END, collation_name
		FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> 'goose_db_version'
		AND (table_name, column_name) <> ('changes', 'xact') -- on SQLite transactions come one after the other: each row is its own
		ORDER BY table_name COLLATE "C", ordinal_position`)
	types := map[string]string{"integer": "bigint", "timestamp": "timestamp with time zone", "blob": "bytea"}
	for _, column := range file {
		if other, ok := types[column[2]]; ok {
			column[2] = other
		}
		if column[2] == "text" {
			column[4] = "C"
		}
	}
	if diff := cmp.Diff(lines(file), lines(server)); diff != "" {
		t.Errorf("file (-), server (+):\n%s", diff)
	}
}

func lines(rows [][]string) (list []string) {
	for _, r := range rows {
		list = append(list, strings.Join(r, " "))
	}
	return list
}
