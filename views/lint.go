package views

import (
	"slices"

	"github.com/a-h/templ"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Lint is the page Role health: roles and assignments that have no effect, or another one than it seems.
type Lint struct {
	Organization org.Organization
	Findings     []org.LintFinding
	Catalog      *rbac.Catalog
	MayBringBack bool

	Err    *org.Error // why nothing was dismissed: then what was entered
	Chosen []string
	Reason string
}

// open is how many findings are not dismissed.
func (l Lint) open() (n int) {
	for _, f := range l.Findings {
		if f.Dismissal == nil {
			n++
		}
	}
	return n
}

// reasonOf is the field for the reason to dismiss a line, as it was entered if that failed.
func (l Lint) reasonOf(f lintLine) ui.Input {
	in := ui.Input{ID: "reason-" + f.ID, Name: "reason", Label: "Why can this stay?", Attrs: templ.Attributes{"required": true, "maxlength": "500"}}
	if f.chosen(l) {
		in.ID, in.Value, in.Err = "dismiss-reason", l.Reason, formError(l.Err)
	}
	return in
}

// setAside is the findings of one dismissal.
type setAside struct {
	*org.Dismissal
	findings []org.LintFinding
}

// title names what the dismissed findings find, each rule once.
func (s setAside) title() string {
	var titles []string
	for _, f := range s.findings {
		if title := healthTitle(f.Rule); !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return ui.Join(titles)
}

// subjects names what the findings are about, each once.
func (s setAside) subjects() string {
	var names []string
	for _, f := range s.findings {
		name := f.Role.Label()
		if f.Member != nil {
			name = f.Member.Label()
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return named(names, shownPeople)
}

// setAsides are the dismissals whose findings are there still, the one that ends last first.
func (l Lint) setAsides() (list []setAside) {
	for _, f := range l.Findings {
		if f.Dismissal == nil {
			continue
		}
		i := slices.IndexFunc(list, func(s setAside) bool { return s.ID == f.Dismissal.ID })
		if i < 0 {
			i, list = len(list), append(list, setAside{Dismissal: f.Dismissal})
		}
		list[i].findings = append(list[i].findings, f)
	}
	slices.SortStableFunc(list, func(a, b setAside) int { return b.Until.Compare(a.Until) })
	return list
}

// dismissLabel is the button that dismisses so many findings.
func dismissLabel(n int) string {
	if n == 1 {
		return "Dismiss for 90 days"
	}
	return "Dismiss " + ui.Plural(n, "finding") + " for 90 days"
}

// DismissedMessage says what was done.
func DismissedMessage(n int) string {
	return ui.Plural(n, "finding") + " dismissed for " + ui.Plural(int(org.DismissedFor/org.Day), "day") + "."
}

// lintGroup has the findings of one rule. Those that differ only in the permission or the member share a line.
type lintGroup struct {
	rule, title string
	count       int
	lines       []lintLine
}

// lintLine is one thing to fix, with the permissions and members concerned.
type lintLine struct {
	org.LintFinding
	permissions []rbac.Permission
	members     []org.Member
	dismissible []string // ids of those that the caller may dismiss
	count       int
}

// about says what the line is about, for the names of its buttons.
func (l *lintLine) about() string {
	text := ui.FirstOf(l.Cause, l.Message)
	if l.Member != nil && l.people() == nil {
		text = l.Member.Label() + ", " + text
	}
	if l.Role.Name != "" {
		text = l.Role.Label() + ", " + text
	}
	return text
}

// anchor is where the line is in the page.
func (l *lintLine) anchor() string { return "f-" + l.ID }

// chosen reports whether it was to be dismissed, and that failed.
func (l *lintLine) chosen(page Lint) bool {
	return page.Err != nil && len(l.dismissible) > 0 && slices.Contains(page.Chosen, l.dismissible[0])
}

// same reports whether a finding belongs to the line.
func (l *lintLine) same(f *org.LintFinding) bool {
	if l.Role != f.Role || l.Other != f.Other || l.Fix != f.Fix {
		return false
	}
	if f.Cause != "" {
		return l.Cause == f.Cause
	}
	return l.Member == f.Member && l.Message == f.Message
}

// people returns the members of a line that concerns several.
func (l *lintLine) people() []org.Member {
	if len(l.members) < 2 {
		return nil
	}
	return l.members
}

// shownPeople is how many names a line shows before it folds the rest.
const shownPeople = 5

func (g *lintGroup) add(f org.LintFinding) {
	g.count++
	i := slices.IndexFunc(g.lines, func(l lintLine) bool { return l.same(&f) })
	if i < 0 {
		i, g.lines = len(g.lines), append(g.lines, lintLine{LintFinding: f})
	}
	g.lines[i].count++
	if f.MayDismiss {
		g.lines[i].dismissible = append(g.lines[i].dismissible, f.ID)
	}
	if f.Permission.Action != "" {
		g.lines[i].permissions = append(g.lines[i].permissions, f.Permission)
	}
	if f.Member != nil {
		g.lines[i].members = append(g.lines[i].members, *f.Member)
	}
}

func (l Lint) groups() []lintGroup {
	var out []lintGroup
	for _, r := range lintRules {
		g := lintGroup{rule: r.rule, title: r.title}
		for _, f := range l.Findings {
			if f.Rule == r.rule && f.Dismissal == nil {
				g.add(f)
			}
		}
		if g.count > 0 {
			out = append(out, g)
		}
	}
	return out
}

// fixLabel returns the label of the link to the page where a finding can be fixed.
func fixLabel(f org.LintFinding) string {
	switch {
	case f.Member != nil:
		return "Change roles"
	case f.Rule == org.LintUnused:
		return "Delete…"
	case f.Rule == org.LintDuplicate:
		return "Compare"
	}
	return "Open role"
}
