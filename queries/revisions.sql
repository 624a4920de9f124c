-- name: GetRevision :one
SELECT * FROM revisions WHERE id = 1;

-- name: BumpRevision :exec
-- A value that was never there before, not even in a transaction that failed: floor is the time.
-- unit: organization, site
UPDATE revisions SET value = CASE WHEN value >= CAST(@floor AS bigint) THEN value + 1 ELSE CAST(@floor AS bigint) END WHERE id = 1;
