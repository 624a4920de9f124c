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

// VersionOf is the role as it stood in a stored version, in the words of today. What means nothing any more stands apart.
// It fails if the stored permissions are no JSON, which only a write past the program can bring about.
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
	var err error
	if was.Dead, err = s.translate(ctx, &was, row.CatalogVersion); err != nil {
		return org.RoleVersion{}, err
	}
	for level, list := range was.Levels() {
		*was.At(level.String()) = slices.DeleteFunc(list, func(p rbac.Permission) bool {
			return slices.Contains(was.Dead, org.DeadPermission{Level: level, Permission: p})
		})
	}
	return org.RoleVersion{Version: row.Version, CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy, Role: was, RestoredFrom: row.RestoredFrom}, nil
}
