package views

import "rolecall.example/org"

// RoleDelete is the page that asks whether a role shall really be deleted.
type RoleDelete struct {
	View   org.RoleView
	Impact org.Impact
	Err    *org.Error
}

// manyMembers is how many people a role may be taken from without typing its name.
const manyMembers = 10

// holders is how many hold the role: from the dry run where the caller may not read who they are, org.Unknown if neither
// tells.
func (d RoleDelete) holders() int {
	if d.View.Role.Members == org.Unknown && d.View.CanDelete {
		return d.Impact.Members
	}
	return d.View.Role.Members
}

func (d RoleDelete) holder() string {
	if d.View.Organization.Name == "" {
		return "user"
	}
	return "member"
}
