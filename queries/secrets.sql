-- name: GetSecret :one
SELECT value FROM secrets WHERE name = @name;

-- name: InsertSecret :exec
-- unit: site, signin
INSERT INTO secrets (name, value, created_at) VALUES (@name, @value, @now) ON CONFLICT (name) DO NOTHING;
