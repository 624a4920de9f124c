package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// The values of the field "do", for buttons of the form of a role that do not save.
const (
	StepReview = "review" // show the changes that saving would make
	StepEdit   = "edit"   // back to the editor, with everything that was entered
)

// RoleReview is the page between the editor and the save: the changes, and their impact on people. Editor is filled as
// after a refused save.
type RoleReview struct {
	Editor RoleEditor
	Impact org.Impact
	Err    *org.Error // a refusal that the editor has no field for
}

// RoleMerge is the page that settles two saves of one role: changes that do not overlap are kept, and each conflict is
// a choice.
type RoleMerge struct {
	View org.RoleView // as it is stored now
	org.Merge
	Now     time.Time
	Catalog *rbac.Catalog
}

// changes are the changes under review.
func (r RoleReview) changes() []rbac.Difference {
	var was org.Role
	if !r.Editor.New {
		was = r.Editor.stored()
	}
	return rbac.Diff(was.Rules(), r.Editor.View.Role.Rules())
}

// renamed reports whether the display name changes too.
func (r RoleReview) renamed() bool {
	return !r.Editor.New && r.Editor.stored().DisplayName != r.Editor.View.Role.DisplayName
}

// described reports whether the description changes too.
func (r RoleReview) described() bool {
	return !r.Editor.New && r.Editor.stored().Description != r.Editor.View.Role.Description
}

// count is the number of changes.
func (r RoleReview) count() int {
	n := len(r.changes())
	if r.renamed() {
		n++
	}
	if r.described() {
		n++
	}
	return n
}

// story is who saved which version and when, and what is left to decide.
func (m RoleMerge) story() string {
	text := ui.FirstOf(m.Theirs.UpdatedBy, "Somebody else") + " saved version " + ui.Thousands(int(m.Theirs.Version)) + " " +
		ui.When(m.Theirs.UpdatedAt, m.Now) + "; you started from version " + ui.Thousands(int(m.Was.Version)) + ". "
	conflicts := len(m.Conflicts)
	if m.NameConflict {
		conflicts++
	}
	if m.AboutConflict {
		conflicts++
	}
	kept := len(m.Kept)
	switch {
	case conflicts == 0:
		return text + "None of your changes overlaps with theirs: all are kept."
	case kept == 0:
		return text + "Choose, line by line."
	default:
		return text + ui.Plural(kept, "change") + " of yours " + ui.Verb(kept, "don’t") + " overlap" + " and " + ui.Verb(kept, "are") + " kept. Choose for the rest."
	}
}

// unsettled reports whether there is anything to choose.
func (m RoleMerge) unsettled() bool { return m.NameConflict || m.AboutConflict || len(m.Conflicts) > 0 }

// theirName heads the column of the other save.
func (m RoleMerge) theirName() string { return ui.FirstOf(m.Theirs.UpdatedBy, "Theirs") }
