package views

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// AssignmentForm is the form with the roles of a member.
type AssignmentForm struct {
	org.RoleForm
	Version string          // tag of the membership or account that the form began from
	Checked map[string]bool // ticked by the person, by role name; nil: as held
	Before  map[string]bool // held when the person opened the form; nil: not known
	Back    string          // as in MemberRowView
	Terms   TermsForm       // of the roles that are added
	Err     *org.Error
	Catalog *rbac.Catalog // for the counts
}

func (f AssignmentForm) choices(builtIn bool) []org.RoleChoice {
	var out []org.RoleChoice
	for _, c := range f.Choices {
		if c.Role.BuiltIn == builtIn {
			out = append(out, c)
		}
	}
	return out
}

// frozen reports whether no box can be changed. The list then takes the focus itself, or the keyboard could not scroll
// it.
func (f AssignmentForm) frozen() bool {
	return !slices.ContainsFunc(f.Choices, func(c org.RoleChoice) bool { return c.Refusal == "" })
}

// ticked reports whether a box is ticked: as the person left it, or else as the member holds the role.
func (f AssignmentForm) ticked(c org.RoleChoice) bool {
	if f.Checked == nil || c.Refusal != "" {
		return c.Held
	}
	return f.Checked[c.Role.Name]
}

// meanwhile says how a role differs from what the person saw and chose, "" if it does not.
func (f AssignmentForm) meanwhile(c org.RoleChoice) string {
	was, ticked := f.Before[c.Role.Name], f.Checked[c.Role.Name]
	switch {
	case f.Before != nil && c.Held && !was:
		return "Added by someone else"
	case f.Before != nil && !c.Held && was:
		return "Removed by someone else"
	case f.Checked != nil && c.Refusal != "" && ticked && !c.Held:
		return "You ticked it; it was not added"
	}
	return ""
}

// held is the names of the roles that are held now, which the form sends along: a refused one tells by them what changed.
func (f AssignmentForm) held() string {
	var names []string
	for _, c := range f.Choices {
		if c.Held {
			names = append(names, c.Role.Name)
		}
	}
	return strings.Join(names, " ")
}

// terms are the fields for the roles that are added. Those that are held keep theirs.
func (f AssignmentForm) terms() TermsForm {
	f.Terms.Label, f.Terms.Err = "New roles end", f.Err
	return f.Terms
}

// ofSite reports whether the form is about the site roles of an account, not the roles of a member.
func (f AssignmentForm) ofSite() bool { return f.Organization.Name == "" }
