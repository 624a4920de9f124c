package views

import (
	"slices"
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// sourceKinds are the kinds of sources, in words: of a record, and among the choices of a filter.
var sourceKinds = []struct {
	source       org.Source
	from, choice string
}{
	{org.SourceManual, "by hand", "By hand"},
	{org.SourceInvite, "an invitation", "Invitation"},
	{org.SourceDefault, "joining", ""}, // nothing gives any so far
	{org.SourceOperator, "the command line", "Command line"},
}

// sourceLabel is where a record comes from, in words.
func sourceLabel(s org.Source) string {
	for _, k := range sourceKinds {
		if k.source == s {
			return k.from
		}
	}
	kind, name, _ := strings.Cut(string(s), ":")
	switch kind {
	case "oidc":
		return "the sign-in provider " + name
	case "scim":
		return "the directory " + name
	}
	return string(s)
}

// sourceOptions are the choices of a filter by source. One that is chosen and not among the usual ones stands with them:
// without it, the filter could not be taken off.
func sourceOptions(chosen []string) []ui.Option {
	var out []ui.Option
	for _, k := range sourceKinds {
		if on := slices.Contains(chosen, string(k.source)); on || k.choice != "" {
			out = append(out, ui.Option{Value: string(k.source), Label: ui.FirstOf(k.choice, k.from), On: on})
		}
	}
	for _, s := range chosen {
		if !slices.ContainsFunc(out, func(o ui.Option) bool { return o.Value == s }) {
			out = append(out, ui.Option{Value: s, Label: sourceLabel(org.Source(s)), On: true})
		}
	}
	return out
}

// endingOptions are the choices of a filter by how soon something ends, with the one in force.
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

// recordFilters are the filters by what records say. Off makes the URL of the list with others.
func recordFilters(f org.RecordFilter, off func(org.RecordFilter) string) []ui.Filter {
	return []ui.Filter{
		{Name: "ending", Label: "Ending soon", One: true, Options: endingOptions(f.Ending), Off: off(org.RecordFilter{Sources: f.Sources})},
		{Name: "source", Label: "From", Options: sourceOptions(f.Sources), Off: off(org.RecordFilter{Ending: f.Ending})},
	}
}
