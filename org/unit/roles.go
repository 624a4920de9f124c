package unit

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// RoleScope is where roles live: an organization, or the site (the zero organization).
type RoleScope struct {
	Org    db.Organization
	Object rbac.Object // what rights to these roles are checked on
}

// Site reports whether it is the site.
func (h RoleScope) Site() bool { return h.Org.ID == uuid.Nil }

// May reports whether the caller may do the action to these roles. Only owners may write site roles: the catalog has no action
// for that.
func (h RoleScope) May(by *org.Actor, action string) bool {
	if h.Site() {
		return by.Owner()
	}
	return by.Can(action, h.Object)
}

// Forbidden refuses to do the action to these roles. Only owners may write those of the site: no permission stands for that.
func (h RoleScope) Forbidden(action string) *org.Error {
	if h.Site() {
		return org.ErrForbidden()
	}
	return org.ErrForbidden(h.Object.Type + ":" + action)
}

// SiteScope is the scope of the roles of the site.
var SiteScope = RoleScope{Object: org.SiteRolesObject}

// RoleScope finds the scope of roles. NotFound: no such organization, or its roles may not be read. It does not check whether the
// caller may read those of the site.
func (s Reader) RoleScope(ctx context.Context, by *org.Actor, in org.Scope) (RoleScope, error) {
	if in.OnSite() {
		return SiteScope, nil
	}
	o, err := s.Organization(ctx, by, in.Organization)
	if err != nil {
		return RoleScope{}, err
	}
	h := RoleScope{o, org.OrgRolesObject(o.ID)}
	if !by.Can("read", h.Object) {
		return RoleScope{}, org.ErrNotFound()
	}
	return h, nil
}

// Locks says which permissions the caller may not put into a role, or whose deny it may not remove.
func (s Reader) Locks(by *org.Actor, h RoleScope, canWrite bool) func(rbac.Level, rbac.Permission) string {
	return func(l rbac.Level, p rbac.Permission) string {
		switch {
		case !canWrite:
			return "You can't change this role"
		case len(by.Grants.CheckGrant(l, h.Org.ID, []rbac.Permission{p})) > 0:
			return "You can only grant or deny permissions you have yourself"
		}
		return ""
	}
}
