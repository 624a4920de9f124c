-- name: ListSigningKeys :many
-- The keys that sign, will sign, or have signed what still counts.
-- reads all: there are few.
SELECT kid, public_key, private_key, created_at, active_from, retired_at FROM signing_keys
WHERE retired_at IS NULL OR retired_at > @retired_after ORDER BY active_from, kid;

-- name: InsertSigningKey :exec
-- unit: site
INSERT INTO signing_keys (kid, public_key, private_key, created_at, active_from, retired_at)
VALUES (@kid, @public_key, @private_key, @now, @active_from, NULL);

-- name: RetireSigningKeys :exec
-- reads all: there are few.
-- unit: site
UPDATE signing_keys SET retired_at = @retired_at WHERE kid <> @successor AND retired_at IS NULL;

-- name: DeleteSigningKeys :exec
-- Those whose signatures count no more.
-- reads all: there are few.
-- unit: site
DELETE FROM signing_keys WHERE retired_at <= @retired_before;
