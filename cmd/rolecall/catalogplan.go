package main

import (
	"fmt"
	"io"
	"strings"

	"rolecall.example/client"
)

// planReport prints a plan for the catalog: the changes as rows and, for people, what else it does. Things in use that
// would be removed come before roles and people, since apply refuses because of them.
func planReport(t *terminal, p *client.CatalogPlan) report {
	r := report{value: p, head: []string{"CHANGE", "WHAT", "DETAILS"}, names: []string{}}
	for _, d := range p.Changes {
		r.rows = append(r.rows, []string{strings.ReplaceAll(d.Kind, "_", " "), d.What, changeDetails(d)})
		r.names = append(r.names, d.What)
	}
	r.text = func(w io.Writer) {
		for _, v := range p.Warnings {
			// Above everything else, and also of a plan without changes: a warning is about the file.
			fmt.Fprintf(w, "Warning: %s: %s\n", v.Field, v.Detail)
		}
		if len(p.Changes) == 0 {
			fmt.Fprintln(w, "No differences.")
			return
		}
		fmt.Fprintf(w, "From version %d to %d of the catalog: %s.\n", p.From, p.To, counted(len(p.Changes), "change", "changes"))
		t.printTable(w, r.head, r.rows)
		tellInUse(t, w, p.InUse)
		tellRoles(t, w, p)
		tellPeople(t, w, p.People)
	}
	return r
}

// changeDetails says what happens to the thing that a change names. One function serves all kinds: a kind only has the
// fields that apply to it.
func changeDetails(d client.CatalogDifference) string {
	var parts []string
	if d.Level != "" {
		parts = append(parts, d.Level)
	}
	switch {
	case d.From != "":
		parts = append(parts, fmt.Sprintf("%q → %q", d.From, d.To))
	case d.To != "":
		parts = append(parts, "→ "+d.To)
	}
	if d.Use != "" {
		parts = append(parts, "use "+d.Use)
	}
	for _, of := range []struct {
		does string
		list []string
	}{{"allows", d.Gives}, {"no longer allows", d.Takes}, {"denies", d.Denies}, {"no longer denies", d.Undenies}} {
		if len(of.list) > 0 {
			parts = append(parts, of.does+" "+strings.Join(of.list, " "))
		}
	}
	return strings.Join(parts, "; ")
}

// tellInUse lists what would be removed although it is in use, and how to allow that.
func tellInUse(t *terminal, w io.Writer, list []client.CatalogUse) {
	if len(list) == 0 {
		return
	}
	var rows [][]string
	for _, u := range list {
		// In the form to be typed.
		goes := "--retire " + u.What
		if u.Retire {
			goes = "yes"
		}
		rows = append(rows, []string{u.What, usedBy(u.Allows), usedBy(u.Denies), thousands(int(u.Holders)), goes})
	}
	fmt.Fprintln(w, "\nIn use, and goes:")
	t.printTable(w, []string{"WHAT", "ALLOWED BY", "DENIED BY", "HELD BY", "RETIRED"}, rows)
}

// usedBy writes a dash for no one: a zero in a table of numbers is easily overlooked.
func usedBy(u client.CatalogUsers) string {
	if u.Roles == 0 {
		return "–"
	}
	return counted(u.Roles, "role", "roles") + " in " + counted(u.Organizations, "organization", "organizations")
}

// tellRoles lists the custom roles that a plan touches. The server names only some of them; the rest is counted, so
// that no one takes the list for complete.
func tellRoles(t *terminal, w io.Writer, p *client.CatalogPlan) {
	if len(p.Roles) == 0 {
		return
	}
	var rows [][]string
	for _, r := range p.Roles {
		var parts []string
		for _, of := range []struct {
			what string
			list []string
		}{{"renamed", r.Renamed}, {"written out", r.WrittenOut}, {"gone", r.Retired}, {"back", r.Revived}} {
			if len(of.list) > 0 {
				parts = append(parts, of.what+" "+strings.Join(of.list, " "))
			}
		}
		rows = append(rows, []string{r.Name, r.Organization, thousands(int(r.Holders)), strings.Join(parts, "; ")})
	}
	fmt.Fprintln(w, "\nCustom roles:")
	t.printTable(w, []string{"ROLE", "ORGANIZATION", "HELD BY", "CHANGE"}, rows)
	if more := p.RolesTotal - len(p.Roles); more > 0 {
		fmt.Fprintf(w, "and %s more\n", thousands(more))
	}
}

// tellPeople says who gains and who loses what.
func tellPeople(t *terminal, w io.Writer, p client.CatalogPeople) {
	fmt.Fprintln(w, "\n"+peopleSentence(p))
	var rows [][]string
	for _, l := range p.Lines {
		effect, permission := "lose", l.Permission
		if l.Gain {
			effect = "gain"
		}
		if l.Own {
			permission += " (own)"
		}
		who := strings.Join(l.Sample, ", ")
		if int(l.People) > len(l.Sample) {
			who += ", …"
		}
		rows = append(rows, []string{effect, permission, l.Level, thousands(int(l.People)), who})
	}
	if len(rows) > 0 {
		t.printTable(w, []string{"EFFECT", "PERMISSION", "WHERE", "PEOPLE", "WHO"}, rows)
	}
}

// peopleSentence counts suspended accounts separately: nothing changes for them now, but everything does once they are
// activated.
func peopleSentence(p client.CatalogPeople) string {
	if p.Gaining == 0 && p.Losing == 0 {
		return "No one gains or loses anything."
	}
	text := fmt.Sprintf("%s would lose something, %s would gain something", counted(int(p.Losing), "person", "people"), thousands(int(p.Gaining)))
	if p.Suspended > 0 {
		text += fmt.Sprintf("; %s suspended", counted(int(p.Suspended), "more is", "more are"))
	}
	return text + "."
}
