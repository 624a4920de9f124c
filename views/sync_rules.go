package views

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// SyncRulesForm is the editor of a rule set: what the values of a claim give to those who sign in with a provider.
type SyncRulesForm struct {
	Provider      SignInProvider
	Stored        org.SyncRules
	Field         string // this and the following fields are as entered, or as stored
	AssignDefault bool
	Rows          []SyncRow
	Targets       []SyncChoice      // what can be given: the text to enter, and its label
	Names         map[string]string // how each target of Stored is entered
	Fields        []string          // claims that have been received, and values of the one of Stored
	Values        []string
	Refusal       string // why the caller may not change the rules, "" if they may
	Review        *SyncReview
	Err           *org.Error
}

// SyncChoice is something that a rule can give.
type SyncChoice struct{ Value, Label string }

// SyncRow is one rule: a value of the claim, and one thing that it gives.
type SyncRow struct{ Value, Target string }

// SyncReview is what saving a rule set would change.
type SyncReview struct {
	Field          bool // it reads another claim
	Default        bool // and changes the default for everyone
	Added, Removed []SyncRow
	Impact         *org.SyncImpact // on everyone who has signed in; nil: the caller may not know
}

// Nothing reports whether everything is as it is stored.
func (r *SyncReview) Nothing() bool {
	return !r.Field && !r.Default && len(r.Added) == 0 && len(r.Removed) == 0
}

// The buttons of the editor. Without one, or with StepReview, the form shows what would change.
const (
	SyncAddRow  = "add"
	SyncDropRow = "drop:" // followed by the number of the row
	SyncSave    = "save"
)

// RowsOf returns the rules of a rule set, by value. name returns how a target is entered.
func RowsOf(r *org.SyncRules, name func(target string) string) []SyncRow {
	var rows []SyncRow
	for _, value := range slices.Sorted(maps.Keys(r.Mapping)) {
		for _, target := range r.Mapping[value] {
			rows = append(rows, SyncRow{value, name(target)})
		}
	}
	return rows
}

// entered returns how a target of the stored rules is entered.
func (f SyncRulesForm) entered(target string) string { return ui.FirstOf(f.Names[target], target) }

// ReviewOf compares what was entered with what is stored.
func (f SyncRulesForm) ReviewOf() *SyncReview {
	stored := RowsOf(&f.Stored, f.entered)
	r := &SyncReview{Field: f.Field != f.Stored.Field, Default: f.Stored.Kind == org.SyncOrganizations && f.AssignDefault != f.Stored.AssignDefault}
	for _, row := range f.Rows {
		if row.Value != "" && !slices.Contains(stored, row) && !slices.Contains(r.Added, row) {
			r.Added = append(r.Added, row)
		}
	}
	for _, row := range stored {
		if !slices.Contains(f.Rows, row) {
			r.Removed = append(r.Removed, row)
		}
	}
	return r
}

func (f SyncRulesForm) id() string { return "rules-" + string(f.Stored.Kind) }

func (f SyncRulesForm) rowID(i int) string { return f.id() + "-" + strconv.Itoa(i+1) }

// url returns where the form is sent.
func (f SyncRulesForm) url() string {
	if f.Stored.Kind == org.SyncRoles {
		return OrganizationSyncURL(f.Stored.Organization.Name, f.Provider.ID)
	}
	return SyncProviderURL(f.Provider.ID)
}

func (f SyncRulesForm) title() string {
	switch f.Stored.Kind {
	case org.SyncOrganizations:
		return "Memberships"
	case org.SyncSiteRoles:
		return "Site roles"
	case org.SyncRoles:
	}
	return "Roles in " + f.Stored.Organization.Label()
}

// about says what the rules are for, and how far they reach.
func (f SyncRulesForm) about() string {
	switch f.Stored.Kind {
	case org.SyncOrganizations:
		return "Who is a member of which organization. People get roles by the rules of each organization."
	case org.SyncSiteRoles:
		return "Roles that hold everywhere. Values stand here exactly as they come; only site owners change these rules."
	case org.SyncRoles:
	}
	return "Members get these roles when they sign in with " + f.Provider.Name + ", and lose them when the value no longer comes. What is given by hand stays."
}

// thing names what a rule gives.
func (f SyncRulesForm) thing() string {
	if f.Stored.Kind == org.SyncOrganizations {
		return "Organization"
	}
	return "Role"
}

// LowerThing names what a rule gives, inside a sentence.
func (f SyncRulesForm) LowerThing() string { return strings.ToLower(f.thing()) }

// Target returns the stored form of a target as it was entered, if there is one. A target that is already stored may
// stay.
func (f SyncRulesForm) Target(entered string) (string, bool) {
	for stored, name := range f.Names {
		if name == entered {
			return stored, true
		}
	}
	known := f.Names[entered] != "" || f.Stored.Kind != org.SyncOrganizations && slices.ContainsFunc(f.Targets, func(o SyncChoice) bool { return o.Value == entered })
	for _, targets := range f.Stored.Mapping {
		known = known || slices.Contains(targets, entered)
	}
	return entered, known
}

func (f SyncRulesForm) valueHint() string {
	if f.Stored.Kind == org.SyncSiteRoles {
		return "One rule a line. Every rule that fits counts."
	}
	return "One rule a line; every rule that fits counts. After glob: a * stands for any characters, as in glob:eng-*."
}

// label returns the label of a target, as it was entered.
func (f SyncRulesForm) label(target string) string {
	for _, o := range f.Targets {
		if o.Value == target {
			return o.Label
		}
	}
	return target
}

// gone reports whether a stored rule gives something that no longer exists.
func (f SyncRulesForm) gone(row SyncRow) bool {
	return row.Target != "" && len(f.Targets) > 0 && !slices.ContainsFunc(f.Targets, func(o SyncChoice) bool { return o.Value == row.Target })
}

// rowErrors returns what is wrong with a row. The answer names a key of the mapping and the position in its list.
func (f SyncRulesForm) rowErrors(i int) []string {
	e, value, at := formError(f.Err), f.Rows[i].Value, 0
	for _, before := range f.Rows[:i] {
		if before.Value == value {
			at++
		}
	}
	out := append(e.Of(SyncRowField(i)), e.Of(org.SyncTarget(value, at))...)
	if at == 0 {
		out = append(out, e.Of(org.SyncKey(value))...)
	}
	return out
}

// SyncRowField names a row in the errors of a form if it cannot become a part of a mapping.
func SyncRowField(i int) string { return "rows[" + strconv.Itoa(i) + "]" }

// anchors links the errors of the form to its rows.
func (f SyncRulesForm) anchors() map[string]string {
	out := map[string]string{"field": f.id() + "-field", "organization_assign_default": f.id() + "-default"}
	seen := map[string]int{}
	for i, row := range f.Rows {
		out[SyncRowField(i)] = f.rowID(i)
		out[org.SyncTarget(row.Value, seen[row.Value])] = f.rowID(i)
		if seen[row.Value] == 0 {
			out[org.SyncKey(row.Value)] = f.rowID(i)
		}
		seen[row.Value]++
	}
	return out
}

// ruleNumber names a row for screen readers.
func ruleNumber(i int) string { return "rule " + strconv.Itoa(i+1) }

// ruleMatches describes how a value is compared.
func ruleMatches(value string) (how, text string) {
	if pattern, glob := strings.CutPrefix(value, org.SyncGlob); glob {
		return "like", pattern
	}
	return "is or contains", value
}

// SyncProvider is the page of the rules of a provider.
type SyncProvider struct {
	SyncProviderState
	Forms         []SyncRulesForm // memberships, and site roles for those who may read them
	Organizations []org.SyncRules // the stored rules for roles, by organization
	Try           SyncTry
}

// OrganizationSync is the page of the rules of an organization.
type OrganizationSync struct {
	Organization org.Organization
	Providers    []SignInProvider
	Form         SyncRulesForm
	Try          SyncTry
}
