-- Keeps whose the sign-ins at providers are, and which sessions began with one.

-- +goose Up
CREATE TABLE user_identities (
    issuer        text      NOT NULL,
    subject       text      NOT NULL,
    provider      text      NOT NULL, -- its id in the settings
    user_id       uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email         text      NOT NULL, -- as the provider said last
    created_at    timestamp NOT NULL,
    last_login_at timestamp,
    claims        text      NOT NULL, -- the last ones: a JSON object, or an array of their names if they were too long
    PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE UNIQUE INDEX user_identities_by_user ON user_identities (user_id, provider);
CREATE INDEX user_identities_by_provider ON user_identities (provider, issuer);

CREATE TABLE session_identities (
    token            text      NOT NULL PRIMARY KEY REFERENCES sessions (token) ON DELETE CASCADE,
    provider         text      NOT NULL,
    issuer           text      NOT NULL,
    subject          text      NOT NULL,
    sid              text      NOT NULL, -- of the session at the provider, '' if it has none
    id_token         text      NOT NULL, -- '' if it is too long to keep
    authenticated_at timestamp NOT NULL, -- by the provider
    amr              text      NOT NULL  -- how, a space between two
) WITHOUT ROWID;
CREATE INDEX session_identities_by_subject ON session_identities (issuer, subject);
CREATE INDEX session_identities_by_sid ON session_identities (issuer, sid);

-- Notices of sessions that ended at a provider, until they would be refused for their age.
CREATE TABLE oidc_jtis (
    hash       blob      NOT NULL PRIMARY KEY,
    expires_at timestamp NOT NULL
) WITHOUT ROWID;
CREATE INDEX oidc_jtis_by_expiry ON oidc_jtis (expires_at);

-- +goose Down
DROP TABLE oidc_jtis;
DROP TABLE session_identities;
DROP TABLE user_identities;
