package ui

import (
	"strconv"
	"time"
)

// day is a date as it stands in a table, in UTC; app.js rewrites it for the zone of the reader.
func day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// Exact writes a moment for a tooltip.
func Exact(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") }

// recent is how long ago something may be for Ago to count days.
const recent = 10 * 24 * time.Hour

// Ago writes how long ago t was, seen from now; from ten days on it is a date.
func Ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min ago"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h ago"
	case d < 48*time.Hour:
		return "yesterday"
	case d < recent:
		return strconv.Itoa(int(d.Hours()/24)) + " d ago"
	default:
		return day(t)
	}
}

// When is Ago inside a sentence: "saved on 2 Jan 2006".
func When(t, now time.Time) string {
	if now.Sub(t) < recent {
		return Ago(t, now)
	}
	return "on " + day(t)
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

// soon is how long before its end what ends is marked, and its days are counted.
const soon = 14 * 24 * time.Hour // org.EndsSoon

// Left writes how long something still lasts, for a place that has room for two words: "12 days". From two weeks on it is
// the date of the end.
func Left(until, now time.Time) string {
	switch d := until.Sub(now); {
	case d <= 0:
		return "ended"
	case d < 24*time.Hour:
		return Remaining(until, now)
	case d < soon:
		return Plural(int(d.Round(24*time.Hour).Hours()/24), "day")
	default:
		return day(until)
	}
}

// EndsSoon reports whether what ends then is marked.
func EndsSoon(until, now time.Time) bool { return until.Sub(now) < soon }

// DayHeading names the day of t, in UTC, above what happened on it.
func DayHeading(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	switch t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return "Today, " + t.Format("2 January")
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return "Yesterday, " + t.Format("2 January")
	}
	return t.Format("2 January 2006")
}
