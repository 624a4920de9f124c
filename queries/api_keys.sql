-- name: GetAPIKey :one
SELECT user_id, secret_hash, expires_at, last_used FROM api_keys WHERE id = @id;

-- name: GetAPIKeyOwner :one
SELECT user_id, name FROM api_keys WHERE id = @id;

-- name: ListAPIKeys :many
-- Of the accounts between two ids, both of them included.
SELECT k.id, k.user_id, u.username, k.name, k.login_type, k.scope, k.lifetime_seconds,
    k.created_at, k.updated_at, k.expires_at, k.last_used
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.user_id >= @from_user AND k.user_id <= @to_user AND k.login_type = 'token'
ORDER BY k.created_at, k.id;

-- name: CountAPIKeysNamed :one
SELECT count(*) FROM api_keys WHERE user_id = @user_id AND name = @name;

-- name: InsertAPIKey :exec
INSERT INTO api_keys (
    id, user_id, secret_hash, name, login_type, scope, lifetime_seconds, created_at, updated_at, expires_at, last_used)
VALUES (
    @id, @user_id, @secret_hash, @name, @login_type, @scope, @lifetime_seconds, @now, @now, @expires_at, NULL);

-- name: UpdateLastUsed :exec
UPDATE api_keys SET last_used = @now WHERE id = @id;

-- name: DeleteAPIKey :exec
DELETE FROM api_keys WHERE id = @id;

-- name: DeleteAPIKeysOfUser :exec
DELETE FROM api_keys WHERE user_id = @user_id;

-- name: CountTokens :one
-- How many API tokens an account has; what it signed in with does not count.
SELECT count(*) FROM api_keys WHERE user_id = @user_id AND login_type = 'token';
