-- Keeps the keys that snapshots and rights are signed with, and what limits an API token.

-- +goose Up
-- Who can read this table can sign.
CREATE TABLE signing_keys (
    kid         text      NOT NULL PRIMARY KEY, -- the thumbprint of the public key
    public_key  blob      NOT NULL,
    private_key blob      NOT NULL,
    created_at  timestamp NOT NULL,
    active_from timestamp NOT NULL, -- it signs from then on
    retired_at  timestamp -- and no more from then on; what it has signed counts for a day more
) WITHOUT ROWID;

-- Sorted, with a space between; empty: no limit.
ALTER TABLE api_keys ADD COLUMN scopes text NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN organizations text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE api_keys DROP COLUMN organizations;
ALTER TABLE api_keys DROP COLUMN scopes;
DROP TABLE signing_keys;
