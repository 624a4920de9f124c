package views

import (
	"maps"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// AssignmentForm is the form with the roles of a member.
type AssignmentForm struct {
	org.RoleForm
	Version string          // tag of the membership or account that the form was opened with
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

// frozen reports whether no box can be changed. The list itself then takes the focus, since the keyboard could not
// scroll it otherwise.
func (f AssignmentForm) frozen() bool {
	return !slices.ContainsFunc(f.Choices, func(c org.RoleChoice) bool { return c.Refusal == "" })
}

// ticked reports whether a box is ticked: as the person left it if they changed it, and otherwise as the role is held
// now, so that changes by others are kept.
func (f AssignmentForm) ticked(c org.RoleChoice) bool {
	yours := f.Checked[c.Role.Name]
	if f.Checked == nil || c.Refusal != "" || f.Before != nil && yours == f.Before[c.Role.Name] {
		return c.Held
	}
	return yours
}

// roleClash is a role that was changed by someone else since the form was opened, or that the form changes: whether it
// was held then, is held now, was ticked, and would be held.
type roleClash struct {
	label                   string
	was, theirs, yours, now bool
	gone                    bool // the role no longer exists
}

// clashed reports whether a form was refused because someone else had changed the roles.
func (f AssignmentForm) clashed() bool {
	return f.Err != nil && f.Err.Outdated && f.Before != nil && f.Checked != nil
}

// clashes returns the rows of the table of three states, in the order of the boxes; roles that are gone come last.
func (f AssignmentForm) clashes() (out []roleClash) {
	offered := map[string]bool{}
	for _, c := range f.Choices {
		name := c.Role.Name
		offered[name] = true
		out = append(out, roleClash{c.Role.Label(), f.Before[name], c.Held, f.Checked[name], f.ticked(c), false})
	}
	for _, name := range slices.Sorted(maps.Keys(f.Checked)) {
		if !offered[name] {
			out = append(out, roleClash{label: name, was: f.Before[name], yours: true, gone: true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Before)) {
		if !offered[name] && !f.Checked[name] {
			out = append(out, roleClash{label: name, was: true, gone: true})
		}
	}
	return slices.DeleteFunc(out, func(c roleClash) bool { return !c.gone && c.was == c.theirs && c.was == c.yours })
}

// leftToDo reports whether the form still changes something after what someone else did.
func (f AssignmentForm) leftToDo() bool {
	return slices.ContainsFunc(f.clashes(), func(c roleClash) bool { return c.now != c.theirs })
}

// settled describes the result of the three states.
func (f AssignmentForm) settled() string {
	if f.leftToDo() {
		return "What you changed is laid over it below. Nothing is saved until you apply it."
	}
	return "Nothing of what you changed is left to save."
}

// saves returns the label of the button that saves.
func (f AssignmentForm) saves() string {
	if f.clashed() && f.leftToDo() {
		return "Apply yours on top"
	}
	return "Save"
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

// held returns the names of the roles that are held now. The form sends them, so that a refusal can tell what changed.
func (f AssignmentForm) held() string {
	var names []string
	for _, c := range f.Choices {
		if c.Held {
			names = append(names, c.Role.Name)
		}
	}
	return strings.Join(names, " ")
}

// terms returns the fields for the roles that are added. Roles that are already held keep theirs.
func (f AssignmentForm) terms() TermsForm {
	f.Terms.Label, f.Terms.Err = "New roles end", f.Err
	return f.Terms
}

// ofSite reports whether the form is about the site roles of an account, not the roles of a member.
func (f AssignmentForm) ofSite() bool { return f.Organization.Name == "" }
