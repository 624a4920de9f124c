package views

import (
	"fmt"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Roles is the list of roles of an organization or of the site.
type Roles struct {
	List    org.RoleList
	Catalog *rbac.Catalog
	Now     time.Time
}

// ofSite reports whether the roles are those of the site, not of an organization.
func (r Roles) ofSite() bool { return r.List.Organization.Name == "" }

func (r Roles) title() string {
	if r.ofSite() {
		return "Site roles"
	}
	return "Roles"
}

// holder is the noun for a holder of these roles.
func (r Roles) holder() string {
	if r.ofSite() {
		return "user"
	}
	return "member"
}

func (r Roles) label() string {
	if r.ofSite() {
		return "Roles of the site"
	}
	return "Roles of " + r.List.Organization.Label()
}

// holders heads the column with the number of holders.
func (r Roles) holders() string {
	if r.ofSite() {
		return "Users"
	}
	return "Members"
}

func (r Roles) group(builtIn bool) []org.Role {
	var out []org.Role
	for _, role := range r.List.Roles {
		if role.BuiltIn == builtIn {
			out = append(out, role)
		}
	}
	return out
}

// groupLabel stands above the custom or the built-in roles.
func (r Roles) groupLabel(builtIn bool) string {
	n := len(r.group(builtIn))
	switch {
	case builtIn && r.List.CanCreate:
		return fmt.Sprintf("Built-in roles · %d · can’t be changed; duplicate one to start from it", n)
	case builtIn:
		return fmt.Sprintf("Built-in roles · %d · can’t be changed", n)
	case n == 0:
		return "Custom roles · none yet"
	default:
		return fmt.Sprintf("Custom roles · %d", n)
	}
}
