-- name: GetAPIKey :one
SELECT user_id, secret_hash, login_type, expires_at, expiry_noted, last_used, created_by, scopes, organizations, catalog
FROM api_keys WHERE id = @id;

-- name: GetAPIKeyOwner :one
SELECT user_id, name FROM api_keys WHERE id = @id;

-- name: ListAPIKeys :many
-- Of an account: tokens that end after a time.
SELECT k.id, k.user_id, u.username, k.name, k.login_type, k.scope, k.lifetime_seconds,
    k.created_at, k.updated_at, k.expires_at, k.last_used, k.created_by, coalesce(m.username, '') AS maker,
    k.scopes, k.organizations, k.catalog, k.allow_list
FROM api_keys k JOIN users u ON u.id = k.user_id LEFT JOIN users m ON m.id = k.created_by
WHERE k.user_id = @user_id AND k.login_type = 'token' AND k.expires_at > @after
ORDER BY k.created_at, k.id;

-- name: ListAPIKeysPage :many
-- Tokens that stand, of all accounts, those that end first before the others: some after a number of them. One that was
-- never used counts as used when it was made.
SELECT k.id, k.user_id, u.username, k.name, k.login_type, k.scope, k.lifetime_seconds,
    k.created_at, k.updated_at, k.expires_at, k.last_used, k.created_by, coalesce(m.username, '') AS maker,
    k.scopes, k.organizations, k.catalog, k.allow_list
FROM api_keys k JOIN users u ON u.id = k.user_id LEFT JOIN users m ON m.id = k.created_by
WHERE k.login_type = 'token' AND k.expires_at > @after AND k.expires_at <= @until
    AND coalesce(k.last_used, k.created_at) <= @unused_since
    AND (NOT CAST(@unlimited AS boolean) OR k.scopes = '' AND k.organizations = '')
ORDER BY k.expires_at, k.id LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: ListAPIKeysAfter :many
-- Tokens of all accounts that end after a time, those that end first before the others, from a place onwards.
-- reads all on PostgreSQL: few accounts are read at once, and where there are many it looks each one up.
SELECT k.id, k.user_id, u.username, k.name, k.login_type, k.scope, k.lifetime_seconds,
    k.created_at, k.updated_at, k.expires_at, k.last_used, k.created_by, coalesce(m.username, '') AS maker,
    k.scopes, k.organizations, k.catalog, k.allow_list
FROM api_keys k JOIN users u ON u.id = k.user_id LEFT JOIN users m ON m.id = k.created_by
WHERE k.login_type = 'token' AND k.expires_at > @after AND k.expires_at >= @after_end AND (k.expires_at > @after_end OR k.id > @after_id)
ORDER BY k.expires_at, k.id LIMIT CAST(@max_rows AS bigint);

-- name: CountAPIKeysOf :one
-- How many tokens ListAPIKeysPage finds in all.
SELECT count(*) FROM api_keys
WHERE login_type = 'token' AND expires_at > @after AND expires_at <= @until
    AND coalesce(last_used, created_at) <= @unused_since
    AND (NOT CAST(@unlimited AS boolean) OR scopes = '' AND organizations = '');

-- name: FindAPIKey :one
-- A key of an account by its id, or a token by its name.
SELECT k.id, k.user_id, u.username, k.name, k.login_type, k.scope, k.lifetime_seconds,
    k.created_at, k.updated_at, k.expires_at, k.last_used, k.created_by, coalesce(m.username, '') AS maker,
    k.scopes, k.organizations, k.catalog, k.allow_list
FROM api_keys k JOIN users u ON u.id = k.user_id LEFT JOIN users m ON m.id = k.created_by
WHERE k.user_id = @user_id AND (k.id = @id OR k.name = @name AND k.login_type = 'token');

-- name: ListTokensOfUsers :many
-- What programs may sign in to some accounts with, but for what they got by the password.
SELECT id, user_id, name, created_by FROM api_keys
WHERE user_id IN (sqlc.slice('user_ids')) AND (login_type = 'token' OR created_by IS NOT NULL) ORDER BY id;

-- name: CountAPIKeysNamed :one
SELECT count(*) FROM api_keys WHERE user_id = @user_id AND name = @name;

-- name: InsertAPIKey :exec
-- unit: site, signin
INSERT INTO api_keys (
    id, user_id, secret_hash, name, login_type, scope, lifetime_seconds, created_at, updated_at, expires_at, last_used,
    created_by, for_cli, scopes, organizations, catalog, allow_list)
VALUES (
    @id, @user_id, @secret_hash, @name, @login_type, @scope, @lifetime_seconds, @now, @now, @expires_at, NULL,
    sqlc.narg(created_by), @for_cli, @scopes, @organizations, @catalog, @allow_list);

-- name: UpdateLastUsed :exec
-- unit: site, signin
UPDATE api_keys SET last_used = @now WHERE id = @id;

-- name: EndAPIKey :exec
-- The trail tells who ended it, so it does not also expire.
-- unit: site
UPDATE api_keys SET expires_at = @now, updated_at = @now, expiry_noted = true WHERE id = @id;

-- name: ListExpiredTokens :many
-- API tokens that have expired and of which the trail does not tell yet, those that expired first.
SELECT k.id, k.user_id, u.username, k.name, k.expires_at FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.login_type = 'token' AND NOT k.expiry_noted AND k.expires_at <= @now
ORDER BY k.expires_at LIMIT CAST(@max_rows AS bigint);

-- name: GetExpiredToken :one
-- One of ListExpiredTokens.
SELECT k.id, k.user_id, u.username, k.name, k.expires_at FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.id = @id AND k.login_type = 'token' AND NOT k.expiry_noted AND k.expires_at <= @now;

-- name: NoteExpiry :exec
-- unit: signin
UPDATE api_keys SET expiry_noted = true WHERE id = @id;

-- name: ListTokensToTell :many
-- API tokens that end within so many days, were made to live longer, and of which that was not told yet: those that end first.
-- With who is to know: the account, or where it has no address, who made the token.
SELECT k.id, k.user_id, u.username, u.email, u.status, k.name, k.expires_at,
    k.created_by, coalesce(m.email, '') AS maker_email, coalesce(m.status, '') AS maker_status
FROM api_keys k JOIN users u ON u.id = k.user_id LEFT JOIN users m ON m.id = k.created_by
WHERE k.login_type = 'token' AND k.expires_at > @now AND k.expires_at <= @until AND k.lifetime_seconds > @lives_longer
    AND (k.end_told = 0 OR k.end_told > @days)
ORDER BY k.expires_at, k.id LIMIT CAST(@max_rows AS bigint);

-- name: NoteEndTold :exec
-- unit: signin
UPDATE api_keys SET end_told = @days WHERE id = @id;

-- name: DeleteAPIKey :exec
-- unit: organization, site, signin
DELETE FROM api_keys WHERE id = @id;

-- name: DeleteAPIKeysOfUser :exec
-- unit: site
DELETE FROM api_keys WHERE user_id = @user_id;

-- name: DeleteLoginsOfUser :exec
-- The tokens that programs got by signing in.
-- unit: organization, site
DELETE FROM api_keys WHERE user_id = @user_id AND login_type = 'password';

-- name: CountTokens :one
-- How many API tokens an account has; tokens of a sign-in do not count.
SELECT count(*) FROM api_keys WHERE user_id = @user_id AND login_type = 'token';

-- name: CountTokensEnding :one
-- How many API tokens end in a time.
SELECT count(*) FROM api_keys WHERE expires_at > @now AND expires_at <= @until AND login_type = 'token';

-- name: ListLogins :many
-- The tokens that programs got by signing in to an account and that have not ended.
SELECT id, created_at, last_used, expires_at, for_cli FROM api_keys
WHERE user_id = @user_id AND login_type = 'password' AND expires_at > @now ORDER BY created_at DESC, id;

-- name: CountLoginOfUser :one
SELECT count(*) FROM api_keys WHERE user_id = @user_id AND id = @id AND login_type = 'password';

-- name: DeleteLoginOfUser :exec
-- unit: signin
DELETE FROM api_keys WHERE user_id = @user_id AND id = @id AND login_type = 'password';

-- name: DeleteExpiredKeys :exec
-- Those that ended a while ago: people see for that long that they did. A token waits until the trail tells of its end.
-- unit: site, signin
DELETE FROM api_keys WHERE expires_at <= @before AND (expiry_noted OR login_type <> 'token');

-- name: ListStandingKeys :many
-- Those of some tokens that are still there and have not ended.
SELECT id FROM api_keys WHERE expires_at > @now AND id IN (sqlc.slice('ids'));
