-- name: ListRolesOfOrganization :many
SELECT * FROM roles WHERE organization_id = @organization_id ORDER BY name;

-- name: ListRolesOfSite :many
SELECT * FROM roles WHERE organization_id IS NULL ORDER BY name;

-- name: GetRoleOfOrganization :one
SELECT * FROM roles WHERE organization_id = @organization_id AND name = @name;

-- name: GetRoleOfSite :one
SELECT * FROM roles WHERE organization_id IS NULL AND name = @name;

-- name: CountRolesOfOrganization :one
SELECT count(*) FROM roles WHERE organization_id = @organization_id;

-- name: ListPermissions :many
SELECT level, resource_type, action, negate FROM role_permissions WHERE role_id = @role_id
ORDER BY level, resource_type, action;

-- name: ListPermissionsOfOrganization :many
SELECT p.* FROM roles r JOIN role_permissions p ON p.role_id = r.id WHERE r.organization_id = @organization_id
ORDER BY p.role_id, p.level, p.resource_type, p.action;

-- name: ListPermissionsOfSite :many
SELECT * FROM role_permissions p WHERE p.role_id IN (SELECT r.id FROM roles r WHERE r.organization_id IS NULL)
ORDER BY p.role_id, p.level, p.resource_type, p.action;

-- name: ListRolesOfMany :many
-- The roles of some organizations, by organization and name, a row for each permission of each, and one for a role without.
SELECT sqlc.embed(r), p.level, p.resource_type, p.action, p.negate
FROM roles r LEFT JOIN role_permissions p ON p.role_id = r.id
WHERE r.organization_id IN (sqlc.slice('organization_ids'))
ORDER BY r.organization_id, r.name, r.id, p.level, p.resource_type, p.action;

-- name: ListMemberships :many
-- The organizations of a user, and the roles held there.
SELECT organization_id, user_id, roles, next_end FROM organization_members WHERE user_id = @user_id;

-- name: ListMembershipsOfUsers :many
-- ListMemberships for some accounts at once.
SELECT user_id, organization_id, roles, next_end FROM organization_members WHERE user_id IN (sqlc.slice('user_ids'))
ORDER BY user_id, organization_id;

-- name: InsertRole :exec
-- unit: organization, site
INSERT INTO roles (id, organization_id, name, display_name, description, version, created_at, updated_at, updated_by, catalog_version)
VALUES (@id, @organization_id, @name, @display_name, @description, 1, @now, @now, @updated_by, @catalog_version);

-- name: UpdateRole :exec
-- unit: organization, site
UPDATE roles SET display_name = @display_name, description = @description, version = version + 1, updated_at = @now, updated_by = @updated_by,
    catalog_version = @catalog_version
WHERE id = @id;

-- name: DeleteRole :exec
-- unit: organization, site
DELETE FROM roles WHERE id = @id;

-- name: InsertPermission :exec
-- unit: organization, site
INSERT INTO role_permissions (role_id, level, resource_type, action, negate)
VALUES (@role_id, @level, @resource_type, @action, @negate);

-- name: DeletePermission :exec
-- unit: organization, site
DELETE FROM role_permissions WHERE role_id = @role_id AND level = @level AND resource_type = @resource_type AND action = @action;

-- name: DeletePermissionsOfRole :exec
-- For a role whose permissions are stored under other names than those of today.
-- unit: organization, site
DELETE FROM role_permissions WHERE role_id = @role_id;

-- name: InsertRoleVersion :exec
-- unit: organization, site
INSERT INTO role_versions (role_id, version, display_name, description, permissions, created_at, created_by, catalog_version, restored_from)
VALUES (@role_id, @version, @display_name, @description, @permissions, @now, @created_by, @catalog_version, @restored_from);

-- name: ListRoleVersions :many
SELECT * FROM role_versions WHERE role_id = @role_id ORDER BY version DESC LIMIT CAST(@max_rows AS bigint);

-- name: GetRoleVersion :one
SELECT * FROM role_versions WHERE role_id = @role_id AND version = @version;

-- name: ListOldRoleVersions :many
-- Versions that are not among the newest few of their role, in pieces.
-- reads all: it looks at each role.
SELECT v.role_id, v.version FROM roles r JOIN role_versions v ON v.role_id = r.id AND v.version <= r.version - CAST(@kept AS bigint)
ORDER BY v.role_id, v.version
LIMIT CAST(@max_rows AS bigint);

-- name: DeleteRoleVersions :exec
-- unit: signin
DELETE FROM role_versions WHERE role_id = @role_id AND version <= @version;
