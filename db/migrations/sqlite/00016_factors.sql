-- Keeps second factors: the seed that an authenticator app makes its codes from, codes for when it is lost, and sign-ins
-- that wait for a code.

-- +goose Up
CREATE TABLE totp (
    user_id      uuid      NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    seed         blob      NOT NULL, -- sealed with the secret key, which is not in the database
    last_step    bigint    NOT NULL, -- the period of the last code that was taken: none up to it is taken again
    created_at   timestamp NOT NULL,
    confirmed_at timestamp -- by a first code; until then no sign-in asks for one
) WITHOUT ROWID;

-- Each works once, and is gone then.
CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    blob NOT NULL, -- SHA-256: a code has 80 random bits, nothing slower is needed
    PRIMARY KEY (user_id, hash)
) WITHOUT ROWID;

-- Sign-ins whose password was right.
CREATE TABLE code_challenges (
    hash       blob      NOT NULL PRIMARY KEY,
    user_id    uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    password   blob      NOT NULL, -- a hash of the stored hash: another password ends the challenge
    tries      bigint    NOT NULL,
    expires_at timestamp NOT NULL
) WITHOUT ROWID;
CREATE INDEX code_challenges_by_user ON code_challenges (user_id);
CREATE INDEX code_challenges_by_expiry ON code_challenges (expires_at);

-- +goose Down
DROP TABLE code_challenges;
DROP TABLE recovery_codes;
DROP TABLE totp;
