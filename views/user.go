package views

import (
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// UserPage is the page of one account.
type UserPage struct {
	org.UserView
	Confirm   bool   // ask for confirmation of a deletion (UserDeleteURL)
	Suspend   bool   // ask whether to suspend it (UserSuspendURL)
	Activity  *Audit // as in MemberView, in place of the rest
	Created   bool   // it was just created: the page leads on
	LinkRoles bool   // the caller may open site roles
	LinkAudit bool   // and the audit log
	Back      string // as in UserRowView
	Names     SourceNames
	NewLink   string // the address that sets the password, shown once
	Err       *org.Error
	Failed    string // the form that was refused: "profile", "password" or ""
	Username  string // as entered in a refused form
	Name      string
	Email     string
	Now       time.Time
}

// here returns the URL of the page as it is, without a list to go back to.
func (p UserPage) here() string {
	if p.Activity != nil {
		return ActivityURL("", p.User.Username)
	}
	return UserURL(p.User.Username)
}

// access returns the table of the site roles.
func (p UserPage) access() Access {
	return Access{
		Records: p.Records, Roles: p.User.Roles, LinkRoles: p.LinkRoles, LinkPeople: true,
		Username: p.User.Username, CanChange: p.RolesRefusal == "" && p.LinkRoles, Back: p.Back, Now: p.Now, Names: p.Names,
	}
}

// goes lists what is deleted with an account.
func (p UserPage) goes() []string {
	var out []string
	if n := len(p.User.OrganizationIDs); n > 0 {
		out = append(out, ui.Plural(n, "membership")+", with the roles held there")
	}
	if n := len(p.User.Roles); n > 0 {
		out = append(out, ui.Plural(n, "site role")+": "+ui.Join(refNames(p.User.Roles)))
	}
	if p.Tokens > 0 {
		out = append(out, ui.Plural(p.Tokens, "API token")+": programs that use them stop working immediately")
	}
	return append(out, "Every session: they are signed out at once")
}

// linkNote returns the note beside a new link that sets a password. A path without a host is not a link yet.
func linkNote(link string) string {
	note := "Pass it on now: it is shown this once. It works once, and for 3 days. A new link makes this one stop working."
	if strings.HasPrefix(link, "/") {
		return "Set --access-url to get a complete link. " + note
	}
	return note
}

// who names the account of a page in URLs: "me" for the caller.
func who(v org.UserView) string {
	if v.Self {
		return "me"
	}
	return v.User.Username
}

// savedMeanwhile says, beside a field of a form that came too late, what another person has stored there.
func savedMeanwhile(err *org.Error, entered, stored string) string {
	if err == nil || !err.Outdated || entered == stored {
		return ""
	}
	return "Saved since by someone else: " + ui.FirstOf(stored, "nothing")
}

// failed returns the error of a form, nil if another one was refused.
func (p UserPage) failed(form string) *org.Error {
	if p.Failed == form {
		return p.Err
	}
	return nil
}

func (p UserPage) statusVerb() string {
	if p.User.Status == org.StatusSuspended {
		return "Can’t be reactivated"
	}
	return "Can’t be suspended"
}

// emailField returns what the field of the e-mail address shows, nil if the caller may not change it.
func (p UserPage) emailField() *string {
	switch {
	case p.ProfileRefusal != "" || p.EmailRefusal != "":
		return nil
	case p.failed("profile") != nil:
		return &p.Email
	}
	return &p.User.Email
}

// profileAnchors returns the anchors of the profile form's fields; the address has one only if it is shown.
func profileAnchors(email bool) map[string]string {
	out := map[string]string{"username": "username", "name": "name"}
	if email {
		out["email"] = "email"
	}
	return out
}
