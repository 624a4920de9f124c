-- name: CountProviderPeople :many
-- How many identities there are at each provider.
-- reads all: it counts them.
SELECT provider, count(*) AS people FROM user_identities GROUP BY provider;

-- name: GetLastLogin :one
-- When somebody signed in with a provider last.
SELECT last_login_at FROM user_identities
WHERE provider = @provider AND last_login_at IS NOT NULL
ORDER BY last_login_at DESC
LIMIT 1;

-- name: CountSyncTrouble :one
-- What waits for somebody: sources that are held, and last owners and administrators that were not taken.
-- reads all: there are as many sources as providers, of which few are held
SELECT CAST((SELECT count(*) FROM sync_sources)
    + (SELECT count(*) FROM sync_notices WHERE kind IN ('last-owner', 'last-admin')) AS bigint) AS trouble;
