package views

import (
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Lint is the page Role health: roles and assignments that have no effect, or another one than it seems.
type Lint struct {
	Organization org.Organization
	Findings     []org.LintFinding
	Catalog      *rbac.Catalog
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
			if f.Rule == r.rule {
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
