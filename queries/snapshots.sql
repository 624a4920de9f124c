-- What the documents of snapshots are made of. All of a document is read in one snapshot of the data.

-- name: GetSnapshotState :one
-- What the document of an organization depends on: its revision, that of the site, the catalog in force; and where the feed is.
-- reads all: the feed has one row.
SELECT o.id, o.member_count, own.value AS revision, site.value AS site_revision, site.catalog, f.position
FROM organizations o, revisions own, revisions site, feed_positions f
WHERE o.id = @id AND own.organization_id = o.id AND site.organization_id = '00000000-0000-0000-0000-000000000000';

-- name: GetSiteSnapshotState :one
-- The same of the document of the site, which also depends on who holds some roles in any organization.
-- reads all: it adds up all revisions.
SELECT site.value AS revision, site.catalog, f.position,
    (SELECT CAST(sum(r.value / 1000000) AS bigint) FROM revisions r) AS millions,
    (SELECT CAST(sum(r.value % 1000000) AS bigint) FROM revisions r) AS rest
FROM revisions site, feed_positions f
WHERE site.organization_id = '00000000-0000-0000-0000-000000000000';

-- name: ListSnapshotMembers :many
-- What each member holds, by username, from a place onwards, with the names that aliases are made of.
SELECT user_id, username_key, email_key, roles, status, next_end FROM organization_members
WHERE organization_id = @organization_id AND username_key > @after_key
ORDER BY username_key
LIMIT CAST(@max_rows AS bigint);

-- name: ListSnapshotAccounts :many
-- Accounts that hold a role of the site, by id, from a place onwards: a row for each record. With a join PostgreSQL would walk
-- all accounts beside the few that hold one.
SELECT h.user_id, h.role, h.ends_at, CAST((SELECT u.status FROM users u WHERE u.id = h.user_id) AS text) AS status FROM user_roles h
WHERE h.user_id > @after_user
ORDER BY h.user_id, h.role, h.source
LIMIT CAST(@max_rows AS bigint);

-- name: ListSnapshotHolders :many
-- Who holds a role in one of a range of organizations.
SELECT h.organization_id, h.user_id, m.status, m.next_end FROM organizations o
JOIN member_roles h ON h.organization_id = o.id AND h.role = @role
JOIN organization_members m ON m.organization_id = h.organization_id AND m.username_key = h.username_key
WHERE o.id > @after_id AND o.id <= @last_id;

-- name: ListSnapshotBelonging :many
-- Every membership of a range of organizations.
SELECT organization_id, user_id, status, next_end FROM organization_members
WHERE organization_id > @after_id AND organization_id <= @last_id;

-- name: ListOrganizationRevisions :many
-- The organizations after one, in the order of their ids, in pieces.
SELECT o.id, r.value AS revision FROM organizations o JOIN revisions r ON r.organization_id = o.id
WHERE o.id > @after_id
ORDER BY o.id
LIMIT CAST(@max_rows AS bigint);

-- name: CountReloads :one
-- How often an organization, or the site, has changed by more than the feed tells, since a position of not long ago.
-- reads all: the feed has one row.
SELECT count(*) FROM logged_changes c, feed_positions p
WHERE c.xact > CAST(@position AS bigint) - p.base AND c.organization_id = @organization_id AND c.kind IN ('reload', 'site');
