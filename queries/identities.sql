-- name: GetIdentity :one
SELECT provider, user_id, email, created_at, last_login_at, claims FROM user_identities WHERE issuer = @issuer AND subject = @subject;

-- name: ListIdentities :many
-- Those of an account.
SELECT provider, issuer, subject, email, created_at, last_login_at FROM user_identities WHERE user_id = @user_id ORDER BY provider;

-- name: GetOtherIssuer :one
-- An issuer that a provider had, other than the one it has.
SELECT issuer FROM user_identities WHERE provider = @provider AND issuer <> @issuer LIMIT 1;

-- name: GetOtherProvider :one
-- A name that an issuer had, other than the one it has.
SELECT provider FROM user_identities WHERE issuer = @issuer AND provider <> @provider LIMIT 1;

-- name: InsertIdentity :exec
-- unit: site
INSERT INTO user_identities (issuer, subject, provider, user_id, email, created_at, last_login_at, claims)
VALUES (@issuer, @subject, @provider, @user_id, @email, @now, NULL, '{}');

-- name: DeleteIdentity :exec
-- unit: site
DELETE FROM user_identities WHERE user_id = @user_id AND provider = @provider;

-- name: NoteIdentity :exec
-- What the provider said at a sign-in.
-- unit: site, signin
UPDATE user_identities SET email = @email, claims = @claims, last_login_at = @now WHERE issuer = @issuer AND subject = @subject;

-- name: GetWaysIn :one
-- What an account could sign in with besides providers, and whether it was proved that its address is its own.
SELECT CAST(password_hash <> '' AS boolean) AS has_password, email_verified FROM users WHERE id = @id;

-- name: VerifyEmail :exec
-- unit: site
UPDATE users SET email_verified = true, version = version + 1, updated_at = @now WHERE id = @id;

-- name: DropPassword :exec
-- unit: site
UPDATE users SET password_hash = '', password_by = NULL, must_change = false, version = version + 1, updated_at = @now WHERE id = @id;

-- name: FollowProvider :exec
-- What an account is called at the provider that made it.
-- unit: site
UPDATE users
SET name = @name, name_key = @name_key, email = @email, email_key = @email_key, email_verified = @email_verified, search_key = @search_key,
    version = version + 1, updated_at = @now
WHERE id = @id;

-- name: InsertSessionIdentity :exec
-- unit: signin
INSERT INTO session_identities (token, provider, issuer, subject, sid, id_token, authenticated_at, amr)
VALUES (@token, @provider, @issuer, @subject, @sid, @id_token, @authenticated_at, @amr);

-- name: GetSessionIdentity :one
-- Which sign-in a session began with.
SELECT provider, id_token FROM session_identities WHERE token = @token;

-- name: GetSessionAge :one
-- When the person of a session was asked who they are; with a provider it may be longer ago than the session is.
SELECT s.created_at, i.authenticated_at FROM sessions s LEFT JOIN session_identities i ON i.token = s.token WHERE s.token = @token;

-- name: ListSessionsOfSubject :many
SELECT i.token, i.sid, i.subject, s.user_id, u.username
FROM session_identities i JOIN sessions s ON s.token = i.token JOIN users u ON u.id = s.user_id
WHERE i.issuer = @issuer AND i.subject = @subject;

-- name: ListSessionsOfSID :many
SELECT i.token, i.sid, i.subject, s.user_id, u.username
FROM session_identities i JOIN sessions s ON s.token = i.token JOIN users u ON u.id = s.user_id
WHERE i.issuer = @issuer AND i.sid = @sid;

-- name: CountNotices :one
SELECT count(*) FROM oidc_jtis WHERE hash = @hash;

-- name: InsertNotice :exec
-- unit: signin
INSERT INTO oidc_jtis (hash, expires_at) VALUES (@hash, @expires_at) ON CONFLICT (hash) DO NOTHING;

-- name: DeleteOldNotices :exec
-- unit: signin
DELETE FROM oidc_jtis WHERE expires_at <= @now;

-- name: CountOwnersWithPassword :one
-- Active owners, those for good, who can sign in without a provider.
SELECT count(DISTINCT u.id) FROM user_roles r JOIN users u ON u.id = r.user_id
WHERE r.role = 'owner' AND r.ends_at IS NULL AND u.status = 'active' AND u.password_hash <> '';
