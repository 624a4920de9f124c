package views

import (
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// RoleDelete is the page that asks whether to delete a role.
type RoleDelete struct {
	View    org.RoleView
	Impact  org.Impact
	Catalog *rbac.Catalog
	Err     *org.Error
}

// manyMembers is how many people may lose a role or a membership without its name having to be typed.
const manyMembers = 10

// holders returns the number of holders. If the caller may not read them, it comes from the dry run; it is org.Unknown
// if that has none either.
func (d RoleDelete) holders() int {
	if d.View.Role.Members == org.Unknown && d.View.CanDelete {
		return d.Impact.Members
	}
	return d.View.Role.Members
}

// impact returns what the deletion would do.
func (d RoleDelete) impact() impactView {
	o := d.View.Organization.Name
	return impactView{Impact: d.Impact, catalog: d.Catalog, organization: o, url: RoleDeleteURL(o, d.View.Role.Name), linked: true}
}

// replaceable reports whether a role is one of an organization whose holders the caller sees, and may give another one instead.
func replaceable(v org.RoleView) bool {
	return v.Organization.Name != "" && v.Role.Members > 0 && v.Role.Assignable
}

func (d RoleDelete) holder() string {
	if d.View.Organization.Name == "" {
		return "user"
	}
	return "member"
}
