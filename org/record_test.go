package org_test

import (
	"testing"
	"time"

	"rolecall.example/org"
)

// A role ends with the last of its records, and does not end while one has no end.
func TestEndsOf(t *testing.T) {
	t.Parallel()
	early := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	late := early.AddDate(0, 1, 0)
	got := org.EndsOf([]org.Assignment{
		{Role: "a", Until: &late}, {Role: "a", Until: &early}, {Role: "b", Until: &early}, {Role: "b"}, {Role: "c"}, {Role: "c", Until: &late},
	})
	if len(got) != 1 || !got["a"].Equal(late) {
		t.Errorf("got %v, want a alone, at %v", got, late)
	}
}
