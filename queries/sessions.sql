-- name: GetSession :one
SELECT data FROM sessions WHERE token = @token AND expires_at > @now;

-- name: UpsertSession :exec
-- unit: site, signin
INSERT INTO sessions (token, id, user_id, data, ip, user_agent, created_at, expires_at)
VALUES (@token, @id, @user_id, @data, @ip, @user_agent, @now, @expires_at)
ON CONFLICT (token) DO UPDATE SET
    user_id = coalesce(excluded.user_id, sessions.user_id), data = excluded.data, expires_at = excluded.expires_at;

-- name: ListSessions :many
SELECT token, id, ip, user_agent, created_at, expires_at FROM sessions
WHERE user_id = @user_id AND expires_at > @now ORDER BY created_at DESC, id;

-- name: CountSessions :one
SELECT count(*) FROM sessions WHERE user_id = @user_id AND expires_at > @now;

-- name: CountSessionOfUser :one
SELECT count(*) FROM sessions WHERE user_id = @user_id AND id = @id;

-- name: DeleteSessionOfUser :exec
-- unit: signin
DELETE FROM sessions WHERE user_id = @user_id AND id = @id;

-- name: DeleteSession :exec
-- unit: site, signin
DELETE FROM sessions WHERE token = @token;

-- name: DeleteSessionsOfUser :exec
-- unit: organization, site
DELETE FROM sessions WHERE user_id = @user_id;

-- name: DeleteExpiredSessions :exec
-- unit: site, signin
DELETE FROM sessions WHERE expires_at <= @now;

-- name: GetLoginFailures :one
SELECT failures, window_start FROM login_failures WHERE door = @door;

-- name: UpsertLoginFailures :exec
-- unit: site, signin
INSERT INTO login_failures (door, failures, window_start) VALUES (@door, @failures, @window_start)
ON CONFLICT (door) DO UPDATE SET failures = excluded.failures, window_start = excluded.window_start;

-- name: DeleteLoginFailures :exec
-- unit: site, signin
DELETE FROM login_failures WHERE door = @door;

-- name: DeleteOldLoginFailures :exec
-- unit: signin
DELETE FROM login_failures WHERE window_start <= @before;

-- name: GetPasswordLink :one
SELECT l.*, u.username, u.email, u.name, u.must_change FROM password_links l JOIN users u ON u.id = l.user_id WHERE l.id = @id;

-- name: GetPasswordLinkOfUser :one
SELECT created_at, expires_at, created_by FROM password_links WHERE user_id = @user_id;

-- name: UpsertPasswordLink :exec
-- unit: site
INSERT INTO password_links (user_id, id, secret_hash, created_at, expires_at, created_by)
VALUES (@user_id, @id, @secret_hash, @now, @expires_at, sqlc.narg(created_by))
ON CONFLICT (user_id) DO UPDATE SET
    id = excluded.id, secret_hash = excluded.secret_hash, created_at = excluded.created_at, expires_at = excluded.expires_at,
    created_by = excluded.created_by;

-- name: DeletePasswordLink :execrows
-- unit: organization, site
DELETE FROM password_links WHERE user_id = @user_id;
