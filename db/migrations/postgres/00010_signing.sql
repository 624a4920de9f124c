-- Keeps the keys that snapshots and rights are signed with, and what limits an API token.

-- +goose Up
-- Who can read this table can sign.
CREATE TABLE signing_keys (
    kid         text COLLATE "C" NOT NULL PRIMARY KEY, -- the thumbprint of the public key
    public_key  bytea            NOT NULL,
    private_key bytea            NOT NULL,
    created_at  timestamptz      NOT NULL,
    active_from timestamptz      NOT NULL, -- it signs from then on
    retired_at  timestamptz -- and no more from then on; what it has signed counts for a day more
);

-- Sorted, with a space between; empty: no limit.
ALTER TABLE api_keys ADD COLUMN scopes text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN organizations text COLLATE "C" NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE api_keys DROP COLUMN organizations;
ALTER TABLE api_keys DROP COLUMN scopes;
DROP TABLE signing_keys;
