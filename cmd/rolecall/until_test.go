package main

import (
	"testing"
	"time"
)

// TestEnds: what --until takes, and when that is. A day is over at its end where the command runs, also on the days when
// clocks change.
func TestEnds(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("not here: no time zones")
	}
	now := time.Date(2026, 10, 20, 12, 0, 0, 5, berlin)
	for text, want := range map[string]string{
		"30d":                       "2026-11-19T10:00:00Z", // 24 hours each
		"12h":                       "2026-10-20T22:00:00Z",
		"2026-12-31":                "2026-12-31T22:59:59Z",
		"2026-10-25":                "2026-10-25T22:59:59Z", // 25 hours long
		"2026-12-31T17:00:00+01:00": "2026-12-31T16:00:00Z",
		"none":                      "0001-01-01T00:00:00Z",
	} {
		got, err := parseEnd(text, now)
		if err != nil || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%s ends at %s, %v; want %s", text, got.UTC().Format(time.RFC3339Nano), err, want)
		}
	}
	for _, text := range []string{"", "30", "d", "0d", "-3d", "1.5d", "99999d", "30 d", "tomorrow", "2026-13-01", "2026-12-31T17:00:00", "31.12.2026"} {
		if got, err := parseEnd(text, now); err == nil {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}
