-- name: InsertSetupToken :exec
-- unit: site
INSERT INTO setup_tokens (hash, created_at) VALUES (@hash, @now) ON CONFLICT (hash) DO NOTHING;

-- name: CountSetupTokens :one
SELECT count(*) FROM setup_tokens WHERE hash = @hash;

-- name: DeleteSetupTokens :exec
-- reads all: every one is deleted.
-- unit: site
DELETE FROM setup_tokens;
