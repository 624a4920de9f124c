package views

import (
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// BulkConfirm is the confirm page before a change of many members.
type BulkConfirm struct {
	Bulk    org.Bulk
	Role    string // display name of the role
	With    string // and of the one that replaces it
	Result  org.BulkResult
	Impact  org.Impact
	Catalog *rbac.Catalog
	Filter  org.MemberFilter // of the list that it came from
	Terms   TermsForm        // of a role that is added
	Err     *org.Error

	Back      string    // the page that it came from instead of the list, "" for the list
	OnlyShow  bool      // there is nothing to confirm: the page shows the selection
	Everybody bool      // all are named, however many they are
	Focus     uuid.UUID // whose line has the focus, after the one before it was left out
}

// BulkDone is the page with the outcome of a change of many members that left some out.
type BulkDone struct {
	Bulk   org.Bulk
	Role   string
	With   string
	Result org.BulkResult
	Filter org.MemberFilter
}

// Title returns the question of the page.
func (b BulkConfirm) Title() string {
	n := len(b.Result.Done)
	if b.OnlyShow {
		return ui.Plural(n, "member") + " selected"
	}
	if n == 0 {
		return "Nothing to change"
	}
	switch b.Bulk.Action {
	case org.BulkAddRole:
		return "Add " + b.Role + " to " + ui.Plural(n, "member") + "?"
	case org.BulkRemoveRole:
		return "Remove " + b.Role + " from " + ui.Plural(n, "member") + "?"
	case org.BulkReplaceRole:
		return "Replace " + b.Role + " with " + b.With + " for " + ui.Plural(n, "member") + "?"
	default:
		return "Remove " + ui.Plural(n, "member") + " from " + b.Result.Organization.Label() + "?"
	}
}

// verb returns the label of the button.
func (b BulkConfirm) verb() string {
	n := ui.Plural(len(b.Result.Done), "member")
	switch b.Bulk.Action {
	case org.BulkAddRole:
		return "Add role to " + n
	case org.BulkRemoveRole:
		return "Remove role from " + n
	case org.BulkReplaceRole:
		return "Replace role of " + n
	default:
		return "Remove " + n
	}
}

// unchanged returns the line about members who need no change.
func (b BulkConfirm) unchanged() string {
	n := len(b.Result.Unchanged)
	if b.Bulk.Action == org.BulkRemoveRole || b.Bulk.Action == org.BulkReplaceRole {
		return ui.Plural(n, "member") + " " + ui.Verb(n, "don’t") + " have it."
	}
	return ui.Plural(n, "member") + " " + ui.Verb(n, "have") + " it already."
}

// gives reports whether a role is added, so that it can have an end.
func (b BulkConfirm) gives() bool {
	return b.Bulk.Action == org.BulkAddRole || b.Bulk.Action == org.BulkReplaceRole
}

// terms returns the fields for the role that is added.
func (b BulkConfirm) terms() TermsForm {
	b.Terms.Label, b.Terms.Err = "The role ends", b.Err
	if b.Bulk.Action == org.BulkReplaceRole {
		b.Terms.Label, b.Terms.Open = "The new role ends", "When the old one would"
	}
	return b.Terms
}

// impact returns what the change would do.
func (b BulkConfirm) impact() impactView {
	o := b.Result.Organization.Name
	return impactView{Impact: b.Impact, catalog: b.Catalog, organization: o, url: MembersURL(o, b.Filter)}
}

// all reports whether the change is for every member who matches the filter, not for ticked rows.
func (b BulkConfirm) all() bool { return b.Bulk.Match != nil }

// meant returns how many members the question is about.
func (b BulkConfirm) meant() int {
	return len(b.Result.Done) + len(b.Result.Unchanged) + len(b.Result.Refused)
}

// Sentence describes the outcome.
func (b BulkDone) Sentence() string {
	n := len(b.Result.Done)
	switch {
	case n == 0:
		return "Nothing was changed."
	case b.Bulk.Action == org.BulkAddRole:
		return b.Role + " was added to " + ui.Plural(n, "member") + "."
	case b.Bulk.Action == org.BulkRemoveRole:
		return b.Role + " was removed from " + ui.Plural(n, "member") + "."
	case b.Bulk.Action == org.BulkReplaceRole:
		return b.Role + " was replaced with " + b.With + " for " + ui.Plural(n, "member") + "."
	default:
		return ui.Plural(n, "member") + " " + ui.Verb(n, "were") + " removed."
	}
}

// Message describes the outcome after the confirm page has named who is left out, and why.
func (b BulkDone) Message() string {
	if n := len(b.Result.Refused); n > 0 {
		return b.Sentence() + " " + ui.Plural(n, "member") + " " + ui.Verb(n, "were") + " left out."
	}
	return b.Sentence()
}

// UndoneMessage describes the outcome of undoing what one request did.
func UndoneMessage(r *org.BulkResult) string {
	var changed []string
	if n := len(r.Done); n > 0 || len(r.Users) == 0 {
		changed = append(changed, ui.Plural(n, "member"))
	}
	if n := len(r.Users); n > 0 {
		changed = append(changed, ui.Plural(n, "account"))
	}
	message := "The changes of " + ui.Join(changed) + " were undone."
	if slices.ContainsFunc(r.Users, func(u org.User) bool { return u.Status == org.StatusActive }) {
		message += " Sessions that ended stay ended."
	}
	if n := len(r.Refused); n > 0 {
		noun := "member"
		if len(r.Users) > 0 {
			noun = "change"
		}
		message += " " + ui.Plural(n, noun) + " " + ui.Verb(n, "stay") + " as before: " + r.Refused[0].Reason
	}
	return message
}

// AddedSentence describes the outcome of adding n users as members when none was left out.
func AddedSentence(n int) string {
	return ui.Plural(n, "member") + " " + ui.Verb(n, "were") + " added."
}

// maxListed is how many lines a list of people or permissions shows before it is cut or folded.
const maxListed = 12

func firstN[T any](list []T) []T { return list[:min(maxListed, len(list))] }
func rest[T any](list []T) []T   { return list[min(maxListed, len(list)):] }

func summarize(members []org.Member) string {
	var names []string
	for _, m := range firstN(members) {
		names = append(names, m.Label())
	}
	if more := len(members) - len(names); more > 0 {
		names = append(names, ui.Thousands(more)+" more")
	}
	return ui.Join(names)
}
