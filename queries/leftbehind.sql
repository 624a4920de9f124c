-- What an account made that does not go with it. Who made what is stored with it or, where it is not, told by the trail.

-- name: ListRolesMadeBy :many
-- The custom roles that an account made, by name.
-- reads all: it looks each one up in the trail.
SELECT r.id, r.organization_id, r.name, r.display_name FROM roles r
WHERE EXISTS (SELECT 1 FROM audit_logs a WHERE a.resource_id = CAST(r.id AS text) AND a.actor_id = @maker
    AND a.resource_type = 'custom_role' AND a.action = 'create' AND a.status_code < 400)
ORDER BY r.name, r.id LIMIT CAST(@max_rows AS bigint);

-- name: ListServiceAccountsMadeBy :many
-- The service accounts that it made, by username.
-- reads all: no index knows which accounts these are.
SELECT u.id, u.username, u.name FROM users u
WHERE u.login_type = 'none' AND EXISTS (SELECT 1 FROM audit_logs a WHERE a.resource_id = CAST(u.id AS text) AND a.actor_id = @maker
    AND a.resource_type = 'user' AND a.action = 'create' AND a.status_code < 400)
ORDER BY u.username_key LIMIT CAST(@max_rows AS bigint);

-- name: ListDirectoriesSetBy :many
-- The directories that it set up or changed.
-- reads all: a site has few of them.
SELECT d.organization_id, d.slug, d.name FROM scim_directories d
WHERE EXISTS (SELECT 1 FROM audit_logs a WHERE a.resource_id = CAST(d.organization_id AS text) AND a.actor_id = @maker
    AND a.resource_type = 'scim_directory' AND a.status_code < 400)
ORDER BY d.slug LIMIT CAST(@max_rows AS bigint);

-- name: ListSyncRulesSetBy :many
-- The rules of sign-in providers that it set up or changed.
-- reads all: a site has few of them.
SELECT r.id, r.provider, r.kind, r.organization_id FROM sync_rules r
WHERE EXISTS (SELECT 1 FROM audit_logs a WHERE a.resource_id = CAST(r.id AS text) AND a.actor_id = @maker
    AND a.resource_type IN ('idp_sync_settings_organization', 'idp_sync_settings_role') AND a.status_code < 400)
ORDER BY r.provider, r.kind, r.id LIMIT CAST(@max_rows AS bigint);

-- name: ListTokensMadeBy :many
-- The API tokens that it made for other accounts and that work.
SELECT k.id, k.user_id, k.name, k.expires_at, u.username FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.created_by = @maker AND k.login_type = 'token' AND k.expires_at > @now AND k.user_id <> k.created_by
ORDER BY u.username_key, k.name LIMIT CAST(@max_rows AS bigint);

-- name: ListDirectoryTokensMadeBy :many
-- The tokens of directories that it made and that work.
-- reads all: a site has few of them.
SELECT t.id, t.organization_id, t.expires_at, d.name FROM scim_tokens t JOIN scim_directories d ON d.organization_id = t.organization_id
WHERE t.created_by = @maker AND t.expires_at > @now ORDER BY t.id LIMIT CAST(@max_rows AS bigint);

-- name: ListPasswordsMadeBy :many
-- The accounts whose password it chose, or for which it made a link to set one that works.
SELECT u.id, u.username, u.name, CAST(o.link AS boolean) AS link FROM (
    SELECT p.id, false AS link FROM users p WHERE p.password_by = @maker AND NOT p.must_change
    UNION ALL SELECT l.user_id, true FROM password_links l WHERE l.created_by = @maker AND l.expires_at > @now
) o JOIN users u ON u.id = o.id
ORDER BY u.username_key, o.link LIMIT CAST(@max_rows AS bigint);

-- name: ListOrganizationsByID :many
SELECT * FROM organizations WHERE id IN (sqlc.slice('ids'));
