package db

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestSearchesBegin holds the searches to where they begin: in another order they read the whole organization.
func TestSearchesBegin(t *testing.T) {
	t.Parallel()
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "rolecall.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for name, tt := range map[string]struct{ query, begins string }{
		"SearchMembers":     {searchMembers, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)"},
		"SearchUsers":       {searchUsers, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)"},
		"FindMembers":       {findMembers, "SEARCH m USING PRIMARY KEY (organization_id=? AND username_key>?"},
		"FindMembersOfRole": {findMembersOfRole, "SEARCH h USING PRIMARY KEY (organization_id=? AND role=? AND username_key>?"},
		"ListMembersByID":   {strings.ReplaceAll(listMembersByID, "/*SLICE:user_ids*/?", "?,?,?"), "SEARCH organization_members USING INDEX organization_members_by_user (user_id=?)"},
		"ListMembers":       {listMembers, "SEARCH organization_members USING PRIMARY KEY (organization_id=? AND username_key>?)"},
	} {
		rows, err := d.engine.(*file).readers.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+tt.query, make([]any, 20)...)
		if err != nil {
			t.Fatal(name, err)
		}
		first := ""
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			if first == "" && strings.HasPrefix(step, "SEARCH") {
				first = step
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || !strings.HasPrefix(first, tt.begins) {
			t.Errorf("%s begins with %q, %v", name, first, err)
		}
	}
}
