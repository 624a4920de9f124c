package views

import (
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// AssignmentForm is the form with the roles of a member.
type AssignmentForm struct {
	org.Assignment
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

// frozen says whether no box can be changed: then nothing in the list takes the focus, and it must itself to be scrolled.
func (f AssignmentForm) frozen() bool {
	return !slices.ContainsFunc(f.Choices, func(c org.RoleChoice) bool { return c.Refusal == "" })
}

// ticked says how a box stands: as the person left it, or as the member holds the role.
func (f AssignmentForm) ticked(c org.RoleChoice) bool {
	if f.Checked == nil || c.Refusal != "" {
		return c.Held
	}
	return f.Checked[c.Role.Name]
}

// ofSite tells the form with the site roles of an account from that of a member.
func (f AssignmentForm) ofSite() bool { return f.Organization.Name == "" }
