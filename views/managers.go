package views

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// ManagedBy names the providers and directories that give a person something, or that write the fields of an account:
// "Okta", "Okta and Entra ID"; "" for none.
func (n SourceNames) ManagedBy(list []org.ManagedBy) string {
	var labels []string
	for _, m := range list {
		if label := ui.FirstOf(m.Name, n[m.Source], m.Source.Words()); !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	return ui.Join(labels)
}

// RulesOf says which rules of a provider or a directory give something: "group eng-oncall"; "" if they are not known.
func RulesOf(m org.ManagedBy) string { return ruleWords(m.Source, m.Rules...) }

// ruleWords names groups of a directory, or values of the claim of a provider.
func ruleWords(s org.Source, rules ...string) string {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r string) bool { return r == "" })
	if len(rules) == 0 {
		return ""
	}
	what := "rule for "
	if strings.HasPrefix(string(s), "scim:") {
		what = "group "
		if len(rules) > 1 {
			what = "groups "
		}
	}
	return what + ui.Join(rules)
}
