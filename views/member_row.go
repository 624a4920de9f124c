package views

import (
	"strconv"
	"time"

	"rolecall.example/org"
)

// MemberRowView is a row of the list of members: what MemberRow needs besides the member.
type MemberRowView struct {
	Member       org.Member
	Organization org.Organization
	Query        string // the search, to mark its matches
	Back         string // the list to go back to from the pages of the member; "" is all members
	LinkRoles    bool   // the caller may open the roles
	CanAssign    bool   // the caller may give or take roles here; org.Member.RolesRefusal has the last word
	CanRemove    bool   // likewise, with org.Member.RemoveRefusal
	Picked       bool   // the row is ticked
	Aside        bool   // the row goes to its place out of band
	Now          time.Time
}

// id returns the id of the row in the document. It contains the user id, which, unlike a name, is safe in a selector.
func (r MemberRowView) id() string { return memberID(r.Member) }

func memberID(m org.Member) string { return "m-" + m.UserID.String() }

func (r MemberRowView) url() string {
	return WithBack(MemberURL(r.Organization.Name, r.Member.Username), r.Back)
}

// shown returns the roles that a row has room for, hidden the names of the others.
func (r MemberRowView) shown() []org.RoleRef {
	return r.Member.Roles[:min(maxTags, len(r.Member.Roles))]
}

func (r MemberRowView) hidden() []string {
	var out []string
	for _, ref := range r.Member.Roles[len(r.shown()):] {
		out = append(out, ref.Label())
	}
	return out
}

// siteChip returns the site roles beside the name, which has room for two chips.
func (r MemberRowView) siteChip() []org.RoleRef {
	if r.Member.Self && r.Member.Status == org.StatusSuspended {
		return nil
	}
	return r.Member.SiteRoles
}

// editable reports whether the row has a pencil, or a lock instead. Without roles the words are the link.
func (r MemberRowView) editable() bool {
	return r.CanAssign && (len(r.Member.Roles) > 0 || r.Member.RolesRefusal != "")
}

// selectable reports whether the rows of the list have boxes to tick.
func (r MemberRowView) selectable() bool { return r.CanAssign || r.CanRemove }

func (r MemberRowView) moreLabel() string { return "+" + strconv.Itoa(len(r.hidden())) }
