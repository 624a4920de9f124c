-- name: GetTOTP :one
SELECT seed, last_step, created_at, confirmed_at FROM totp WHERE user_id = @user_id;

-- name: UpsertTOTP :exec
-- A seed that no code has confirmed yet gives way to a new one.
-- unit: signin
INSERT INTO totp (user_id, seed, last_step, created_at, confirmed_at) VALUES (@user_id, @seed, 0, @now, NULL)
ON CONFLICT (user_id) DO UPDATE SET seed = excluded.seed, last_step = 0, created_at = excluded.created_at;

-- name: ConfirmTOTP :exec
-- unit: signin
UPDATE totp SET confirmed_at = @now, last_step = @last_step WHERE user_id = @user_id;

-- name: UseTOTP :exec
-- unit: site, signin
UPDATE totp SET last_step = @last_step WHERE user_id = @user_id;

-- name: DeleteTOTP :exec
-- unit: site, signin
DELETE FROM totp WHERE user_id = @user_id;

-- name: CountRecoveryCodes :one
SELECT count(*) FROM recovery_codes WHERE user_id = @user_id;

-- name: HasRecoveryCode :one
SELECT count(*) FROM recovery_codes WHERE user_id = @user_id AND hash = @hash;

-- name: InsertRecoveryCode :exec
-- unit: signin
INSERT INTO recovery_codes (user_id, hash) VALUES (@user_id, @hash);

-- name: UseRecoveryCode :exec
-- unit: site, signin
DELETE FROM recovery_codes WHERE user_id = @user_id AND hash = @hash;

-- name: DeleteRecoveryCodes :exec
-- unit: site, signin
DELETE FROM recovery_codes WHERE user_id = @user_id;

-- name: GetCodeChallenge :one
SELECT c.user_id, c.password, c.tries, u.email_key, u.status FROM code_challenges c JOIN users u ON u.id = c.user_id
WHERE c.hash = @hash AND c.expires_at > @now;

-- name: InsertCodeChallenge :exec
-- unit: site, signin
INSERT INTO code_challenges (hash, user_id, password, tries, expires_at) VALUES (@hash, @user_id, @password, 0, @expires_at);

-- name: CountCodeTry :exec
-- unit: site, signin
UPDATE code_challenges SET tries = tries + 1 WHERE hash = @hash;

-- name: DeleteCodeChallenges :exec
-- The challenges of an account, and all that have expired.
-- unit: site, signin
DELETE FROM code_challenges WHERE user_id = @user_id OR expires_at <= @now;

-- name: ListUnsecured :many
-- Which of some accounts a password alone lets in to: who has a provider has the second factor there.
SELECT u.id FROM users u
WHERE u.login_type = 'password' AND NOT EXISTS (SELECT 1 FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id) AND u.id IN (sqlc.slice('ids'));
