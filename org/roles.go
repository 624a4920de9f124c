package org

import (
	"iter"

	"rolecall.example/rbac"
)

// Levels walks the lists of a role by level.
func (r *Role) Levels() iter.Seq2[rbac.Level, []rbac.Permission] {
	return func(yield func(rbac.Level, []rbac.Permission) bool) {
		_ = yield(rbac.LevelSite, r.Site) && yield(rbac.LevelOrganization, r.Organization) && yield(rbac.LevelUser, r.User)
	}
}

// Rules is what the role says, for comparing it with another one.
func (r *Role) Rules() *rbac.Role {
	return &rbac.Role{Name: r.Name, DisplayName: r.DisplayName, Site: r.Site, Organization: r.Organization, User: r.User, BuiltIn: r.BuiltIn}
}
