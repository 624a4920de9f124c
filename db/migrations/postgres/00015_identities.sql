-- Keeps whose the sign-ins at providers are, and which sessions began with one.

-- +goose Up
CREATE TABLE user_identities (
    issuer        text COLLATE "C" NOT NULL,
    subject       text COLLATE "C" NOT NULL,
    provider      text COLLATE "C" NOT NULL, -- its id in the settings
    user_id       uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email         text COLLATE "C" NOT NULL, -- as the provider said last
    created_at    timestamptz NOT NULL,
    last_login_at timestamptz,
    claims        text COLLATE "C" NOT NULL, -- the last ones: a JSON object, or an array of their names if they were too long
    PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX user_identities_by_user ON user_identities (user_id, provider);
CREATE INDEX user_identities_by_provider ON user_identities (provider, issuer);

CREATE TABLE session_identities (
    token            text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES sessions (token) ON DELETE CASCADE,
    provider         text COLLATE "C" NOT NULL,
    issuer           text COLLATE "C" NOT NULL,
    subject          text COLLATE "C" NOT NULL,
    sid              text COLLATE "C" NOT NULL, -- of the session at the provider, '' if it has none
    id_token         text COLLATE "C" NOT NULL, -- '' if it is too long to keep
    authenticated_at timestamptz NOT NULL, -- by the provider
    amr              text COLLATE "C" NOT NULL  -- how, a space between two
);
CREATE INDEX session_identities_by_subject ON session_identities (issuer, subject);
CREATE INDEX session_identities_by_sid ON session_identities (issuer, sid);

-- Notices of sessions that ended at a provider, until they would be refused for their age.
CREATE TABLE oidc_jtis (
    hash       bytea      NOT NULL PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX oidc_jtis_by_expiry ON oidc_jtis (expires_at);

-- +goose Down
DROP TABLE oidc_jtis;
DROP TABLE session_identities;
DROP TABLE user_identities;
