package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// MemberView is the page of one member.
type MemberView struct {
	Organization org.Organization
	Member       org.Member
	LinkRoles    bool        // the caller may open the roles
	CanAssign    bool        // as in MemberRowView
	CanRemove    bool        // as in MemberRowView
	Confirm      bool        // ask for confirmation of a removal (MemberRemoveURL)
	Back         string      // as in MemberRowView
	Explain      ExplainForm // what the member may do, and why; without an organization it is left out
	Err          *org.Error
	Now          time.Time
}

// loses is the sentence about what a member loses with the membership.
func (v MemberView) loses() string {
	if n := len(v.Member.Roles); n > 0 {
		return "Access to " + v.Organization.Label() + " and " + ui.Plural(n, "role") + " there end at once: " + ui.Join(refNames(v.Member.Roles)) + "."
	}
	return "Access to " + v.Organization.Label() + " ends at once."
}
