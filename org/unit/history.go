package unit

import (
	"encoding/json"
	"fmt"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// VersionOf is the role as it stood in a stored version.
// It fails if the stored permissions are no JSON, which only a write past the program can bring about.
func VersionOf(r *org.Role, row db.RoleVersion) (org.RoleVersion, error) {
	var perms map[string][]rbac.Permission
	if err := json.Unmarshal([]byte(row.Permissions), &perms); err != nil {
		return org.RoleVersion{}, fmt.Errorf("version %d of role %s: %w", row.Version, r.Name, err)
	}
	was := *r
	was.DisplayName, was.Version, was.UpdatedAt, was.UpdatedBy = row.DisplayName, row.Version, row.CreatedAt, row.CreatedBy
	for _, level := range []rbac.Level{rbac.LevelSite, rbac.LevelOrganization, rbac.LevelUser} {
		*was.At(level.String()) = perms[level.String()]
	}
	return org.RoleVersion{Version: row.Version, CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy, Role: was}, nil
}
