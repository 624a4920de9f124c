-- name: GetPasskey :one
SELECT id, user_id, host, name, public_key, sign_count, backup_eligible FROM passkeys WHERE credential = @credential;

-- name: ListPasskeys :many
-- Those of an account, the oldest first.
SELECT credential, id, name, transports, backed_up, created_at, last_used_at, doubted_at FROM passkeys
WHERE user_id = @user_id ORDER BY id;

-- name: CountPasskeys :one
SELECT count(*) FROM passkeys WHERE user_id = @user_id;

-- name: InsertPasskey :exec
-- unit: signin
INSERT INTO passkeys (
    credential, id, user_id, host, name, public_key, sign_count, backup_eligible, backed_up, transports, created_at)
VALUES (@credential, @id, @user_id, @host, @name, @public_key, @sign_count, @backup_eligible, @backed_up, @transports, @now);

-- name: UsePasskey :exec
-- unit: site, signin
UPDATE passkeys SET sign_count = @sign_count, backed_up = @backed_up, last_used_at = @now WHERE credential = @credential;

-- name: DoubtPasskey :exec
-- unit: site, signin
UPDATE passkeys SET doubted_at = @now WHERE credential = @credential;

-- name: DeletePasskey :exec
-- unit: site
DELETE FROM passkeys WHERE user_id = @user_id AND id = @id;

-- name: DeletePasskeys :exec
-- unit: site, signin
DELETE FROM passkeys WHERE user_id = @user_id;

-- name: CountPasskeysElsewhere :one
-- Those that were made for another host.
-- reads all: it runs at the start and by hand, and finds none as a rule
SELECT count(*) FROM passkeys WHERE host <> @host;

-- name: DeletePasskeysElsewhere :exec
-- Those of an account.
-- unit: site
DELETE FROM passkeys WHERE user_id = @user_id AND host <> @host;

-- name: ListPasskeysElsewhere :many
-- The accounts with passkeys for another host.
-- reads all: it runs by hand, when the address of the server has changed
SELECT DISTINCT p.user_id, u.username, u.email FROM passkeys p JOIN users u ON u.id = p.user_id
WHERE p.host <> @host ORDER BY p.user_id LIMIT CAST(@max_rows AS bigint);

-- name: GetPasskeyChallenge :one
SELECT user_id, registers FROM passkey_challenges WHERE hash = @hash AND browser = @browser AND expires_at > @now;

-- name: InsertPasskeyChallenge :exec
-- unit: signin
INSERT INTO passkey_challenges (hash, browser, user_id, registers, expires_at)
VALUES (@hash, @browser, sqlc.narg(user_id), @registers, @expires_at);

-- name: TakePasskeyChallenge :execrows
-- unit: signin
DELETE FROM passkey_challenges WHERE hash = @hash;

-- name: DeletePasskeyChallenges :exec
-- Those that are over.
-- unit: signin
DELETE FROM passkey_challenges WHERE expires_at <= @now;

-- name: DeletePasskeyChallengesOfUser :exec
-- unit: site, signin
DELETE FROM passkey_challenges WHERE user_id = @user_id;
