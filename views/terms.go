package views

import (
	"cmp"
	"context"
	"maps"
	"strconv"
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// TermsForm has the fields of a form that say until when something is given, and why.
type TermsForm struct {
	ID     string    // prefix of the ids of the fields, if a page has several such forms
	Label  string    // of the field for the end
	Open   string    // what choosing no end means, “No end” if it is ""
	Until  string    // as chosen: one of choices, or a time as it was offered
	Date   string    // as entered, for UntilDate
	Reason string    // as entered
	Stored time.Time // the end of what is edited, which can stay as it is; the zero time is none
	Err    *org.Error
}

// UntilDate is the choice of an end by date.
const UntilDate = "date"

// EndsIn are the ends that a form offers, in days from now. A choice is sent as "7d".
var EndsIn = []int{1, 7, 30}

// choices returns the choices of the field, including the chosen one.
func (f TermsForm) choices(ctx context.Context) []ui.Option {
	var out []ui.Option
	if !f.Stored.IsZero() {
		out = append(out, ui.Option{Value: storedEnd(f.Stored), Label: "As it is: " + ui.Exact(ctx, f.Stored)})
	}
	out = append(out, ui.Option{Label: cmp.Or(f.Open, "No end")})
	for _, days := range EndsIn {
		out = append(out, ui.Option{Value: strconv.Itoa(days) + "d", Label: "In " + ui.Plural(days, "day")})
	}
	out = append(out, ui.Option{Value: UntilDate, Label: "On a date…"})
	for i := range out {
		out[i].On = out[i].Value == f.Until
	}
	return out
}

// storedEnd returns the choice for an end as it is stored.
func storedEnd(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// of returns what is wrong with a field. Errors of an end that was chosen by date are shown at the date.
func (f TermsForm) of(field string) []string {
	e := formError(f.Err)
	switch {
	case f.Until != UntilDate:
		return e.Of(field)
	case field == "until":
		return nil
	case field == "until_date":
		return append(e.Of("until"), e.Of("until_date")...)
	}
	return e.Of(field)
}

// anchors returns the anchors of the fields in a form, together with the form's own.
func (f TermsForm) anchors(own map[string]string) map[string]string {
	out := map[string]string{"until": f.ID + "until", "until_date": f.ID + "until-date", "reason": f.ID + "reason"}
	if f.Until == UntilDate {
		out["until"] = out["until_date"]
	}
	maps.Copy(out, own)
	return out
}
