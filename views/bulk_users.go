package views

import (
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// UsersConfirm is the confirm page before many accounts are changed.
type UsersConfirm struct {
	Bulk   org.UserBulk
	Result org.UserBulkResult
	Filter org.UserFilter // of the list that it came from
	Err    *org.Error

	OnlyShow  bool // as in BulkConfirm, like the two below
	Everybody bool
	Focus     uuid.UUID
}

// usersVerbs has two words for each action: the label of its button, and the past participle.
var usersVerbs = map[org.BulkAction][2]string{
	org.BulkSuspend: {"Suspend", "suspended"}, org.BulkActivate: {"Reactivate", "reactivated"}, org.BulkDelete: {"Delete", "deleted"},
}

// asks reports whether there is anything to confirm.
func (b UsersConfirm) asks() bool { return len(b.Result.Done) > 0 && !b.OnlyShow }

// Title returns the question of the page.
func (b UsersConfirm) Title() string {
	switch {
	case b.OnlyShow:
		return ui.Plural(len(b.Result.Done), "person") + " selected"
	case len(b.Result.Done) == 0:
		return "Nothing to change"
	}
	return b.verb() + "?"
}

// verb returns the label of the button.
func (b UsersConfirm) verb() string {
	return usersVerbs[b.Bulk.Action][0] + " " + ui.Plural(len(b.Result.Done), "person")
}

func (b UsersConfirm) action() string {
	if b.OnlyShow {
		return "show"
	}
	return string(b.Bulk.Action)
}

// meant returns how many accounts the question is about.
func (b UsersConfirm) meant() int {
	return len(b.Result.Done) + len(b.Result.Unchanged) + len(b.Result.Refused)
}

func (b UsersConfirm) picked() Picked {
	return Picked{All: b.Bulk.Match != nil, Users: b.Bulk.Users, Except: b.Bulk.Except}
}

// crowd returns the people that the question is about.
func (b UsersConfirm) crowd() crowd {
	a := crowd{everybody: b.Everybody, focus: b.Focus}
	for i := range b.Result.Done {
		u := &b.Result.Done[i]
		a.people = append(a.people, person{u.ID, u.Label(), u.Username, u.Email, UserURL(u.Username), u.ServiceAccount()})
	}
	for i := range b.Result.Unchanged {
		a.others = append(a.others, b.Result.Unchanged[i].ID)
	}
	a.others = append(a.others, refusedIDs(b.Result.Refused)...)
	return a
}

// lines returns what else to know before confirming.
func (b UsersConfirm) lines() (lines []string) {
	if n := len(b.Result.Unchanged); n > 0 {
		state := "active"
		if b.Bulk.Action == org.BulkSuspend {
			state = "suspended"
		}
		lines = append(lines, ui.Plural(n, "person")+" "+ui.Verb(n, "are")+" "+state+" already.")
	}
	if n := len(b.Bulk.Except); n > 0 {
		lines = append(lines, ui.Plural(n, "person")+" "+ui.Verb(n, "are")+" left as before: not selected.")
	}
	if b.meant() == 0 {
		lines = append(lines, "No one is selected.")
	}
	if !b.asks() {
		return lines
	}
	switch b.Bulk.Action {
	case org.BulkSuspend:
		return append(lines, "Sign-in and API tokens stop working immediately, and sessions end.", "Memberships, roles and tokens are kept but don’t work.")
	case org.BulkActivate:
		return append(lines, "They can sign in again. Memberships, roles and tokens work again as they are.")
	default:
		return append(lines, "This can’t be undone. Memberships, roles, API tokens and sessions go with the accounts, and the usernames become free.",
			"The audit log keeps what was done, with the old names.")
	}
}

// UsersDone describes the outcome of such a change, with how many were left out, and why the first one was.
func UsersDone(action org.BulkAction, r *org.UserBulkResult) string {
	n, message := len(r.Done), "Nothing was changed."
	if n > 0 {
		message = ui.Plural(n, "person") + " " + ui.Verb(n, "were") + " " + usersVerbs[action][1] + "."
	}
	if n := len(r.Refused); n > 0 {
		message += " " + ui.Plural(n, "person") + " " + ui.Verb(n, "were") + " left out: " + r.Refused[0].Reason
	}
	return message
}
