package views

import (
	"strconv"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// The values of the field "do", for buttons of the form of a role that do not save.
const (
	StepReview = "review" // show the changes that saving would make
	StepEdit   = "edit"   // back to the editor with all input
)

// RoleReview is the page between the editor and the save: the changes, and their impact on people. Editor is filled in
// as after a refused save.
type RoleReview struct {
	Editor RoleEditor
	Impact org.Impact
	Err    *org.Error // a refusal that the editor has no field for
}

// RoleRestore is the page that reviews restoring a version of a role: the changes, and their impact on people.
type RoleRestore struct {
	org.RestoreReview
	Catalog *rbac.Catalog
	Err     *org.Error // why it was not or can't be restored
	Refused bool       // it can't be restored
	Now     time.Time
}

// roleEdit is a role as it is stored, and as it would be.
type roleEdit struct {
	was, becomes org.Role
	fresh        bool // nothing is stored yet
}

// RoleMerge is the page that merges two saves of one role: changes that do not overlap are kept, and each conflict is a
// choice.
type RoleMerge struct {
	View org.RoleView // as it is stored now
	org.Merge
	Now     time.Time
	Catalog *rbac.Catalog
}

// edit returns the change under review.
func (r RoleReview) edit() roleEdit {
	if r.Editor.New {
		return roleEdit{becomes: r.Editor.View.Role, fresh: true}
	}
	return roleEdit{was: r.Editor.stored(), becomes: r.Editor.View.Role}
}

// impact returns what saving would do.
func (r RoleReview) impact() impactView {
	o := r.Editor.View.Organization.Name
	return impactView{Impact: r.Impact, catalog: r.Editor.Catalog, organization: o, url: RolesURL(o), step: ui.Hidden{Name: "do", Value: StepReview}}
}

// edit returns the change under review.
func (r RoleRestore) edit() roleEdit { return roleEdit{was: r.View.Role, becomes: r.Version.Role} }

// savedBy begins the sentence about the version: who saved it, if the caller may know.
func (r RoleRestore) savedBy() string {
	if r.Version.CreatedBy == "" {
		return "This version was saved on"
	}
	return r.Version.CreatedBy + " saved this version on"
}

// possible reports whether restoring would change anything and is allowed.
func (r RoleRestore) possible() bool { return !r.Refused && r.edit().count() > 0 }

// restoring has what the page shows that asks whether to restore a role.
type restoring struct {
	what, button   string // "Restore version 3 of", "Restore version 3"
	action, cancel string // URLs
	role           org.Role
	edit           roleEdit
	possible       bool
	impact         impactView
	catalog        *rbac.Catalog
	err            *org.Error
}

func (r RoleRestore) form() restoring {
	organization, role := r.View.Organization.Name, r.View.Role
	button := "Restore version " + strconv.FormatInt(r.Version.Version, 10)
	return restoring{
		what: button + " of", button: button, action: RoleRestoreURL(organization, role.Name), cancel: RoleHistoryURL(organization, role.Name),
		role: role, edit: r.edit(), possible: r.possible(), catalog: r.Catalog, err: r.Err,
		impact: impactView{Impact: r.Impact, catalog: r.Catalog, organization: organization, url: RoleRestoreReviewURL(organization, role.Name, r.Version.Version), linked: true},
	}
}

// DeletedRole is the page that reviews restoring a deleted role: its content, and its impact on people.
type DeletedRole struct {
	org.DeletedReview
	Catalog *rbac.Catalog
	Err     *org.Error // why it can't be restored
}

func (r DeletedRole) form() restoring {
	role := r.Deleted.Role
	return restoring{
		what: "Restore", button: "Restore role", action: UndoURL(r.Deleted.Entry.String()), cancel: DeletedRolesURL(r.Organization.Name),
		role: role, edit: roleEdit{becomes: role, fresh: true}, possible: r.Err == nil, catalog: r.Catalog, err: r.Err,
		impact: impactView{Impact: r.Impact, catalog: r.Catalog, organization: r.Organization.Name, url: DeletedRoleURL(r.Organization.Name, r.Deleted.Entry), linked: true},
	}
}

// deletedBy begins the sentence about the deletion: who did it, if the caller may know.
func (r DeletedRole) deletedBy() string {
	if r.Deleted.DeletedBy == "" {
		return "This role was deleted on"
	}
	return r.Deleted.DeletedBy + " deleted this role on"
}

// changes returns the permissions that change.
func (e roleEdit) changes() []rbac.Difference { return rbac.Diff(e.was.Rules(), e.becomes.Rules()) }

// renamed reports whether the display name changes too.
func (e roleEdit) renamed() bool { return !e.fresh && e.was.DisplayName != e.becomes.DisplayName }

// described reports whether the description changes too.
func (e roleEdit) described() bool { return !e.fresh && e.was.Description != e.becomes.Description }

// count returns the number of changes.
func (e roleEdit) count() int {
	n := len(e.changes())
	if e.renamed() {
		n++
	}
	if e.described() {
		n++
	}
	return n
}

// story says who saved which version and when, and what is left to decide.
func (m RoleMerge) story() string {
	text := ui.FirstOf(m.Theirs.UpdatedBy, "Someone else") + " saved version " + ui.Thousands(int(m.Theirs.Version)) + " " +
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

// theirName returns the heading of the column of the other save.
func (m RoleMerge) theirName() string { return ui.FirstOf(m.Theirs.UpdatedBy, "Theirs") }
