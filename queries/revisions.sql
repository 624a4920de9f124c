-- name: GetRevision :one
SELECT * FROM revisions WHERE organization_id = @organization_id;

-- name: GetRoleState :one
-- The state of the custom roles of a scope, and the version of the catalog in force.
SELECT r.roles, s.catalog FROM revisions r, revisions s
WHERE r.organization_id = @organization_id AND s.organization_id = '00000000-0000-0000-0000-000000000000';

-- name: GetCatalogInForce :one
SELECT catalog FROM revisions WHERE organization_id = '00000000-0000-0000-0000-000000000000';

-- name: GetRevisionOfAll :one
-- The sum of all revisions, in two parts of which neither overflows. None of them ever falls and no row goes, so it changes
-- with each. With it the first end of all records.
-- reads all: it adds them up.
SELECT s.millions, s.rest, e.next_end FROM (
    SELECT CAST(sum(r.value / 1000000) AS bigint) AS millions, CAST(sum(r.value % 1000000) AS bigint) AS rest FROM revisions r
) s LEFT JOIN revisions e ON e.organization_id = (
    SELECT f.organization_id FROM revisions f WHERE f.next_end IS NOT NULL ORDER BY f.next_end LIMIT 1);

-- name: ListDueScopes :many
-- Scopes with records that have ended, those that ended first before others, from a place onwards.
SELECT organization_id, next_end FROM revisions
WHERE next_end <= @now AND next_end >= @after_end AND (next_end > @after_end OR organization_id > @after_id)
ORDER BY next_end, organization_id
LIMIT CAST(@max_rows AS bigint);

-- name: GetNextEnd :one
-- When the next record ends, if one does.
SELECT next_end FROM revisions WHERE next_end IS NOT NULL ORDER BY next_end LIMIT 1;

-- name: ListRevisions :many
-- The scopes after one, in the order of their ids, in pieces.
SELECT * FROM revisions WHERE organization_id > @after_id ORDER BY organization_id LIMIT CAST(@max_rows AS bigint);

-- name: UpdateRevision :exec
-- The end of a write of a scope. It fails when another one came between, which the lock of the scope prevents.
-- unit: organization, site, signin
UPDATE revisions SET
    value = CASE WHEN value = CAST(@value_before AS bigint) THEN CAST(@value AS bigint) END,
    roles = @roles,
    audit_seq = CASE WHEN audit_seq = CAST(@seq_before AS bigint) THEN CAST(@seq AS bigint) END,
    audit_hash = @hash
WHERE organization_id = @organization_id;

-- name: BumpRevision :exec
-- For what is written past all rules: everything that is remembered is forgotten. floor is the time, which was never there
-- before.
-- unit: site
UPDATE revisions SET
    value = CASE WHEN value >= CAST(@floor AS bigint) THEN value + 1 ELSE CAST(@floor AS bigint) END,
    roles = CASE WHEN value >= CAST(@floor AS bigint) THEN value + 1 ELSE CAST(@floor AS bigint) END
WHERE organization_id = '00000000-0000-0000-0000-000000000000';

-- name: ListCaller :many
-- What decides about an account, of one moment: what it holds on the site, under the zero id, and in each organization,
-- with the state of what is stored there. The catalog in force stands in the row of the site. Of organizations it tells those
-- between two ids, which are all or one. No rows: the account is gone. The ends are the next of what is held, and of all
-- records of the scope; one that has passed is not swept yet.
SELECT r.organization_id, u.roles, u.version, r.value, r.roles AS role_state, r.catalog, u.next_end AS ends_at, r.next_end AS scope_end
FROM users u, revisions r
WHERE u.id = @user_id AND r.organization_id = '00000000-0000-0000-0000-000000000000'
UNION ALL
SELECT r.organization_id, m.roles, m.version, r.value, r.roles AS role_state, r.catalog, m.next_end AS ends_at, r.next_end AS scope_end
FROM organization_members m JOIN revisions r ON r.organization_id = m.organization_id
WHERE m.user_id = @user_id AND m.organization_id >= @first AND m.organization_id <= @last
ORDER BY organization_id;

-- name: ListCallers :many
-- ListCaller for several accounts at once, by account; an account without rows is gone. Under the zero id stand the site and,
-- if it is there, one organization, held by nobody.
WITH places AS (
    SELECT p.organization_id, p.value, p.roles, p.catalog, p.next_end FROM revisions p
    WHERE p.organization_id IN ('00000000-0000-0000-0000-000000000000', @place)
), asked AS (SELECT a.id, a.roles, a.version, a.next_end FROM users a WHERE a.id IN (sqlc.slice('user_ids')))
SELECT site.organization_id AS user_id, r.organization_id, '' AS roles, 0 AS version, r.value, r.roles AS role_state, r.catalog,
    r.next_end AS ends_at, r.next_end AS scope_end
FROM places r, revisions site
WHERE site.organization_id = '00000000-0000-0000-0000-000000000000'
UNION ALL
SELECT u.id AS user_id, r.organization_id, u.roles, u.version, r.value, r.roles AS role_state, r.catalog,
    u.next_end AS ends_at, r.next_end AS scope_end
FROM asked u, revisions r
WHERE r.organization_id = '00000000-0000-0000-0000-000000000000'
UNION ALL
SELECT m.user_id, r.organization_id, m.roles, m.version, r.value, r.roles AS role_state, r.catalog,
    m.next_end AS ends_at, r.next_end AS scope_end
FROM asked u JOIN organization_members m ON m.user_id = u.id JOIN revisions r ON r.organization_id = m.organization_id
ORDER BY user_id, organization_id;

-- name: ListCallerByToken :many
-- ListCaller for an account that a token names. No row of the site: the token is gone, or has ended.
SELECT r.organization_id, u.roles, u.version, r.value, r.roles AS role_state, r.catalog, u.next_end AS ends_at, r.next_end AS scope_end
FROM api_keys k JOIN users u ON u.id = k.user_id, revisions r
WHERE k.id = @token AND k.user_id = @user_id AND k.expires_at > @now AND r.organization_id = '00000000-0000-0000-0000-000000000000'
UNION ALL
SELECT r.organization_id, m.roles, m.version, r.value, r.roles AS role_state, r.catalog, m.next_end AS ends_at, r.next_end AS scope_end
FROM organization_members m JOIN revisions r ON r.organization_id = m.organization_id
WHERE m.user_id = @user_id AND m.organization_id >= @first AND m.organization_id <= @last
ORDER BY organization_id;

-- name: ListCallerBySession :many
-- ListCaller for an account that a session names. No row of the site: the session has ended.
SELECT r.organization_id, u.roles, u.version, r.value, r.roles AS role_state, r.catalog, u.next_end AS ends_at, r.next_end AS scope_end
FROM sessions s JOIN users u ON u.id = s.user_id, revisions r
WHERE s.token = @token AND u.id = @user_id AND s.expires_at > @now AND r.organization_id = '00000000-0000-0000-0000-000000000000'
UNION ALL
SELECT r.organization_id, m.roles, m.version, r.value, r.roles AS role_state, r.catalog, m.next_end AS ends_at, r.next_end AS scope_end
FROM organization_members m JOIN revisions r ON r.organization_id = m.organization_id
WHERE m.user_id = @user_id AND m.organization_id >= @first AND m.organization_id <= @last
ORDER BY organization_id;
