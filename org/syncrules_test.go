package org_test

import (
	"strings"
	"testing"
	"time"

	"rolecall.example/org"
)

// TestSyncKeys checks docs/spec/sync.md, rule sets: values are compared exactly, and patterns have * alone.
func TestSyncKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key, value string
		want       bool
	}{
		{"eng", "eng", true},
		{"eng", "Eng", false},
		{"eng", "engineers", false},
		{"eng*", "eng*", true},
		{"eng*", "engineers", false},
		{"glob:eng*", "engineers", true},
		{"glob:eng*", "eng", true},
		{"glob:eng*", "leng", false},
		{"glob:*-admin", "db-admin", true},
		{"glob:*-admin", "db-admins", false},
		{"glob:a*b", "ab", true},
		{"glob:a*a", "a", false}, // both ends need a letter of their own
		{"glob:a*b*c", "axxbyyc", true},
		{"glob:a*b*c", "acb", false},
		{"glob:a*b*b", "ab", false},
		{"glob:*", "", true},
		{"glob:**", "x", true},
		{"glob:", "", true},
		{"glob:", "x", false},
		{"glob:[a-z]?", "[a-z]?", true},
		{"glob:[a-z]?", "ab", false},
		{"glob:glob:x", "glob:x", true},
		{"glob:größe*", "größer", true},
	} {
		if got := org.SyncKeyMatches(tt.key, tt.value); got != tt.want {
			t.Errorf("SyncKeyMatches(%q, %q) = %v, want %v", tt.key, tt.value, got, tt.want)
		}
	}
}

// A pattern that was made to be slow is not.
func TestSyncKeysAreQuick(t *testing.T) {
	t.Parallel()
	key, value := org.SyncGlob+strings.Repeat("a*", 200)+"b", strings.Repeat("a", 20_000)
	began := time.Now()
	for range 20 {
		if org.SyncKeyMatches(key, value) {
			t.Fatal("it matches")
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("20 values took %v", took)
	}
}
