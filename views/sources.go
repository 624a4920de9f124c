package views

import (
	"slices"
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// SourceNames has the names of sign-in providers for people.
type SourceNames map[org.Source]string

// of names a source, or describes where its records come from.
func (n SourceNames) of(s org.Source) string { return ui.FirstOf(n[s], s.Words()) }

// sourceChoices are the choices of a filter by source. So far nothing comes from joining.
var sourceChoices = []struct {
	source org.Source
	label  string
}{{org.SourceManual, "By hand"}, {org.SourceInvite, "Invitation"}, {org.SourceOperator, "Command line"}}

// sourceOptions returns the choices of a filter by source. A chosen one that is not among the usual ones is added:
// otherwise the filter could not be removed.
func sourceOptions(chosen []string) []ui.Option {
	var out []ui.Option
	for _, c := range sourceChoices {
		out = append(out, ui.Option{Value: string(c.source), Label: c.label, On: slices.Contains(chosen, string(c.source))})
	}
	for _, s := range chosen {
		if !slices.ContainsFunc(out, func(o ui.Option) bool { return o.Value == s }) {
			out = append(out, ui.Option{Value: s, Label: org.Source(s).Words(), On: true})
		}
	}
	return out
}

// endingOptions returns the choices of a filter by how soon something ends, including the one in force.
func endingOptions(chosen time.Duration) []ui.Option {
	const day = 24 * time.Hour
	soon := []time.Duration{7 * day, 14 * day, 30 * day}
	if chosen > 0 && !slices.Contains(soon, chosen) {
		soon = append(soon, chosen)
	}
	var out []ui.Option
	for _, d := range soon {
		label := "In " + ui.Plural(int(d/day), "day")
		if d%day > 0 {
			label = "In " + ui.Plural(int(d/time.Hour), "hour")
		}
		out = append(out, ui.Option{Value: org.FormatEnding(d), Label: label, On: d == chosen})
	}
	return out
}

// recordFilters returns the filters for records. off makes the URL of the list with another filter.
func recordFilters(f org.RecordFilter, off func(org.RecordFilter) string) []ui.Filter {
	return []ui.Filter{
		{Name: "ending", Label: "Ends", One: true, Options: endingOptions(f.Ending), Off: off(org.RecordFilter{Sources: f.Sources})},
		{Name: "source", Label: "From", Options: sourceOptions(f.Sources), Off: off(org.RecordFilter{Ending: f.Ending})},
	}
}
