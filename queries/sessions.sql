-- name: GetSession :one
SELECT data FROM sessions WHERE token = @token AND expires_at > @now;

-- name: UpsertSession :exec
INSERT INTO sessions (token, user_id, data, expires_at) VALUES (@token, @user_id, @data, @expires_at)
ON CONFLICT (token) DO UPDATE SET
    user_id = coalesce(excluded.user_id, sessions.user_id), data = excluded.data, expires_at = excluded.expires_at;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE token = @token;

-- name: DeleteSessionsOfUser :exec
DELETE FROM sessions WHERE user_id = @user_id;

-- name: DeleteExpiredSessions :exec
DELETE FROM sessions WHERE expires_at <= @now;

-- name: GetLoginFailures :one
SELECT failures, window_start FROM login_failures WHERE door = @door;

-- name: UpsertLoginFailures :exec
INSERT INTO login_failures (door, failures, window_start) VALUES (@door, @failures, @window_start)
ON CONFLICT (door) DO UPDATE SET failures = excluded.failures, window_start = excluded.window_start;

-- name: DeleteLoginFailures :exec
DELETE FROM login_failures WHERE door = @door;

-- name: DeleteOldLoginFailures :exec
DELETE FROM login_failures WHERE window_start <= @before;
