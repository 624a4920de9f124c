-- Keeps passkeys, and what browsers were asked to sign with one.

-- +goose Up
CREATE TABLE passkeys (
    credential      blob      NOT NULL PRIMARY KEY, -- what its authenticator calls it
    id              uuid      NOT NULL,
    user_id         uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    host            text      NOT NULL, -- of the access URL: it works nowhere else
    name            text      NOT NULL,
    public_key      blob      NOT NULL,
    sign_count      bigint    NOT NULL, -- of the last use: a copy does not know where the other one is
    backup_eligible boolean   NOT NULL, -- it may be on several devices
    backed_up       boolean   NOT NULL, -- it is
    transports      text      NOT NULL, -- how browsers reach it, with spaces between
    created_at      timestamp NOT NULL,
    last_used_at    timestamp,
    doubted_at      timestamp -- when its count fell back: there may be a copy
) WITHOUT ROWID;
CREATE UNIQUE INDEX passkeys_of_users ON passkeys (user_id, id);

-- Each works once, in the browser that asked for it.
CREATE TABLE passkey_challenges (
    hash       blob      NOT NULL PRIMARY KEY,
    browser    blob      NOT NULL, -- a hash of its cookie
    user_id    uuid      REFERENCES users (id) ON DELETE CASCADE, -- whose passkey it has to be; NULL: anybody's
    registers  boolean   NOT NULL, -- it is for a new passkey, and not for a sign-in
    expires_at timestamp NOT NULL
) WITHOUT ROWID;
CREATE INDEX passkey_challenges_of_users ON passkey_challenges (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX passkey_challenges_by_expiry ON passkey_challenges (expires_at);

-- +goose Down
DROP TABLE passkey_challenges;
DROP TABLE passkeys;
