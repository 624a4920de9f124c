-- name: InsertSetupToken :exec
INSERT INTO setup_tokens (hash, created_at) VALUES (@hash, @now) ON CONFLICT (hash) DO NOTHING;

-- name: CountSetupTokens :one
SELECT count(*) FROM setup_tokens WHERE hash = @hash;

-- name: DeleteSetupTokens :exec
-- reads all: none is to stay.
DELETE FROM setup_tokens;
