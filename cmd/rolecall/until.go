package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// end is the value of --until: a span from now, a day, a time, or none. It becomes a time when the command line is read, so
// that everything that one call gives ends at the same moment.
type end struct {
	to  **time.Time // the zero time means no end
	now func() time.Time
}

// Type implements pflag.Value.
func (*end) Type() string { return "end" }

// String implements pflag.Value.
func (e *end) String() string {
	if e.to == nil || *e.to == nil {
		return ""
	}
	return (*e.to).Format(time.RFC3339)
}

// Set implements pflag.Value.
func (e *end) Set(text string) error {
	at, err := parseEnd(text, e.now())
	if err == nil {
		*e.to = &at
	}
	return err
}

// parseEnd reads an end. A day ends in the local time zone, as people mean it who write "until the 31st".
func parseEnd(text string, now time.Time) (time.Time, error) {
	if text == "none" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Second), nil
	}
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour} {
		number, ok := strings.CutSuffix(text, unit)
		if n, err := strconv.ParseUint(number, 10, 16); ok && err == nil && n > 0 {
			return now.Add(time.Duration(n) * length).Truncate(time.Second), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no end: write 30d, 12h, 2026-12-31, 2026-12-31T17:00:00+01:00, or none", text)
}
