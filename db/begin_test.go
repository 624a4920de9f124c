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
	const lookUp = "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)"
	for name, tt := range map[string]struct{ query, begins, then string }{
		"SearchMembers":           {searchMembers, lookUp, ""},
		"SearchMembersByUsername": {searchMembersByUsername, lookUp, "SEARCH m USING COVERING INDEX organization_members_by_user"},
		"SearchUsers":             {searchUsers, lookUp, ""},
		"FindMembers":             {findMembers, "SEARCH m USING PRIMARY KEY (organization_id=? AND username_key>?", ""},
		"FindMembersOfRole":       {findMembersOfRole, "SEARCH h USING PRIMARY KEY (organization_id=? AND role=? AND username_key>?", ""},
		"ListMembersByID":         {strings.ReplaceAll(listMembersByID, "/*SLICE:user_ids*/?", "?,?,?"), "SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)", "SEARCH m USING INDEX organization_members_by_user (user_id=? AND organization_id>?"},
		"GetMemberKey":            {getMemberKey, "SEARCH organization_members USING COVERING INDEX organization_members_in_order", ""},
		"GetMemberKeyFromEnd":     {getMemberKeyFromEnd, "SEARCH organization_members USING COVERING INDEX organization_members_in_order", ""},
		"ListMembersByName":       {listMembersByName, "SEARCH o USING COVERING INDEX organization_members_by_name (organization_id=?)", ""},
		"ListMembersByEmail":      {listMembersByEmailDescending, "SEARCH o USING COVERING INDEX organization_members_by_email (organization_id=?)", ""},
		"ListMembersByAge":        {listMembersByAge, "SEARCH o USING COVERING INDEX organization_members_by_age (organization_id=?)", ""},
		"ListMembers":             {listMembers, "SEARCH m USING PRIMARY KEY (organization_id=? AND username_key>?)", "SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)"},
	} {
		rows, err := d.engine.(*file).readers.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+tt.query, make([]any, 30)...)
		if err != nil {
			t.Fatal(name, err)
		}
		first, rest := "", ""
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			if first == "" && strings.HasPrefix(step, "SEARCH") {
				first = step
			}
			rest += step + "\n"
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || !strings.HasPrefix(first, tt.begins) || !strings.Contains(rest, tt.then) {
			t.Errorf("%s begins with %q, %v:\n%s", name, first, err, rest)
		}
	}
}
