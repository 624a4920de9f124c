package views

import (
	"rolecall/org"
)

// Lint is what an organization's roles and assignments have in them that does nothing, or not what it seems.
type Lint struct {
	Organization org.Organization
	Findings     []org.Finding
}

// LintURL is the page with the findings of an organization.
func LintURL(organization string) string { return OrganizationURL(organization) + "/lint" }

// lintGroup is the findings of one rule.
type lintGroup struct {
	rule, title string
	findings    []org.Finding
}

// The rules in the order of what they may cost: what misleads before what merely clutters.
var lintRules = []struct{ rule, title string }{
	{org.LintNoEffect, "Permissions that can’t take effect"},
	{org.LintUnknown, "Permissions that do not exist"},
	{org.LintSuspended, "Suspended members who hold roles"},
	{org.LintRedundant, "Roles that give a member nothing"},
	{org.LintDuplicate, "Roles that say the same"},
	{org.LintCovered, "Permissions said twice"},
	{org.LintImplied, "Permissions that every member has anyway"},
	{org.LintUnused, "Roles that nobody holds"},
}

func (l Lint) groups() []lintGroup {
	var out []lintGroup
	for _, r := range lintRules {
		g := lintGroup{rule: r.rule, title: r.title}
		for _, f := range l.Findings {
			if f.Rule == r.rule {
				g.findings = append(g.findings, f)
			}
		}
		if len(g.findings) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// FindingURL is where a finding can be put right.
func FindingURL(organization string, f org.Finding) string {
	switch {
	case f.Member != nil:
		return MemberRolesURL(organization, f.Member.Username)
	case f.Rule == org.LintUnused:
		return RoleDeleteURL(organization, f.Role.Name)
	case f.Rule == org.LintDuplicate:
		return RoleCompareURL(organization, org.RoleAt{Name: f.Role.Name}, org.RoleAt{Name: f.Other})
	}
	return RoleURL(organization, f.Role.Name)
}

// fixLabel is what the link to that place says.
func fixLabel(f org.Finding) string {
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
