package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Members is the list of members with its search, filters and order.
type Members struct {
	List      org.MemberList
	Filter    org.MemberFilter
	Roles     []org.Role    // for the role filter; empty: the caller may not see roles, so they are not linked either
	Holding   *org.RoleView // the list is of those who hold this role (RoleMembersPage)
	SiteRoles []org.Role    // for the site role filter; may be empty
	Now       time.Time
}

// MemberRowView is one row of the list of members: what MemberRow needs besides the member.
type MemberRowView struct {
	Member       org.Member
	Organization org.Organization
	Query        string // what was searched for, to mark it
	Back         string // the list to go back to from the pages of the member; "" is all members
	LinkRoles    bool   // the caller may open the roles
	CanAssign    bool   // the caller may give or take roles here; org.Member.RolesRefusal has the last word
	CanRemove    bool   // likewise, with org.Member.RemoveRefusal
	Aside        bool   // the row goes to its place out of band
	Now          time.Time
}

// MemberView is the page of one member.
type MemberView struct {
	Organization org.Organization
	Member       org.Member
	LinkRoles    bool        // the caller may open the roles
	CanAssign    bool        // as in MemberRowView
	CanRemove    bool        // as in MemberRowView
	Confirm      bool        // ask whether the member shall really be removed (MemberRemoveURL)
	Back         string      // as in MemberRowView
	Explain      ExplainForm // what the member may do, and why; without an organization it is left out
	Err          *org.Error
	Now          time.Time
}

// AddMember is the page that looks for users who are not members yet.
type AddMember struct {
	Organization org.Organization
	Query        string
	Candidates   []org.User
	Names        string          // in the box for many at once
	Result       *org.BulkResult // what became of those that were in the box
	Err          *org.Error
}

// BulkConfirm is the page that asks back before a change of many members.
type BulkConfirm struct {
	Bulk   org.Bulk
	Role   string // display name of the role
	Result org.BulkResult
	Impact org.Impact
	Filter org.MemberFilter // of the list that it came from
	Err    *org.Error
}

// BulkDone is the page that tells what a change of many members did, when it left some out.
type BulkDone struct {
	Bulk   org.Bulk
	Role   string
	Result org.BulkResult
	Filter org.MemberFilter
}

// AssignmentForm is the form with the roles of a member.
type AssignmentForm struct {
	org.Assignment
	Version string          // tag of the membership or account that the form began from
	Checked map[string]bool // ticked by the person, by role name; nil: as held
	Back    string          // as in MemberRowView
	Err     *org.Error
	Catalog *rbac.Catalog // for the counts; nil: the default one
}

// Roles is the list of roles of an organization or of the site.
type Roles struct {
	List    org.RoleList
	Catalog *rbac.Catalog // nil: the default one
	Now     time.Time
}

// RoleEditor is the page of one role: its names and the grid of its permissions.
//
// After a refused save View.Role holds what the person entered, with the permissions in the order in which the use case
// saw them (so that a field like "organization_permissions[3].action" of Err finds its cell), and Stored what is stored.
type RoleEditor struct {
	View      org.RoleView
	New       bool
	CanCreate bool          // the caller may create roles: offers to duplicate this one
	Stored    *org.Role     // what is stored, to mark edits against; nil: View.Role
	Choices   []org.Role    // what a new role can start from
	Start     string        // name of the role that a new one was started from
	Again     bool          // it comes back from the review: what was entered is not saved
	Catalog   *rbac.Catalog // nil: the default one
	Err       *org.Error
	Now       time.Time
}

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

// RoleDelete is the page that asks whether a role shall really be deleted.
type RoleDelete struct {
	View   org.RoleView
	Impact org.Impact
	Err    *org.Error
}

// Login is the page to sign in.
type Login struct {
	Next, Email string
	PasswordSet bool // the person has just set a password by a link
	Ended       bool // the session ended, and what was sent then was not saved
	Err         *org.Error
}

// Setup is the page that makes the first account.
type Setup struct {
	Token                 string
	Email, Username, Name string
	Err                   *org.Error
}

// Problem is a failure that takes the place of a page or of a fragment.
type Problem struct {
	Status          int
	Message, Detail string
	Fields          []org.Field
	RequestID       string
	Back            string   // where "Try again" or "Go back" leads; "" is the start page
	Why             string   // the page that tells what the person may do, "" if there is none
	Missing         []string // the permissions that it takes, as type:action
	Grantors        []string // display names of roles that give them
}
