-- Keeps second factors: the seed that an authenticator app makes its codes from, codes for when it is lost, and sign-ins
-- that wait for a code.

-- +goose Up
CREATE TABLE totp (
    user_id      uuid      NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    seed         bytea     NOT NULL, -- sealed with the secret key, which is not in the database
    last_step    bigint    NOT NULL, -- the period of the last code that was taken: none up to it is taken again
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz -- by a first code; until then no sign-in asks for one
);

-- Each works once, and is gone then.
CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    bytea NOT NULL, -- SHA-256: a code has 80 random bits, nothing slower is needed
    PRIMARY KEY (user_id, hash)
);

-- Sign-ins whose password was right.
CREATE TABLE code_challenges (
    hash       bytea     NOT NULL PRIMARY KEY,
    user_id    uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    password   bytea     NOT NULL, -- a hash of the stored hash: another password ends the challenge
    tries      bigint    NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX code_challenges_by_user ON code_challenges (user_id);
CREATE INDEX code_challenges_by_expiry ON code_challenges (expires_at);

-- +goose Down
DROP TABLE code_challenges;
DROP TABLE recovery_codes;
DROP TABLE totp;
