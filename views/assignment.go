package views

import (
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// AssignmentForm is the form with the roles of a member.
type AssignmentForm struct {
	org.RoleForm
	Version string          // tag of the membership or account that the form began from
	Checked map[string]bool // ticked by the person, by role name; nil: as held
	Back    string          // as in MemberRowView
	Err     *org.Error
	Catalog *rbac.Catalog // for the counts; nil: the default one
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

// ofSite reports whether the form is about the site roles of an account, not the roles of a member.
func (f AssignmentForm) ofSite() bool { return f.Organization.Name == "" }
