-- name: HasManagers :one
-- Whether anything may come from a sign-in provider or a directory.
-- reads all: it stops at the first row of each
SELECT CAST(EXISTS (SELECT 1 FROM scim_directories) OR EXISTS (SELECT 1 FROM user_identities) AS boolean) AS managed;

-- name: ListMembershipManagers :many
-- What some members hold that was not given by hand. A directory writes in its own organization alone. Of a range, as in
-- ListMembersByID.
SELECT m.user_id, m.source, m.source_ref, m.ends_at, CAST(coalesce(d.name, '') AS text) AS name
FROM member_roles m LEFT JOIN scim_directories d ON d.organization_id = m.organization_id AND 'scim:' || d.slug = m.source
WHERE m.organization_id >= @first_id AND m.organization_id <= @last_id AND m.user_id IN (sqlc.slice('user_ids')) AND m.source <> 'manual';

-- name: ListDirectoryGroupNames :many
SELECT id, display_name FROM scim_groups WHERE id IN (sqlc.slice('ids'));

-- name: ListAccountManagers :many
-- What writes the names of some accounts: the directory that made them, or else the providers that did.
SELECT u.id, CAST(coalesce('scim:' || d.slug, 'oidc:' || i.provider) AS text) AS source, CAST(coalesce(d.name, '') AS text) AS name,
    d.organization_id
FROM users u
LEFT JOIN scim_directories d ON d.organization_id = u.managed_by
LEFT JOIN user_identities i ON i.user_id = u.id AND u.managed_by IS NULL AND u.login_type = 'oidc'
WHERE u.id IN (sqlc.slice('ids')) AND (d.slug IS NOT NULL OR i.provider IS NOT NULL);
