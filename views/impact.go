package views

import (
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// personURL returns the page of a member of an organization, or of an account if that is "".
func personURL(organization, username string) string {
	if organization == "" {
		return UserURL(username)
	}
	return MemberURL(organization, username)
}

// impactView shows an impact on a page: whom it is about, and how to ask for more names.
type impactView struct {
	org.Impact
	catalog      *rbac.Catalog
	organization string    // the people are its members, or accounts if it is ""
	url          string    // of this page, or of the target of its form
	step         ui.Hidden // what the form has to send so that the page is shown again, if anything
	linked       bool      // names are asked for by a link
}

// impactRow is one line of it.
type impactRow struct {
	org.ImpactLine
	names org.ImpactNames // asks for the names of its people
	open  bool            // its names were asked for
}

// rows returns the lines of a list.
func (v impactView) rows(list string, lines []org.ImpactLine) []impactRow {
	var out []impactRow
	for _, l := range lines {
		out = append(out, v.row(org.ImpactNames{List: list, Permission: l.Permission, OwnOnly: l.OwnOnly}, l))
	}
	return out
}

func (v impactView) row(names org.ImpactNames, l org.ImpactLine) impactRow {
	asked := v.Asked
	asked.After = ""
	return impactRow{l, names, asked == names}
}

// everybody returns a line of all whose rights change.
func (v impactView) everybody() impactRow {
	return v.row(org.ImpactNames{List: org.ImpactAffected}, org.ImpactLine{Members: v.Affected, ImpactSample: v.Who})
}

// without returns a line of those who are left without roles.
func (v impactView) without() impactRow {
	return v.row(org.ImpactNames{List: org.ImpactRoleless}, org.ImpactLine{Members: v.WithoutRoles, ImpactSample: v.Roleless})
}

// more returns how many people follow those that the row names.
func (r impactRow) more() int { return r.Members - r.Before - len(r.Sample) }

// after returns what follows the n-th of those names.
func (r impactRow) after(n int) string {
	if n < len(r.Sample)-1 {
		return ","
	}
	return ""
}

// next returns what asks for those.
func (r impactRow) next() org.ImpactNames {
	n := r.names
	n.After = r.Sample[len(r.Sample)-1]
	return n
}

// ask returns the URL of the page with other people of a line.
func (v impactView) ask(n org.ImpactNames) string {
	path, q := ui.SplitURL(v.url)
	q.Set("names_of", n.String())
	if n.After != "" {
		q.Set("names_after", n.After)
	}
	return ui.URL(path, q)
}

// silent reports whether a change makes no difference to anyone's rights.
func silent(i org.Impact) bool {
	return len(i.Gains)+len(i.Losses)+len(i.KeptByOtherRoles)+i.WithoutRoles == 0
}

// affected returns the sentence before the lines of an impact. The number of people it is about comes before it, if
// known.
func affected(i org.Impact) string {
	switch {
	case i.Members == 0:
		return "No one has this role, so no one is affected."
	case i.Affected == 0:
		return "No one’s access changes (" + ui.Plural(i.Members, "person") + " checked)."
	}
	how := "gain or lose"
	switch {
	case len(i.Losses) == 0 && len(i.Gains) > 0:
		how = "gain"
	case len(i.Gains) == 0 && len(i.Losses) > 0:
		how = "lose"
	}
	if i.Affected == 1 {
		how = map[string]string{"gain": "gains", "lose": "loses", "gain or lose": "gains or loses"}[how]
	}
	return how + " access immediately."
}
