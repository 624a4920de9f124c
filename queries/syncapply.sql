-- name: GetSyncSource :one
-- Since when a source is held, and why.
SELECT held_at, reason FROM sync_sources WHERE source = @source;

-- name: ListHeldSources :many
-- reads all: of sources there are few.
SELECT source, held_at, reason FROM sync_sources ORDER BY source;

-- name: HoldSyncSource :exec
-- unit: site
INSERT INTO sync_sources (source, held_at, reason) VALUES (@source, @now, @reason) ON CONFLICT (source) DO NOTHING;

-- name: ReleaseSyncSource :exec
-- unit: site
DELETE FROM sync_sources WHERE source = @source;

-- name: CountSyncLosses :one
-- How many people lost something from a source since some time, beside one of them.
SELECT count(*) FROM sync_losses WHERE source = @source AND lost_at > @since AND user_id <> @user_id;

-- name: HasSyncLoss :one
SELECT CAST(EXISTS (SELECT 1 FROM sync_losses WHERE source = @source AND user_id = @user_id AND lost_at > @since) AS boolean);

-- name: NoteSyncLoss :exec
-- unit: site
INSERT INTO sync_losses (source, user_id, lost_at) VALUES (@source, @user_id, @now)
ON CONFLICT (source, user_id) DO UPDATE SET lost_at = excluded.lost_at;

-- name: DeleteOldSyncLosses :exec
-- unit: site
DELETE FROM sync_losses WHERE source = @source AND lost_at <= @before;

-- name: CountHoldersOfSource :one
-- Who holds anything from a source, or lost it since some time.
SELECT count(*) FROM (
    SELECT m.user_id FROM member_roles m WHERE m.source = @source AND m.source <> 'manual'
    UNION SELECT u.user_id FROM user_roles u WHERE u.source = @source AND u.source <> 'manual'
    UNION SELECT l.user_id FROM sync_losses l WHERE l.source = @source AND l.lost_at > @since
) h;

-- name: ListSyncNoticesOf :many
-- What the last sign-in of an account with a provider has left as it was.
SELECT kind, target FROM sync_notices WHERE source = @source AND user_id = @user_id;

-- name: InsertSyncNotice :exec
-- unit: site, organization, signin
INSERT INTO sync_notices (source, user_id, kind, target, noted_at) VALUES (@source, @user_id, @kind, @target, @now)
ON CONFLICT (source, user_id, kind, target) DO NOTHING;

-- name: DeleteSyncNotice :exec
-- unit: site, organization, signin
DELETE FROM sync_notices WHERE source = @source AND user_id = @user_id AND kind = @kind AND target = @target;

-- name: DeleteSyncNoticesOf :exec
-- unit: site
DELETE FROM sync_notices WHERE source = @source AND kind = @kind;

-- name: ListSources :many
-- The sources other than people by hand, and how many records each has made.
SELECT h.source, count(*) AS records, count(DISTINCT h.user_id) AS people FROM (
    SELECT m.source, m.user_id FROM member_roles m WHERE m.source <> 'manual'
    UNION ALL SELECT u.source, u.user_id FROM user_roles u WHERE u.source <> 'manual'
) h GROUP BY h.source ORDER BY h.source;

-- name: ListOrganizationsOfSource :many
SELECT DISTINCT organization_id FROM member_roles WHERE source = @source AND source <> 'manual' ORDER BY organization_id;

-- name: ListMembersOfSource :many
-- The members of an organization who hold something from a source, by id.
SELECT DISTINCT user_id FROM member_roles
WHERE source = @source AND source <> 'manual' AND organization_id = @organization_id AND user_id > @after_user
ORDER BY user_id LIMIT CAST(@max_rows AS bigint);

-- name: ListAccountsOfSource :many
-- The accounts that hold a role of the site from a source, by id.
SELECT DISTINCT user_id FROM user_roles
WHERE source = @source AND source <> 'manual' AND user_id > @after_user
ORDER BY user_id LIMIT CAST(@max_rows AS bigint);

-- name: ListLatestIdentities :many
-- The people who signed in with a provider last, with what it said of them.
SELECT i.user_id, i.claims, i.last_login_at, i.subject, u.username
FROM user_identities i JOIN users u ON u.id = i.user_id
WHERE i.provider = @provider AND u.status <> 'suspended' AND i.last_login_at IS NOT NULL
  AND (i.last_login_at < @before OR i.last_login_at = @before AND i.subject < @before_subject)
ORDER BY i.last_login_at DESC, i.issuer DESC, i.subject DESC
LIMIT CAST(@max_rows AS bigint);

-- name: ListLatestIdentitiesOfMembers :many
-- The same of the members of an organization.
SELECT i.user_id, i.claims, i.last_login_at, i.subject, u.username
FROM organization_members m JOIN user_identities i ON i.user_id = m.user_id JOIN users u ON u.id = m.user_id
WHERE m.organization_id = @organization_id AND i.provider = @provider AND u.status <> 'suspended' AND i.last_login_at IS NOT NULL
  AND (i.last_login_at < @before OR i.last_login_at = @before AND i.subject < @before_subject)
ORDER BY i.last_login_at DESC, i.issuer DESC, i.subject DESC
LIMIT CAST(@max_rows AS bigint);

-- name: HasRecordsOfSource :one
SELECT CAST(EXISTS (SELECT 1 FROM member_roles m WHERE m.source = @source AND m.source <> 'manual')
    OR EXISTS (SELECT 1 FROM user_roles u WHERE u.source = @source AND u.source <> 'manual') AS boolean);

-- name: DeleteSyncLosses :exec
-- unit: site
DELETE FROM sync_losses WHERE source = @source;

-- name: CountSyncNotices :one
-- reads all: it counts them.
SELECT count(*) FROM sync_notices;

-- name: ListSyncNotices :many
-- What sign-ins have left as it was, the newest first. The order of the tables is kept, since there are fewer notices than
-- accounts.
-- reads all: there is a notice for a few people alone.
SELECT n.source, n.user_id, n.kind, n.target, n.noted_at, u.username
FROM sync_notices n CROSS JOIN users u WHERE u.id = n.user_id
ORDER BY n.noted_at DESC LIMIT CAST(@max_rows AS bigint);
