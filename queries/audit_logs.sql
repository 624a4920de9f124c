-- name: InsertAuditLog :exec
-- unit: organization, site, signin
INSERT INTO audit_logs (
    id, time, request_id, ip, user_agent, actor_id, actor, organization_id,
    resource_type, resource_id, resource_target, action, status_code, changes, token_id, chain, chain_seq, hash)
VALUES (
    @id, @time, @request_id, @ip, @user_agent, @actor_id, @actor, @organization_id,
    @resource_type, @resource_id, @resource_target, @action, @status_code, @changes, @token_id, @chain, @chain_seq, @hash);

-- name: GetAuditSeal :one
SELECT seq, hash FROM audit_seal WHERE id = 1;

-- name: ListSealedTrail :many
-- The entries from before there were chains, in pieces.
SELECT * FROM audit_logs WHERE seq > @after_seq AND chain_seq = 0 ORDER BY seq LIMIT CAST(@max_rows AS bigint);

-- name: ListAuditChain :many
-- A chain from a place onwards, in pieces.
SELECT * FROM audit_logs
WHERE chain = @chain AND chain_seq > 0 AND chain_seq > @after_seq
ORDER BY chain_seq
LIMIT CAST(@max_rows AS bigint);

-- name: CountAuditLogs :one
-- reads all on PostgreSQL: it counts them.
SELECT count(*) FROM audit_logs WHERE seq > @after_seq;

-- name: GetLastAuditRoot :one
SELECT * FROM audit_roots WHERE seq > 0 ORDER BY seq DESC LIMIT 1;

-- name: ListAuditRoots :many
SELECT * FROM audit_roots WHERE seq > @after_seq ORDER BY seq LIMIT CAST(@max_rows AS bigint);

-- name: ListAuditRootHeads :many
-- By the organizations, in the order that the hash of the root takes them in.
SELECT organization_id, chain_seq, hash FROM audit_root_heads WHERE root_seq = @root_seq ORDER BY organization_id;

-- name: ListMovedHeads :many
-- The heads of the chains that have got entries since the last root. A chain that was cut off has moved as well.
-- reads all: it compares all chains.
SELECT r.organization_id, r.audit_seq, r.audit_hash FROM revisions r
WHERE r.audit_seq > 0 AND r.audit_seq <> coalesce((
    SELECT h.chain_seq FROM audit_root_heads h WHERE h.organization_id = r.organization_id ORDER BY h.root_seq DESC LIMIT 1), 0)
ORDER BY r.organization_id;

-- name: CountChains :one
-- reads all: it counts them.
SELECT count(*) FROM revisions WHERE audit_seq > 0;

-- name: InsertAuditRoot :exec
-- unit: site
INSERT INTO audit_roots (seq, time, heads, hash) VALUES (@seq, @time, @heads, @hash);

-- name: InsertAuditRootHead :exec
-- unit: site
INSERT INTO audit_root_heads (root_seq, organization_id, chain_seq, hash) VALUES (@root_seq, @organization_id, @chain_seq, @hash);

-- name: GetAuditLog :one
SELECT * FROM audit_logs WHERE id = @id;

-- name: ListBatch :many
-- The entries of a stretch of a chain that one request made.
SELECT * FROM audit_logs
WHERE chain = @chain AND chain_seq > 0 AND chain_seq > @after_seq AND chain_seq < @before_seq AND request_id = @request_id
ORDER BY chain_seq;

-- name: ListBatchElsewhere :many
-- The entries of a stretch of the trail that one request made in other chains than one.
SELECT * FROM audit_logs
WHERE seq > @after_seq AND seq < @before_seq AND chain <> @chain AND chain_seq > 0 AND request_id = @request_id
ORDER BY seq;

-- name: FindAuditLogs :many
-- The entries that match, newest first, and how many match in all.
-- reads all: it counts them, and many things can be asked for.
-- Organizations: ids with a space before and after each; '' is no limit. Also: entries of the site that count as theirs,
-- written likewise; '' is none, and PostgreSQL then plans as if it were not there.
SELECT a.seq, CAST(count(*) OVER () AS bigint) AS total FROM audit_logs a
WHERE (CAST(@organizations AS text) = '' OR instr(@organizations, ' ' || coalesce(CAST(a.organization_id AS text), '') || ' ') > 0
    OR (CAST(@also AS text) <> '' AND instr(@also, ' ' || a.seq || ' ') > 0))
  AND (a.organization_id = sqlc.narg(organization_id) OR sqlc.narg(organization_id) IS NULL
    OR (CAST(@also AS text) <> '' AND instr(@also, ' ' || a.seq || ' ') > 0))
  AND (a.actor_id = sqlc.narg(actor_id) OR sqlc.narg(actor_id) IS NULL)
  AND (a.time >= sqlc.narg(date_from) OR sqlc.narg(date_from) IS NULL)
  AND (a.time < sqlc.narg(date_to) OR sqlc.narg(date_to) IS NULL)
  AND (CAST(@request_id AS text) = '' OR a.request_id = @request_id)
  AND (CAST(@token_id AS text) = '' OR a.token_id = @token_id)
  AND (CAST(@resource_type AS text) = '' OR a.resource_type = @resource_type)
  AND (CAST(@resource_id AS text) = '' OR a.resource_id = @resource_id)
  AND (CAST(@resource_target AS text) = '' OR lower(a.resource_target) = @resource_target)
  AND (CAST(@action AS text) = '' OR a.action = @action)
  AND (CAST(@search AS text) = '' OR instr(lower(a.resource_target), @search) > 0 OR instr(lower(a.actor), @search) > 0)
ORDER BY a.seq DESC
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: ListAuditBefore :many
-- The newest entries that match and are older than a row, newest first: a page that costs the same however far down it is.
-- With batches, of those that one request made in a row, of one kind, only the last.
SELECT a.seq FROM audit_logs a
WHERE (CAST(@organizations AS text) = '' OR instr(@organizations, ' ' || coalesce(CAST(a.organization_id AS text), '') || ' ') > 0
    OR (CAST(@also AS text) <> '' AND instr(@also, ' ' || a.seq || ' ') > 0))
  AND (a.organization_id = sqlc.narg(organization_id) OR sqlc.narg(organization_id) IS NULL
    OR (CAST(@also AS text) <> '' AND instr(@also, ' ' || a.seq || ' ') > 0))
  AND (a.actor_id = sqlc.narg(actor_id) OR sqlc.narg(actor_id) IS NULL)
  AND (a.time >= sqlc.narg(date_from) OR sqlc.narg(date_from) IS NULL)
  AND (a.time < sqlc.narg(date_to) OR sqlc.narg(date_to) IS NULL)
  AND (CAST(@request_id AS text) = '' OR a.request_id = @request_id)
  AND (CAST(@token_id AS text) = '' OR a.token_id = @token_id)
  AND (CAST(@resource_type AS text) = '' OR a.resource_type = @resource_type)
  AND (CAST(@resource_id AS text) = '' OR a.resource_id = @resource_id)
  AND (CAST(@resource_target AS text) = '' OR lower(a.resource_target) = @resource_target)
  AND (CAST(@action AS text) = '' OR a.action = @action)
  AND (CAST(@search AS text) = '' OR instr(lower(a.resource_target), @search) > 0 OR instr(lower(a.actor), @search) > 0)
  AND (CAST(@batches AS bigint) = 0 OR a.chain_seq = 0 OR a.request_id = '' OR a.status_code >= 400 OR NOT EXISTS (
    SELECT 1 FROM audit_logs b
    WHERE b.chain = a.chain AND b.chain_seq > 0 AND b.chain_seq = a.chain_seq + 1 AND b.request_id = a.request_id AND b.time = a.time
      AND b.actor = a.actor AND b.resource_type = a.resource_type AND b.action = a.action AND b.status_code < 400))
  AND a.seq < @seq
ORDER BY a.seq DESC
LIMIT CAST(@max_rows AS bigint);

-- name: ListAuditAfter :many
-- The oldest entries that match and are newer than a row, oldest first: the page above.
SELECT a.seq FROM audit_logs a
WHERE (CAST(@organizations AS text) = '' OR instr(@organizations, ' ' || coalesce(CAST(a.organization_id AS text), '') || ' ') > 0
    OR (CAST(@also AS text) <> '' AND instr(@also, ' ' || a.seq || ' ') > 0))
  AND (a.organization_id = sqlc.narg(organization_id) OR sqlc.narg(organization_id) IS NULL
    OR (CAST(@also AS text) <> '' AND instr(@also, ' ' || a.seq || ' ') > 0))
  AND (a.actor_id = sqlc.narg(actor_id) OR sqlc.narg(actor_id) IS NULL)
  AND (a.time >= sqlc.narg(date_from) OR sqlc.narg(date_from) IS NULL)
  AND (a.time < sqlc.narg(date_to) OR sqlc.narg(date_to) IS NULL)
  AND (CAST(@request_id AS text) = '' OR a.request_id = @request_id)
  AND (CAST(@token_id AS text) = '' OR a.token_id = @token_id)
  AND (CAST(@resource_type AS text) = '' OR a.resource_type = @resource_type)
  AND (CAST(@resource_id AS text) = '' OR a.resource_id = @resource_id)
  AND (CAST(@resource_target AS text) = '' OR lower(a.resource_target) = @resource_target)
  AND (CAST(@action AS text) = '' OR a.action = @action)
  AND (CAST(@search AS text) = '' OR instr(lower(a.resource_target), @search) > 0 OR instr(lower(a.actor), @search) > 0)
  AND (CAST(@batches AS bigint) = 0 OR a.chain_seq = 0 OR a.request_id = '' OR a.status_code >= 400 OR NOT EXISTS (
    SELECT 1 FROM audit_logs b
    WHERE b.chain = a.chain AND b.chain_seq > 0 AND b.chain_seq = a.chain_seq + 1 AND b.request_id = a.request_id AND b.time = a.time
      AND b.actor = a.actor AND b.resource_type = a.resource_type AND b.action = a.action AND b.status_code < 400))
  AND a.seq > @seq
ORDER BY a.seq
LIMIT CAST(@max_rows AS bigint);

-- name: ListBatchSizes :many
-- Of some entries, each the last of its kind that a request made in a row: how many those are.
SELECT h.seq, CAST(h.chain_seq - coalesce((
    SELECT b.chain_seq FROM audit_logs b
    WHERE b.chain = h.chain AND b.chain_seq > 0 AND b.chain_seq < h.chain_seq AND (b.request_id <> h.request_id OR b.time <> h.time
      OR b.actor <> h.actor OR b.resource_type <> h.resource_type OR b.action <> h.action OR b.status_code >= 400)
    ORDER BY b.chain_seq DESC LIMIT 1), (
    SELECT f.chain_seq - 1 FROM audit_logs f WHERE f.chain = h.chain AND f.chain_seq > 0 ORDER BY f.chain_seq LIMIT 1), 0) AS bigint) AS entries
FROM audit_logs h WHERE h.chain_seq > 0 AND h.request_id <> '' AND h.status_code < 400 AND h.seq IN (sqlc.slice('seqs'));

-- name: ListBatchBegins :many
-- The newest of the entries that were made in a row before some, and those themselves, at most so many of each.
SELECT h.seq AS head, a.seq FROM audit_logs h JOIN audit_logs a
  ON a.chain = h.chain AND a.chain_seq > 0 AND a.chain_seq <= h.chain_seq AND a.chain_seq > h.chain_seq - CAST(@most AS bigint)
 AND a.request_id = h.request_id AND a.time = h.time AND a.actor = h.actor AND a.resource_type = h.resource_type AND a.action = h.action
WHERE h.seq IN (sqlc.slice('seqs'))
ORDER BY a.seq DESC;

-- name: ListAuditSeqs :many
-- What was written after an entry, in the order of the numbers, in pieces.
SELECT seq, time FROM audit_logs WHERE seq > @after_seq ORDER BY seq LIMIT CAST(@max_rows AS bigint);

-- name: ListAuditLogs :many
SELECT * FROM audit_logs WHERE seq IN (sqlc.slice('seqs')) ORDER BY seq DESC;

-- name: ListRoleEntries :many
-- What was done to some accounts and their memberships, oldest first, from a place onwards, in pieces.
SELECT a.seq, a.organization_id, a.resource_type, a.resource_id, a.changes FROM audit_logs a
WHERE a.seq > @after_seq AND a.resource_type IN ('user', 'organization_member') AND a.status_code < 400 AND a.changes <> '{}'
  AND a.resource_id IN (sqlc.slice('resource_ids'))
ORDER BY a.seq
LIMIT 5000;

-- name: ListRoleDeletions :many
-- The custom roles that were ever deleted, and when last.
-- reads all: it is asked while the whole trail is read.
SELECT organization_id, resource_target, CAST(max(seq) AS bigint) AS seq FROM audit_logs
WHERE resource_type = 'custom_role' AND action = 'delete' AND status_code < 400
GROUP BY organization_id, resource_target;

-- name: ListDeletedRoles :many
-- The deletions of custom roles in a chain since a time, newest first.
SELECT * FROM audit_logs
WHERE chain = @chain AND resource_type = 'custom_role' AND action = 'delete' AND status_code < 400 AND chain_seq > 0 AND time >= @since
ORDER BY chain_seq DESC
LIMIT CAST(@max_rows AS bigint);

-- name: GetFirstAuditFrom :one
-- The oldest entry that is not older than a time.
-- reads all on PostgreSQL: it looks at all that is older, which is to go.
SELECT seq FROM audit_logs WHERE seq > @after_seq AND time >= @boundary ORDER BY seq LIMIT 1;

-- name: GetNewestAuditSeq :one
SELECT CAST(coalesce(max(seq), 0) AS bigint) AS seq FROM audit_logs;

-- name: ListAuditCuts :many
-- The newest entry of each chain in a stretch of the trail, and how many of the chain are in it.
-- reads all on PostgreSQL: what is to go is counted.
SELECT a.chain AS organization_id, a.chain_seq, a.hash, g.entries FROM (
    SELECT e.chain, CAST(max(e.chain_seq) AS bigint) AS newest, CAST(count(*) AS bigint) AS entries FROM audit_logs e
    WHERE e.seq > @after_seq AND e.seq <= @up_to AND e.chain_seq > 0 GROUP BY e.chain) g
JOIN audit_logs a ON a.chain = g.chain AND a.chain_seq = g.newest AND a.chain_seq > 0
ORDER BY a.chain;

-- name: GetLastAuditPrune :one
SELECT * FROM audit_prunes WHERE seq > 0 ORDER BY seq DESC LIMIT 1;

-- name: ListAuditPrunes :many
SELECT * FROM audit_prunes WHERE seq > @after_seq ORDER BY seq LIMIT CAST(@max_rows AS bigint);

-- name: ListAuditPruneHeads :many
-- By the organizations, in the order that the hash of the prune takes them in.
SELECT organization_id, chain_seq, hash FROM audit_prune_heads WHERE prune_seq = @prune_seq ORDER BY organization_id;

-- name: ListAuditBases :many
-- Where each chain that was cut goes on: after its newest entry that went.
-- reads all: there is a row for each such chain and prune.
SELECT h.organization_id, h.chain_seq, h.hash FROM audit_prune_heads h
WHERE h.prune_seq = (SELECT max(l.prune_seq) FROM audit_prune_heads l WHERE l.organization_id = h.organization_id)
ORDER BY h.organization_id;

-- name: InsertAuditPrune :exec
-- unit: site
INSERT INTO audit_prunes (seq, time, boundary, up_to, entries, file, root, hash)
VALUES (@seq, @time, @boundary, @up_to, @entries, @file, @root, @hash);

-- name: InsertAuditPruneHead :exec
-- unit: site
INSERT INTO audit_prune_heads (prune_seq, organization_id, chain_seq, hash) VALUES (@prune_seq, @organization_id, @chain_seq, @hash);

-- name: ListPrunedAudit :many
-- Entries that are to go and are still there, the oldest first.
SELECT seq FROM audit_logs WHERE seq <= @up_to ORDER BY seq LIMIT CAST(@max_rows AS bigint);

-- name: DeletePrunedAudit :exec
-- A trigger refuses to delete what no prune has named.
-- unit: signin
DELETE FROM audit_logs WHERE seq <= @up_to;
