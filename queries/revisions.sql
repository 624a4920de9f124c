-- name: GetRevision :one
SELECT value FROM revisions WHERE id = 1;

-- name: BumpRevision :one
UPDATE revisions SET value = value + 1 WHERE id = 1 RETURNING value;
