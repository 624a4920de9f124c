package unit

import (
	"slices"
	"strings"
	"testing"
)

// FuzzSearch: a query never finds a key that is not on the list, nor one twice without saying so.
func FuzzSearch(f *testing.F) {
	for _, seed := range []string{"", "anna", "username:anna", `search:"a b" status:active`, "a:b:c", ":", "::", `"`, `""""`, "username:a username:b", "date_from:2026-01-01", "\x00:\xff", "İ:ſ", "last_seen_before:2026-01-01T00:00:00Z"} {
		f.Add(seed)
	}
	keys := []string{"search", "username", "status", "date_from"}
	f.Fuzz(func(t *testing.T, query string) {
		q := ParseSearch(query, "search", keys...)
		for key, values := range q.terms {
			if !slices.Contains(keys, key) {
				t.Errorf("%q has the key %q", query, key)
			}
			if len(values) > 1 && len(q.Bad) == 0 {
				t.Errorf("%q has %q %d times, and nothing is said", query, key, len(values))
			}
			for _, v := range values {
				if strings.Contains(v, `"`) {
					t.Errorf("%q has the value %q", query, v)
				}
			}
		}
		q.One("search")
		q.ID("username")
		q.Date("date_from")
		if len(strings.Fields(query)) > 0 && len(q.terms) == 0 && len(q.Bad) == 0 {
			t.Errorf("%q was dropped", query)
		}
	})
}
