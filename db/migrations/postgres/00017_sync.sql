-- Keeps what the claims of a sign-in provider give, and what came of it: sources whose removals wait, who has lost something,
-- and what a sign-in left as it was.

-- +goose Up
CREATE TABLE sync_rules (
    id              uuid      NOT NULL PRIMARY KEY,
    provider        text COLLATE "C" NOT NULL, -- its id in the settings
    kind            text COLLATE "C" NOT NULL CHECK (kind IN ('organization', 'roles', 'site-roles')),
    organization_id uuid      REFERENCES organizations (id) ON DELETE CASCADE, -- of the kind roles alone
    field           text COLLATE "C" NOT NULL, -- the claim; '' if the set gives nothing
    mapping         text COLLATE "C" NOT NULL, -- a JSON object: value of the claim to a list of organizations, by id, or of roles
    assign_default  boolean   NOT NULL, -- the default organization too, whatever the claim holds; of the kind organization
    version         bigint    NOT NULL,
    updated_at      timestamptz NOT NULL,
    CHECK ((kind = 'roles') = (organization_id IS NOT NULL))
);
CREATE INDEX sync_rules_by_provider ON sync_rules (provider, kind);
CREATE UNIQUE INDEX sync_rules_of_site ON sync_rules (provider, kind) WHERE organization_id IS NULL;
CREATE UNIQUE INDEX sync_rules_of_organizations ON sync_rules (organization_id, provider);

-- Sources whose removals wait until they are released.
CREATE TABLE sync_sources (
    source  text COLLATE "C" NOT NULL PRIMARY KEY, -- as records name it: oidc:okta
    held_at timestamptz NOT NULL,
    reason  text COLLATE "C" NOT NULL
);

-- Who has lost something that a source gave, and when last.
CREATE TABLE sync_losses (
    source  text COLLATE "C" NOT NULL,
    user_id uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    lost_at timestamptz NOT NULL,
    PRIMARY KEY (source, user_id)
);
CREATE INDEX sync_losses_by_time ON sync_losses (source, lost_at);
CREATE INDEX sync_losses_by_user ON sync_losses (user_id);

-- What the last sign-in of a person left as it was, and why.
CREATE TABLE sync_notices (
    source   text COLLATE "C" NOT NULL,
    user_id  uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind     text COLLATE "C" NOT NULL CHECK (kind IN ('truncated', 'last-owner', 'last-admin', 'held')),
    target   text COLLATE "C" NOT NULL, -- the claim that was cut short, the organization that would have no admin; or ''
    noted_at timestamptz NOT NULL,
    PRIMARY KEY (source, user_id, kind, target)
);
CREATE INDEX sync_notices_by_kind ON sync_notices (kind, noted_at);
CREATE INDEX sync_notices_by_user ON sync_notices (user_id);

CREATE INDEX member_roles_by_source ON member_roles (source, user_id) WHERE source <> 'manual';
CREATE INDEX user_roles_by_source ON user_roles (source, user_id) WHERE source <> 'manual';
CREATE INDEX user_identities_by_login ON user_identities (provider, last_login_at, issuer, subject);

-- +goose Down
DROP INDEX user_identities_by_login;
DROP INDEX user_roles_by_source;
DROP INDEX member_roles_by_source;
DROP TABLE sync_notices;
DROP TABLE sync_losses;
DROP TABLE sync_sources;
DROP TABLE sync_rules;
