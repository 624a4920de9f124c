package org

import (
	"rolecall.example/rbac"
)

// At returns the list of the level of that name.
func (r *Role) At(level string) *[]rbac.Permission {
	switch level {
	case rbac.LevelSite.String():
		return &r.Site
	case rbac.LevelUser.String():
		return &r.User
	default:
		return &r.Organization
	}
}
