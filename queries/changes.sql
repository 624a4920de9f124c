-- name: GetFeedPosition :one
-- Where the feed stands, in the snapshot of the reader: what is read with it has all changes up to there, and may have some
-- after it.
-- reads all: the feed has one row.
SELECT position FROM feed_positions;

-- name: GetFeed :one
-- Also what a position is made of, and the first one that can be gone on from.
-- reads all: the feed has one row.
SELECT position, base, floor FROM feed_positions;

-- name: ListChanges :many
-- A piece of what came after a position, in the order in which each scope was written. base is taken from positions.
SELECT seq, xact, organization_id, kind, revision_from, revision_to, payload, created_at FROM logged_changes
WHERE xact > CAST(@after AS bigint) AND seq > CAST(@after_seq AS bigint) ORDER BY seq LIMIT CAST(@max_rows AS bigint);

-- name: ListNewChanges :many
-- What came after a position, and where the feed stands in the same moment: one row without a change if there is none.
-- reads all: the feed has one row.
SELECT p.position, p.base, p.floor, c.seq, c.xact, c.organization_id, c.kind, c.revision_from, c.revision_to, c.payload, c.created_at
FROM feed_positions p LEFT JOIN logged_changes c ON c.xact > CAST(@after AS bigint)
ORDER BY c.seq LIMIT CAST(@max_rows AS bigint);

-- name: InsertChange :exec
-- unit: organization, site
INSERT INTO changes (organization_id, kind, revision_from, revision_to, payload, created_at)
VALUES (@organization_id, @kind, @revision_from, @revision_to, @payload, @now);

-- name: InsertChangeOfSite :exec
-- For a change in an organization that counts outside of it. It does not move the revision of the site: others would wait.
-- unit: organization
INSERT INTO changes (organization_id, kind, revision_from, revision_to, payload, created_at)
SELECT r.organization_id, 'site', 0, r.value, '{}', @now FROM revisions r WHERE r.organization_id = '00000000-0000-0000-0000-000000000000';

-- name: InsertChangesOfAccount :exec
-- A change of every organization that an account is a member of, which follows from one of the account: what it holds there
-- now. A suspended one is no member for those who decide by a copy. Where something ends the document has to be fetched.
-- Revisions are those that MoveRevisionsOfAccount sets.
-- unit: site
INSERT INTO changes (organization_id, kind, revision_from, revision_to, payload, created_at)
SELECT m.organization_id,
    CASE WHEN m.next_end IS NULL OR m.status = 'suspended' OR CAST(@leaves AS boolean) THEN 'change' ELSE 'reload' END, r.value, CASE WHEN r.value >= CAST(@floor AS bigint) THEN r.value + 1 ELSE CAST(@floor AS bigint) END,
    CASE WHEN m.status = 'suspended' OR CAST(@leaves AS boolean) THEN '{"gone":["' || CAST(@id AS text) || '"]}'
    WHEN m.next_end IS NOT NULL THEN '{}'
    ELSE '{"set":{"' || CAST(@id AS text) || '":[' || CASE WHEN m.roles = '' THEN '' ELSE '"' || replace(m.roles, ' ', '","') || '"' END || ']}}' END, @now
FROM organization_members m JOIN revisions r ON r.organization_id = m.organization_id
WHERE m.user_id = @user_id;

-- name: MoveRevisionsOfAccount :exec
-- unit: site
UPDATE revisions SET value = CASE WHEN value >= CAST(@floor AS bigint) THEN value + 1 ELSE CAST(@floor AS bigint) END
WHERE organization_id IN (SELECT m.organization_id FROM organization_members m WHERE m.user_id = @user_id);

-- name: RaiseRevisions :exec
-- After a backup was put in the place of the data: no revision is one that somebody has seen already.
-- reads all: every organization changes.
-- unit: site
UPDATE revisions SET
    value = CASE WHEN value >= CAST(@floor AS bigint) THEN value + 1 ELSE CAST(@floor AS bigint) END,
    roles = CASE WHEN value >= CAST(@floor AS bigint) THEN value + 1 ELSE CAST(@floor AS bigint) END
WHERE organization_id <> '00000000-0000-0000-0000-000000000000';

-- name: RaiseFeed :exec
-- Likewise of positions: those that were handed out before are too old.
-- reads all: the feed has one row.
-- unit: site
UPDATE feeds SET
    base = base + (SELECT CASE WHEN p.position >= CAST(@floor AS bigint) THEN 1 ELSE CAST(@floor AS bigint) - p.position END FROM feed_positions p),
    floor = (SELECT CASE WHEN p.position >= CAST(@floor AS bigint) THEN p.position + 1 ELSE CAST(@floor AS bigint) END FROM feed_positions p);

-- name: GetLastChange :one
SELECT CAST(coalesce(max(seq), 0) AS bigint) AS seq FROM changes;

-- name: ListOldChanges :many
-- The transactions of a piece of the oldest rows, of those from before a time and up to a row.
SELECT xact FROM logged_changes WHERE created_at < @before AND seq <= CAST(@last AS bigint)
ORDER BY xact LIMIT CAST(@max_rows AS bigint);

-- name: DeleteOldChanges :exec
-- unit: signin
DELETE FROM changes WHERE changes.seq IN (SELECT c.seq FROM logged_changes c WHERE c.xact <= CAST(@xact AS bigint));

-- name: RaiseFeedFloor :exec
-- reads all: the feed has one row.
-- unit: signin
UPDATE feeds SET floor = CASE WHEN floor > base + CAST(@xact AS bigint) THEN floor ELSE base + CAST(@xact AS bigint) END;
