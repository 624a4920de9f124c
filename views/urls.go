package views

import (
	"net/url"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// PageSize is the number of rows of a list whose URL does not say how many.
const PageSize = ui.PageSize

// The pages that belong to no organization.
const (
	HomeURL   = "/"
	LoginURL  = "/login"
	LogoutURL = "/logout"
	SetupURL  = "/setup"
	ThemeURL  = "/theme"
)

// OrganizationURL is what all URLs of an organization, given by its name, begin with.
func OrganizationURL(organization string) string {
	return "/organizations/" + url.PathEscape(organization)
}

// MembersURL is the list of members with f applied. What is as it is anyway stays out of the query.
func MembersURL(organization string, f org.MemberFilter) string {
	return ui.URL(OrganizationURL(organization)+"/members", memberQuery(f))
}

// MembersCSVURL is the same list as a file: all rows, whatever the page shows.
func MembersCSVURL(organization string, f org.MemberFilter) string {
	f.Limit, f.Offset = 0, 0
	q := memberQuery(f)
	q.Set("format", "csv")
	return ui.URL(OrganizationURL(organization)+"/members", q)
}

func memberQuery(f org.MemberFilter) url.Values {
	q := url.Values{}
	if f.Query != "" {
		q.Set("q", f.Query)
	}
	for _, r := range f.Roles {
		q.Add("role", r)
	}
	for _, r := range f.SiteRoles {
		q.Add("site_role", r)
	}
	for _, s := range f.Statuses {
		q.Add("status", string(s))
	}
	ui.SetSort(q, f.Sort, org.MemberSorts[0])
	ui.SetPage(q, f.Limit, f.Offset)
	return q
}

// NewMemberURL is the page that adds members, with the users found by query.
func NewMemberURL(organization, query string) string {
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	return ui.URL(OrganizationURL(organization)+"/members/new", q)
}

// MemberURL is the page of a member, given by username; POST adds, DELETE removes.
func MemberURL(organization, user string) string {
	return OrganizationURL(organization) + "/members/" + url.PathEscape(user)
}

// MemberRemoveURL is the page of a member that asks whether to remove it (MemberView.Confirm).
func MemberRemoveURL(organization, user string) string {
	return MemberURL(organization, user) + "?confirm=remove"
}

// MemberRolesURL is the form with the roles of a member; PUT saves.
func MemberRolesURL(organization, user string) string {
	return MemberURL(organization, user) + "/roles"
}

// RolesURL is the list of roles; PUT saves one. The name "" stands for the site.
func RolesURL(organization string) string {
	if organization == "" {
		return "/users/roles"
	}
	return OrganizationURL(organization) + "/members/roles"
}

// NewRoleURL is the form for a new role, filled from another role unless from is "".
func NewRoleURL(organization, from string) string {
	q := url.Values{}
	if from != "" {
		q.Set("from", from)
	}
	return ui.URL(RolesURL(organization)+"/new", q)
}

// RoleURL is the editor of a role; DELETE deletes it.
func RoleURL(organization, role string) string {
	return RolesURL(organization) + "/" + url.PathEscape(role)
}

// RoleDeleteURL is the page that asks whether to delete a role (RoleDelete).
func RoleDeleteURL(organization, role string) string {
	return RoleURL(organization, role) + "?confirm=delete"
}

// RoleMembersURL is the list of those who hold a role.
func RoleMembersURL(organization, role string) string {
	if organization == "" {
		return UsersURL(org.UserFilter{Roles: []string{role}})
	}
	return RoleURL(organization, role) + "/members"
}

// UndoURL takes back the change that an audit entry tells of.
func UndoURL(entry string) string { return "/audit/" + url.PathEscape(entry) + "/undo" }

// WithBack makes the page at a URL one that leads back to a list as it was left, unless that is "".
func WithBack(u, list string) string {
	if list == "" {
		return u
	}
	path, q := ui.SplitURL(u)
	q.Set("back", list)
	return ui.URL(path, q)
}

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
