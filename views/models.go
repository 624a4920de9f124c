// Package views turns what the use cases answer into HTML: whole pages, and the fragments of them that htmx swaps in.
// Every page is made of links and forms that work without script. The package holds no rule of the product: what may be
// done, and why something may not, it takes from the values of org. It knows nothing of requests, routes or sessions.
package views

import (
	"time"

	"rolecall/org"
	"rolecall/rbac"
)

// Shell is what the frame of a page needs besides its body.
type Shell struct {
	Title  string          // of the page; the layout adds organization and product
	Nav    *org.Navigation // nil: signed out, the plain frame
	Active string          // "members", "roles" or "": the current item of the navigation
	Theme  string          // "light", "dark", or "" to follow the system
	Flash  *Flash
	Crumbs []Crumb // from the first level down to the parent of this page
	Back   string  // path and query of this page: where the theme form returns to
}

// Crumb is a step on the way to a page.
type Crumb struct{ Label, URL string }

// Flash is a message about what has just been done.
type Flash struct {
	Message string
	Bad     bool // it did not work
}

// Members is the list of members with its search, filters and order.
type Members struct {
	List      org.MemberList
	Filter    org.MemberFilter
	Roles     []org.Role // for the role filter; empty: the caller may not see roles, so they are not linked either
	SiteRoles []org.Role // for the site role filter; may be empty
	Now       time.Time
}

// Row is one row of the list of members: what MemberRow needs besides the member.
type Row struct {
	Member       org.Member
	Organization org.Organization
	Query        string // what was searched for, to mark it
	LinkRoles    bool   // the caller may open the roles
	CanAssign    bool   // the caller may give or take roles here; org.Member.RolesRefusal has the last word
	CanRemove    bool   // likewise, with org.Member.RemoveRefusal
	Now          time.Time
}

// MemberView is the page of one member.
type MemberView struct {
	Organization org.Organization
	Member       org.Member
	LinkRoles    bool // the caller may open the roles
	CanAssign    bool // as in Row
	CanRemove    bool // as in Row
	Confirm      bool // ask whether the member shall really be removed (MemberRemoveURL)
	Err          *org.Error
	Now          time.Time
}

// AddMember is the page that looks for users who are not members yet.
type AddMember struct {
	Organization org.Organization
	Query        string
	Candidates   []org.User
	Err          *org.Error
}

// AssignmentForm is the form with the roles of a member.
type AssignmentForm struct {
	org.Assignment
	Checked map[string]bool // ticked by the person, by role name; nil: as held
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
	Catalog   *rbac.Catalog // nil: the default one
	Err       *org.Error
	Now       time.Time
}

// RoleDelete is the page that asks whether a role shall really be deleted.
type RoleDelete struct {
	View org.RoleView
	Err  *org.Error
}

// Login is the page to sign in.
type Login struct {
	Next, Email string
	Err         *org.Error
}

// Setup is the page that makes the first account.
type Setup struct {
	NeedToken             bool
	Email, Username, Name string
	Err                   *org.Error
}

// Problem is a failure that takes the place of a page or of a fragment.
type Problem struct {
	Status          int
	Message, Detail string
	Fields          []org.Field
	RequestID       string
	Back            string // where "Try again" or "Go back" leads; "" is the start page
}

// catalogOr gives the catalog of a model, which may be left out.
func catalogOr(c *rbac.Catalog) *rbac.Catalog {
	if c == nil {
		return rbac.Default()
	}
	return c
}
