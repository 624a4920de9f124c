-- What a plan for another catalog reads.

-- name: ListCatalogsOfRoles :many
-- The versions of the catalog in which permissions of custom roles are meant.
-- reads all: of custom roles there are few.
SELECT DISTINCT catalog_version FROM roles;

-- name: ListRolesWithPair :many
SELECT DISTINCT role_id FROM role_permissions WHERE resource_type = @resource_type AND action = @action;

-- name: ListRolesByID :many
SELECT * FROM roles WHERE id IN (sqlc.slice('ids'));

-- name: ListPermissionsByRole :many
SELECT * FROM role_permissions WHERE role_id IN (sqlc.slice('role_ids'));

-- name: ListRoleScopesByName :many
-- Which organizations have a custom role of a name; the site has none.
-- reads all: it is asked when a catalog brings a new role, and of custom roles there are few.
SELECT organization_id FROM roles WHERE name = @name;

-- name: ListOrganizationSizes :many
-- reads all: what everybody's change concerns are all organizations.
SELECT id, name, member_count FROM organizations ORDER BY id;

-- name: ListRoleCounts :many
-- Where a role is held, and by how many.
-- reads all on PostgreSQL: no index begins with the role; SQLite looks into one organization after the other.
SELECT c.organization_id, c.members FROM member_role_counts c
WHERE c.role = @role AND c.members > 0 AND c.organization_id IN (SELECT o.id FROM organizations o);

-- name: ListHoldingsOfRole :many
-- Who holds a role, and what else, by username, from a place onwards.
SELECT m.user_id, m.username_key, m.roles, m.site_roles, m.status FROM (
    SELECT r.organization_id, r.username_key FROM member_roles r
    WHERE r.organization_id = @organization_id AND r.role = @role AND r.username_key > @after_key
    GROUP BY r.organization_id, r.username_key ORDER BY r.username_key LIMIT CAST(@max_rows AS bigint)
) h JOIN organization_members m ON m.organization_id = h.organization_id AND m.username_key = h.username_key
ORDER BY h.username_key;

-- name: ListHoldingsOfRoleIn :many
-- The same in several organizations, which have few holders each: one statement for each would take longer than what it finds.
SELECT DISTINCT h.organization_id, m.username_key, m.roles, m.site_roles, m.status FROM member_roles h
JOIN organization_members m ON m.organization_id = h.organization_id AND m.username_key = h.username_key
WHERE h.role = @role AND h.organization_id IN (sqlc.slice('organization_ids'));

-- name: ListAccountsOfRole :many
-- The same of a role of the site, by id, and whether the account belongs to an organization, if that is asked.
SELECT u.id, u.username_key, u.roles, u.status,
    CAST(CASE WHEN CAST(@belonging AS boolean) THEN EXISTS (SELECT 1 FROM organization_members m WHERE m.user_id = u.id) ELSE false END AS boolean) AS belongs
FROM (
    SELECT r.user_id FROM user_roles r WHERE r.role = @role AND r.user_id > @after_user
    GROUP BY r.user_id ORDER BY r.user_id LIMIT CAST(@max_rows AS bigint)
) h JOIN users u ON u.id = h.user_id
ORDER BY h.user_id;

-- name: ListAccountGroups :many
-- What the accounts hold on the site, and how many hold it; and whether they belong to an organization, if that is asked.
-- reads all: what everybody has on the site changes for all accounts.
SELECT a.roles, a.status, a.belongs, count(*) AS accounts FROM (
    SELECT u.roles, u.status,
        CAST(CASE WHEN CAST(@belonging AS boolean) THEN EXISTS (SELECT 1 FROM organization_members m WHERE m.user_id = u.id) ELSE false END AS boolean) AS belongs
    FROM users u
) a GROUP BY a.roles, a.status, a.belongs;

-- name: ListGroupNames :many
-- Those members who hold exactly this, by username, from a place onwards.
SELECT username_key, username, name FROM organization_members
WHERE organization_id = @organization_id AND roles = @roles AND site_roles = @site_roles AND status = @status AND username_key > @after_key
ORDER BY username_key
LIMIT CAST(@max_rows AS bigint);

-- name: ListMemberNames :many
SELECT username_key, username, name FROM organization_members
WHERE organization_id = @organization_id AND username_key IN (sqlc.slice('keys'));

-- name: ListAccountNames :many
SELECT username_key, username, name FROM users WHERE username_key IN (sqlc.slice('keys'));

-- name: ListAccountGroupNames :many
-- The first accounts that hold exactly this on the site, in any order.
-- reads all: it ends with the first few, and what many hold is found at once.
SELECT u.username_key, u.username, u.name FROM users u
WHERE u.roles = @roles AND u.status = @status
  AND CASE WHEN CAST(@belonging AS boolean) THEN EXISTS (SELECT 1 FROM organization_members m WHERE m.user_id = u.id) ELSE false END = CAST(@belongs AS boolean)
LIMIT CAST(@max_rows AS bigint);

-- name: WalkMembers :many
-- The members of a range of organizations with what they hold.
SELECT organization_id, username_key, username, name, roles, site_roles, status FROM organization_members
WHERE organization_id BETWEEN @first_id AND @last_id
ORDER BY organization_id, username_key;

-- name: WalkOrganization :many
-- The same of one, from a place onwards. SQLite finds the place only behind an equal organization: in a range of one it walks
-- up to it again for each piece.
SELECT organization_id, username_key, username, name, roles, site_roles, status FROM organization_members
WHERE organization_id = @organization_id AND username_key > @after_key
ORDER BY username_key
LIMIT CAST(@max_rows AS bigint);

-- name: WalkAccounts :many
-- All accounts with what they hold on the site, by username, from a place onwards.
-- reads all on PostgreSQL: it looks through all memberships at once for whether there is one.
SELECT u.username_key, u.username, u.name, u.roles, u.status,
    CAST(CASE WHEN CAST(@belonging AS boolean) THEN EXISTS (SELECT 1 FROM organization_members m WHERE m.user_id = u.id) ELSE false END AS boolean) AS belongs
FROM users u
WHERE u.username_key > @after_key
ORDER BY u.username_key
LIMIT CAST(@max_rows AS bigint);
