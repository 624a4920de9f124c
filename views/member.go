package views

import (
	"slices"
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// MemberView is the page of one member.
type MemberView struct {
	Organization org.Organization
	Member       org.Member
	Records      []org.Assignment // of the roles here, and of the membership
	LinkRoles    bool             // the caller may open the roles
	LinkPeople   bool             // and accounts
	CanAssign    bool             // as in MemberRowView
	CanRemove    bool             // as in MemberRowView
	CanOffboard  bool             // and begin offboarding the account
	LinkAudit    bool             // and open the audit log
	Can          bool             // show what the member may do, instead of why
	Account      *org.UserView    // nil: the caller may not read it
	Activity     *Audit           // what the person did and what was done to them, instead of why
	Lately       *Audit           // the latest of that, below why; nil: the caller may not read it
	Confirm      bool             // ask for confirmation of a removal (MemberRemoveURL)
	Back         string           // as in MemberRowView
	Names        SourceNames      // for the sources of the records
	Explain      ExplainForm      // what the member may do, and why; left out if it has no organization
	Err          *org.Error
	Now          time.Time
}

// ShowsAccess reports whether the page shows what the member holds.
func (v MemberView) ShowsAccess() bool { return !v.Can && v.Activity == nil && !v.Confirm }

// signsIn describes how an account signs in, with its second step if the caller may know.
func signsIn(loginType string, secondStep bool) string {
	switch {
	case loginType == org.LoginNone:
		return "Service account: with tokens only"
	case loginType == org.LoginOIDC:
		return "With a sign-in provider"
	case secondStep:
		return "With a password and a code"
	}
	return "With a password"
}

// access returns the table of the records.
func (v MemberView) access() Access {
	return Access{
		Organization: v.Organization.Name, Records: v.Records, Roles: v.Member.Roles,
		LinkRoles: v.LinkRoles, LinkPeople: v.LinkPeople, Now: v.Now, Username: v.Member.Username, Back: v.Back, Names: v.Names,
		CanChange: v.CanAssign && v.Member.RolesRefusal == "", CanEndAll: v.CanRemove && v.Member.RemoveRefusal == "",
	}
}

// here returns the URL of the page as it is, without a list to go back to.
func (v MemberView) here() string {
	home, user := v.Organization.Name, v.Member.Username
	switch {
	case v.Activity != nil:
		return ActivityURL(home, user)
	case v.Explain.Question.Action != "":
		return ExplainURL(home, user, v.Explain.Question)
	case v.Can:
		return PermissionsURL(home, user)
	}
	return MemberURL(home, user)
}

// returns names the providers and directories that give the membership and will give it again.
func (v MemberView) returns() string {
	return ui.Join(syncedFrom(slices.DeleteFunc(slices.Clone(v.Records), func(r org.Assignment) bool { return !isMembership(r) }), v.Names))
}

// loses says what a member loses together with the membership.
func (v MemberView) loses() string {
	if n := len(v.Member.Roles); n > 0 {
		return "Access to " + v.Organization.Label() + " and " + ui.Plural(n, "role") + " there end at once: " + ui.Join(refNames(v.Member.Roles)) + "."
	}
	return "Access to " + v.Organization.Label() + " ends at once."
}
