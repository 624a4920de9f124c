-- name: GetOrganization :one
SELECT * FROM organizations WHERE id = @id;

-- name: GetOrganizationByName :one
SELECT * FROM organizations WHERE name_key = @name_key;

-- name: GetDefaultOrganization :one
SELECT * FROM organizations WHERE is_default;

-- name: FindOrganization :one
-- An organization with its revision, and the state of the custom roles of the site and the catalog, which count in it as well.
SELECT sqlc.embed(o), sqlc.embed(own), site.roles AS site_role_state, site.catalog
FROM organizations o, revisions own, revisions site
WHERE o.id = @id AND own.organization_id = o.id AND site.organization_id = '00000000-0000-0000-0000-000000000000';

-- name: FindOrganizationByName :one
SELECT sqlc.embed(o), sqlc.embed(own), site.roles AS site_role_state, site.catalog
FROM organizations o, revisions own, revisions site
WHERE o.name_key = @name_key AND own.organization_id = o.id AND site.organization_id = '00000000-0000-0000-0000-000000000000';

-- name: FindDefaultOrganization :one
SELECT sqlc.embed(o), sqlc.embed(own), site.roles AS site_role_state, site.catalog
FROM organizations o, revisions own, revisions site
WHERE o.is_default AND own.organization_id = o.id AND site.organization_id = '00000000-0000-0000-0000-000000000000';

-- name: ListOrganizationsNamed :many
-- The organizations of some ids and names, and the default one. One may come several times.
SELECT a.id, a.name_key, a.is_default FROM organizations a WHERE a.id IN (sqlc.slice('ids'))
UNION ALL
SELECT b.id, b.name_key, b.is_default FROM organizations b WHERE b.name_key IN (sqlc.slice('names'))
UNION ALL
SELECT c.id, c.name_key, c.is_default FROM organizations c WHERE c.is_default;

-- name: ListOrganizations :many
-- reads all: as many as are asked for, in the order of the index.
SELECT * FROM organizations ORDER BY name_key LIMIT CAST(@max_rows AS bigint);

-- name: ListOrganizationsAfter :many
-- The same from a name onwards.
SELECT * FROM organizations WHERE name_key > @after_key ORDER BY name_key LIMIT CAST(@max_rows AS bigint);

-- name: ListOrganizationsOfUser :many
SELECT o.* FROM organization_members m JOIN organizations o ON o.id = m.organization_id
WHERE m.user_id = @user_id ORDER BY o.name_key LIMIT CAST(@max_rows AS bigint);

-- name: ListOrganizationsOfUserAfter :many
-- The same from a name onwards.
SELECT o.* FROM organization_members m JOIN organizations o ON o.id = m.organization_id
WHERE m.user_id = @user_id AND o.name_key > @after_key ORDER BY o.name_key LIMIT CAST(@max_rows AS bigint);

-- name: InsertOrganization :exec
-- unit: site
INSERT INTO organizations (id, name, name_key, display_name, description, icon, is_default, created_at, updated_at)
VALUES (@id, @name, @name_key, @display_name, @description, @icon, @is_default, @now, @now);

-- name: UpdateOrganization :exec
-- unit: site
UPDATE organizations
SET name = @name, name_key = @name_key, display_name = @display_name, description = @description, icon = @icon,
    version = version + 1, updated_at = @now
WHERE id = @id;

-- name: DeleteOrganization :exec
-- unit: site
DELETE FROM organizations WHERE id = @id;

-- name: CountOrganizationsUpTo :one
-- reads all: as many as are asked for.
SELECT count(*) FROM (SELECT 1 FROM organizations LIMIT CAST(@max_rows AS bigint)) o;

-- name: HideChecklist :exec
-- unit: organization
UPDATE organizations SET checklist_hidden = @hidden WHERE id = @id;
