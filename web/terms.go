package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/views"
)

// The fields of a request that say until when and why, and those that only forms have in addition.
const (
	fieldUntil  = "until"
	fieldDate   = "until_date" // the last day, with the choice views.UntilDate
	fieldZone   = "until_zone" // minutes east of UTC at the end of that day, which script fills in
	fieldReason = "reason"
)

// terms reads until when and why something is given. If the end is not a time, problems of the reason are reported
// together with it; otherwise the use case reports them.
func (o object) terms() (t org.Terms) {
	t.Reason = o.text(fieldReason)
	wrong := len(o.read.fieldErrors)
	if o.form {
		t.Until = o.chosenEnd(time.Now())
	} else if text, ok := value[string](o, fieldUntil, org.BadUntil); ok {
		t.Until = o.endAt(text)
	}
	if len(o.read.fieldErrors) > wrong {
		for _, f := range t.Problems(time.Time{}) {
			o.addError(f.Field, f.Detail)
		}
	}
	return t
}

// endAt reads a time in the form of JSON.
func (o object) endAt(text string) *time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		o.addError(fieldUntil, org.BadUntil)
		return nil
	}
	at = at.UTC().Truncate(time.Microsecond) // as it is stored
	return &at
}

// chosenEnd reads the end that a form chooses: none, a number of days from now, a last day, or a stored time.
func (o object) chosenEnd(now time.Time) *time.Time {
	choice, date, zone := o.text(fieldUntil), o.text(fieldDate), o.text(fieldZone)
	if choice == "" {
		return nil
	}
	if choice == views.UntilDate {
		return o.endOfDay(date, zone)
	}
	if days, err := strconv.Atoi(strings.TrimSuffix(choice, "d")); err == nil && slices.Contains(views.EndsIn, days) {
		end := now.Add(time.Duration(days) * org.Day).UTC().Truncate(time.Second)
		return &end
	}
	return o.endAt(choice)
}

// endOfDay returns the last second of a day where the reader is: according to script, or else in the zone in which
// pages write times.
func (o object) endOfDay(date, zone string) *time.Time {
	const most = 14 * 60 // Kiritimati
	east, err, where := 0, error(nil), cmp.Or(o.zone, time.UTC)
	if zone != "" {
		east, err = strconv.Atoi(zone)
		where = time.FixedZone("", east*60)
	}
	day, wrong := time.ParseInLocation(time.DateOnly, date, where)
	if err != nil || wrong != nil || east < -most || east > most {
		o.addError(fieldDate, "must be a day")
		return nil
	}
	end := day.AddDate(0, 0, 1).Add(-time.Second).UTC()
	return &end
}

// newTerms reads the terms of what a request adds. The body may be missing.
func (c *call) newTerms() org.Input[org.Terms] {
	if c.sentNothing() {
		return org.Given(org.Terms{})
	}
	return decode(c, object.terms)
}

// sentTerms returns the fields of a form as they were sent, to show them again.
func (c *call) sentTerms() views.TermsForm {
	o, err := c.object()
	if err != nil {
		return views.TermsForm{}
	}
	return views.TermsForm{Until: o.text(fieldUntil), Date: o.text(fieldDate), Reason: o.text(fieldReason)}
}
