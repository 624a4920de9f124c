-- name: GetCatalogVersion :one
SELECT * FROM catalog_versions WHERE version = @version;

-- name: ListCatalogEffects :many
SELECT * FROM catalog_effects WHERE version = @version ORDER BY organization_id, role, permission;

-- name: ListCatalogEffectsIn :many
SELECT * FROM catalog_effects WHERE version = @version AND organization_id IN (sqlc.slice('organization_ids'))
ORDER BY organization_id, role, permission;

-- name: ListCatalogEntriesIn :many
-- The entries of the trail about versions that took something away in some organizations. A version and its entry are
-- written at one time, and entries that are about nothing with an id are few.
SELECT DISTINCT a.seq FROM catalog_effects e
JOIN catalog_versions v ON v.version = e.version
JOIN audit_logs a ON a.resource_id = '00000000-0000-0000-0000-000000000000' AND a.resource_type = 'catalog' AND a.time = v.applied_at AND a.status_code < 400
WHERE e.organization_id IN (sqlc.slice('organization_ids'))
ORDER BY a.seq;

-- name: InsertCatalogVersion :exec
-- unit: site
INSERT INTO catalog_versions (version, product, label, document, source, hash, steps, same_as, note, applied_at, applied_by)
VALUES (@version, @product, @label, @document, @source, @hash, @steps, @same_as, @note, @now, @applied_by);

-- name: InsertFirstCatalog :exec
-- InsertCatalogVersion for what the program brings, which several may do at once.
-- unit: site
INSERT INTO catalog_versions (version, product, label, document, source, hash, steps, note, applied_at, applied_by)
VALUES (1, @product, @label, @document, @source, @hash, @steps, '', @now, '')
ON CONFLICT (version) DO NOTHING;

-- name: InsertCatalogEffect :exec
-- unit: site
INSERT INTO catalog_effects (version, organization_id, role, permission, people)
VALUES (@version, @organization_id, @role, @permission, @people);

-- name: UpdateCatalog :exec
-- Puts a version in force.
-- unit: site
UPDATE revisions SET catalog = @catalog WHERE organization_id = '00000000-0000-0000-0000-000000000000';

-- name: ListCatalogHistory :many
-- Every version without its text.
-- reads all: a translation goes through each version since the one in which something was meant, and a rollback leads past.
SELECT version, product, label, hash, steps, same_as, note, applied_at, applied_by FROM catalog_versions ORDER BY version;

-- name: ListCatalogsInUse :many
-- The versions that something stored is meant in, or that are in force.
-- reads all: a check looks at everything.
SELECT catalog_version FROM roles
UNION SELECT catalog_version FROM role_versions
UNION SELECT catalog AS catalog_version FROM revisions WHERE organization_id = '00000000-0000-0000-0000-000000000000'
ORDER BY catalog_version;

-- name: ListPlacesOfRoles :many
-- Where there are custom roles; NULL is the site.
-- reads all: a check looks at everything.
SELECT DISTINCT organization_id FROM roles;

-- name: CountRolesOfTypes :many
-- How many custom roles name each type, by the version in which they mean it.
-- reads all: of custom roles there are few.
SELECT r.catalog_version, p.resource_type, count(DISTINCT p.role_id) AS roles
FROM role_permissions p JOIN roles r ON r.id = p.role_id
GROUP BY r.catalog_version, p.resource_type;
