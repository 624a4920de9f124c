package ui

import (
	"context"
	"time"
)

// Functions that write a time into a sentence use the zone of now, which is that of the reader. The components of
// time.templ find the zone themselves.

// day writes a date for a table.
func day(t time.Time) string { return t.Format("2 Jan 2006") }

// dayIn writes the date of t in the zone of now.
func dayIn(t, now time.Time) string {
	if now.Location() == time.Local { //nolint:gosmopolitan // the machine's zone is not the reader's
		return day(t.UTC())
	}
	return day(t.In(now.Location()))
}

// Exact writes a moment to the second, with its zone.
func Exact(ctx context.Context, t time.Time) string {
	return local(ctx, t).Format("2 Jan 2006, 15:04:05 MST")
}

// recent is the age up to which Ago counts days.
const recent = 14 * 24 * time.Hour

// Ago writes how long ago t was, seen from now; after two weeks it writes the date.
func Ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return Plural(int(d.Minutes()), "minute") + " ago"
	case d < 24*time.Hour:
		return Plural(int(d.Hours()), "hour") + " ago"
	case d < 48*time.Hour:
		return "yesterday"
	case d < recent:
		return Plural(int(d.Hours()/24), "day") + " ago"
	default:
		return dayIn(t, now)
	}
}

// When is like Ago, for the middle of a sentence: "saved on 2 Jan 2006".
func When(t, now time.Time) string {
	if now.Sub(t) < recent {
		return Ago(t, now)
	}
	return "on " + dayIn(t, now)
}

// Remaining writes how long something still lasts: "in 3 days".
func Remaining(until, now time.Time) string {
	switch d := until.Sub(now); {
	case d <= 0:
		return "expired"
	case d < time.Hour:
		return "in " + Plural(max(1, int(d.Minutes())), "minute")
	case d < 48*time.Hour:
		return "in " + Plural(int(d.Round(time.Hour).Hours()), "hour")
	default:
		return "in " + Plural(int(d.Round(24*time.Hour).Hours()/24), "day")
	}
}

// soon is how long before its end something is marked, and its days are counted.
const soon = 14 * 24 * time.Hour // org.EndsSoon

// Left writes how long something still lasts, in at most two words: "12 days". Beyond two weeks it is the date of the
// end.
func Left(until, now time.Time) string {
	switch d := until.Sub(now); {
	case d <= 0:
		return "ended"
	case d < 24*time.Hour:
		return Remaining(until, now)
	case d < soon:
		return Plural(int(d.Round(24*time.Hour).Hours()/24), "day")
	default:
		return dayIn(until, now)
	}
}

// EndsSoon reports whether to mark what ends at that time.
func EndsSoon(until, now time.Time) bool { return until.Sub(now) < soon }

// DayHeading names the day of t, in the zone of now, as the heading for what happened on it.
func DayHeading(t, now time.Time) string {
	if now.Location() == time.Local { //nolint:gosmopolitan // the machine's zone is not the reader's
		now = now.UTC()
	}
	t = t.In(now.Location())
	switch t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return "Today, " + t.Format("2 January")
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return "Yesterday, " + t.Format("2 January")
	}
	return t.Format("2 January 2006")
}

// stamp writes a moment for programs.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
