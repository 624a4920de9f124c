package db

import "testing"

func TestRebind(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"SELECT 1":                              "SELECT 1",
		"a = ?1 AND b = ?2 OR a <> ?1":          "a = $1 AND b = $2 OR a <> $1",
		"a = ? AND b = ?":                       "a = $1 AND b = $2",
		"a = ?1 AND b IN (/*SLICE:ids*/?,?,?)":  "a = $1 AND b IN (/*SLICE:ids*/$2,$3,$4)",
		"a = ?12 AND b IN (?)":                  "a = $12 AND b IN ($13)",
		"-- is it?\nSELECT '?' || \"a?\" || ?1": "-- is it?\nSELECT '?' || \"a?\" || $1",
		"-- the program's\nSELECT ' ' || ?1":    "-- the program's\nSELECT ' ' || $1",
		"/* why?\nwhy */ SELECT ?1, 'it''s ?'":  "/* why?\nwhy */ SELECT $1, 'it''s ?'",
	} {
		for range 2 { // the second time from memory
			if got := rebind(query); got != want {
				t.Errorf("%s\nbecame %s\nwant   %s", query, got, want)
			}
		}
	}
}

func TestStorable(t *testing.T) {
	t.Parallel()
	args := []any{"plain", 7, "a\x00b", "a\xffb", nil}
	got := storable(args)
	if got[0] != "plain" || got[1] != 7 || got[2] != "a\uFFFDb" || got[3] != "a\uFFFDb" || got[4] != nil {
		t.Errorf("%q", got)
	}
	if args[2] != "a\x00b" {
		t.Error("the caller's arguments were changed")
	}
}

func BenchmarkRebind(b *testing.B) {
	for b.Loop() {
		rebind(findMembers)
	}
}
