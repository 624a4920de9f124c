package views

import (
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// personURL is the page of a member of an organization, or of an account for "".
func personURL(organization, username string) string {
	if organization == "" {
		return UserURL(username)
	}
	return MemberURL(organization, username)
}

// impactView is an impact on a page: whom it is about, and how the page is asked for more of their names.
type impactView struct {
	org.Impact
	catalog      *rbac.Catalog
	organization string    // the people are members of it, or accounts for ""
	url          string    // of this page, or of what its form is sent to
	step         ui.Hidden // what the form says so that the page is shown again, if it needs that
	linked       bool      // the page is asked for by a link
}

// impactRow is one line of it.
type impactRow struct {
	org.ImpactLine
	names org.ImpactNames // that asks for its people
	open  bool            // they were asked for
}

// rows are the lines of a list.
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

// everybody is a line of all whose rights change.
func (v impactView) everybody() impactRow {
	return v.row(org.ImpactNames{List: org.ImpactAffected}, org.ImpactLine{Members: v.Affected, ImpactSample: v.Who})
}

// without is a line of those who are left without roles.
func (v impactView) without() impactRow {
	return v.row(org.ImpactNames{List: org.ImpactRoleless}, org.ImpactLine{Members: v.WithoutRoles, ImpactSample: v.Roleless})
}

// more is how many people come after those that the row names.
func (r impactRow) more() int { return r.Members - r.Before - len(r.Sample) }

// after is what stands behind the n-th of those names.
func (r impactRow) after(n int) string {
	if n < len(r.Sample)-1 {
		return ","
	}
	return ""
}

// next asks for those.
func (r impactRow) next() org.ImpactNames {
	n := r.names
	n.After = r.Sample[len(r.Sample)-1]
	return n
}

// ask is the page with other people of a line.
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

// affected is the sentence before the lines of an impact; how many people it is about stands before it, if any.
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
