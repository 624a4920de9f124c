package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// What the buttons of a role's form ask for besides saving, in the field "do".
const (
	StepReview = "review" // show what saving would change
	StepEdit   = "edit"   // back to the editor, with everything that was entered
)

// RoleReview is the page between the editor and the save: what changes, and what that does to people. Editor holds what
// was entered, as after a refused save.
type RoleReview struct {
	Editor RoleEditor
	Impact org.Impact
	Err    *org.Error // a refusal that the editor has no field for
}

// RoleMerge is the page that settles two saves of one role: what does not overlap is kept, and each clash is a choice.
type RoleMerge struct {
	View org.RoleView // as it is stored now
	org.Merge
	Now time.Time
}

// changes are what the review is about.
func (r RoleReview) changes() []rbac.Difference {
	var was org.Role
	if !r.Editor.New {
		was = r.Editor.stored()
	}
	return rbac.Diff(was.Rules(), r.Editor.View.Role.Rules())
}

// renamed says whether the display name changes too.
func (r RoleReview) renamed() bool {
	return !r.Editor.New && r.Editor.stored().DisplayName != r.Editor.View.Role.DisplayName
}

// count is how many changes there are.
func (r RoleReview) count() int {
	n := len(r.changes())
	if r.renamed() {
		n++
	}
	return n
}

// story says who saved what when, and what is left to decide.
func (m RoleMerge) story() string {
	text := ui.FirstOf(m.Theirs.UpdatedBy, "Somebody else") + " saved version " + ui.Thousands(int(m.Theirs.Version)) + " " +
		ui.When(m.Theirs.UpdatedAt, m.Now) + "; you started from version " + ui.Thousands(int(m.Was.Version)) + ". "
	conflicts := len(m.Conflicts)
	if m.NameConflict {
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

// theirName is how the column of the other save is called.
func (m RoleMerge) theirName() string { return ui.FirstOf(m.Theirs.UpdatedBy, "Theirs") }
