package unit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// VersionOf returns the role as it was in a stored version, in the words of today, and separately what has no meaning any more.
// It fails if the stored permissions are not JSON, which only a write past the program can cause.
func (s Reader) VersionOf(ctx context.Context, r *org.Role, row db.RoleVersion) (org.RoleVersion, error) {
	var perms map[string][]rbac.Permission
	if err := json.Unmarshal([]byte(row.Permissions), &perms); err != nil {
		return org.RoleVersion{}, fmt.Errorf("version %d of role %s: %w", row.Version, r.Name, err)
	}
	was := *r
	was.DisplayName, was.Description = row.DisplayName, row.Description
	was.Version, was.UpdatedAt, was.UpdatedBy = row.Version, row.CreatedAt, row.CreatedBy
	for _, level := range []rbac.Level{rbac.LevelSite, rbac.LevelOrganization, rbac.LevelUser} {
		*was.At(level.String()) = perms[level.String()]
	}
	err := s.bringUp(ctx, &was, row.CatalogVersion)
	return org.RoleVersion{Version: row.Version, CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy, Role: was, RestoredFrom: row.RestoredFrom}, err
}

// bringUp puts an earlier state of a role into the words of today. It moves what has no meaning any more to a separate list.
func (s Reader) bringUp(ctx context.Context, was *org.Role, written int64) (err error) {
	if was.Dead, err = s.translate(ctx, was, written); err != nil {
		return err
	}
	for level, list := range was.Levels() {
		*was.At(level.String()) = slices.DeleteFunc(list, func(p rbac.Permission) bool {
			return slices.Contains(was.Dead, org.DeadPermission{Level: level, Permission: p})
		})
	}
	return nil
}

// DeletedRole returns a custom role from the entry of its deletion, in the words of today. It fails if what the entry holds
// is not JSON, which only a write past the program can cause.
func (s Reader) DeletedRole(ctx context.Context, e db.AuditLog) (org.DeletedRole, error) {
	type text struct{ Old string }
	type list struct{ Old []rbac.Permission }
	var was struct {
		DisplayName  text `json:"display_name"`
		Description  text `json:"description"`
		Site         list `json:"site_permissions"`
		Organization list `json:"org_permissions"`
		User         list `json:"user_permissions"`
	}
	if err := json.Unmarshal([]byte(e.Changes), &was); err != nil {
		return org.DeletedRole{}, fmt.Errorf("audit entry %s: %w", e.ID, err)
	}
	written, err := s.CatalogAt(ctx, e.Time)
	if err != nil {
		return org.DeletedRole{}, err
	}
	role := org.Role{
		OrganizationID: e.OrganizationID.UUID, Name: e.ResourceTarget, DisplayName: was.DisplayName.Old, Description: was.Description.Old,
		Site: was.Site.Old, Organization: was.Organization.Old, User: was.User.Old,
	}
	err = s.bringUp(ctx, &role, written)
	return org.DeletedRole{Entry: e.ID, DeletedAt: e.Time, DeletedBy: e.Actor, Role: role}, err
}
