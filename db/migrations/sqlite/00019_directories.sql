-- Keeps the directories of organizations: who a directory of a company says the people and groups are, and what its groups give.

-- +goose Up
ALTER TABLE users ADD COLUMN managed_by uuid; -- the organization whose directory made the account and writes its name, address and status
ALTER TABLE users ADD COLUMN directory_suspended boolean NOT NULL DEFAULT false; -- that directory suspended it, no person
CREATE INDEX users_by_manager ON users (managed_by) WHERE managed_by IS NOT NULL;

CREATE TABLE scim_directories (
    organization_id uuid      NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    slug            text      NOT NULL, -- part of the source of its records, so it stays
    name            text      NOT NULL, -- what people call it
    fuse_people     bigint    NOT NULL, -- it is held when more people than this,
    fuse_percent    bigint    NOT NULL, -- and more than this part of all, lose access within an hour; 0: never
    held_at         timestamp, -- since when it may take nothing away
    version         bigint    NOT NULL DEFAULT 1,
    created_at      timestamp NOT NULL,
    updated_at      timestamp NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX scim_directories_by_slug ON scim_directories (slug);

CREATE TABLE scim_tokens (
    id              uuid      NOT NULL PRIMARY KEY,
    organization_id uuid      NOT NULL REFERENCES scim_directories (organization_id) ON DELETE CASCADE,
    secret_hash     blob      NOT NULL, -- SHA-256 of what stands in the token
    created_by      uuid,
    created_by_name text      NOT NULL,
    created_at      timestamp NOT NULL,
    expires_at      timestamp NOT NULL,
    last_used       timestamp
) WITHOUT ROWID;
CREATE INDEX scim_tokens_of_directories ON scim_tokens (organization_id, created_at);

CREATE TABLE scim_users (
    id               uuid      NOT NULL PRIMARY KEY,
    organization_id  uuid      NOT NULL REFERENCES scim_directories (organization_id) ON DELETE CASCADE,
    user_id          uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_name        text      NOT NULL,
    user_name_key    text      NOT NULL,
    display_name_key text      NOT NULL,
    external_id      text      NOT NULL, -- '' if it has none
    active           boolean   NOT NULL,
    settled          boolean   NOT NULL, -- false: the account is there, and the membership not yet; no request shows it
    document         text      NOT NULL, -- as it was sent
    version          bigint    NOT NULL DEFAULT 1,
    created_at       timestamp NOT NULL,
    updated_at       timestamp NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX scim_users_by_name ON scim_users (organization_id, user_name_key);
CREATE UNIQUE INDEX scim_users_by_account ON scim_users (organization_id, user_id);
CREATE UNIQUE INDEX scim_users_by_external_id ON scim_users (organization_id, external_id) WHERE external_id <> '';
CREATE INDEX scim_users_by_display_name ON scim_users (organization_id, display_name_key);
CREATE INDEX scim_users_by_age ON scim_users (organization_id, created_at, id);
CREATE INDEX scim_users_of_accounts ON scim_users (user_id);

CREATE TABLE scim_emails (
    scim_user_id    uuid NOT NULL REFERENCES scim_users (id) ON DELETE CASCADE,
    email_key       text NOT NULL,
    organization_id uuid NOT NULL,
    PRIMARY KEY (scim_user_id, email_key)
) WITHOUT ROWID;
CREATE INDEX scim_emails_by_address ON scim_emails (organization_id, email_key);

CREATE TABLE scim_groups (
    id               uuid      NOT NULL PRIMARY KEY,
    organization_id  uuid      NOT NULL REFERENCES scim_directories (organization_id) ON DELETE CASCADE,
    display_name     text      NOT NULL,
    display_name_key text      NOT NULL,
    external_id      text      NOT NULL,
    document         text      NOT NULL,
    version          bigint    NOT NULL DEFAULT 1,
    created_at       timestamp NOT NULL,
    updated_at       timestamp NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX scim_groups_by_name ON scim_groups (organization_id, display_name_key);
CREATE UNIQUE INDEX scim_groups_by_external_id ON scim_groups (organization_id, external_id) WHERE external_id <> '';
CREATE INDEX scim_groups_by_age ON scim_groups (organization_id, created_at, id);

CREATE TABLE scim_group_members (
    group_id     uuid NOT NULL REFERENCES scim_groups (id) ON DELETE CASCADE,
    scim_user_id uuid NOT NULL REFERENCES scim_users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, scim_user_id)
) WITHOUT ROWID;
CREATE INDEX scim_group_members_by_user ON scim_group_members (scim_user_id, group_id);

-- Which groups give which roles.
CREATE TABLE scim_rules (
    organization_id uuid NOT NULL REFERENCES scim_directories (organization_id) ON DELETE CASCADE,
    matches         text NOT NULL CHECK (matches IN ('displayName', 'externalId')),
    value           text NOT NULL,
    role            text NOT NULL,
    PRIMARY KEY (organization_id, matches, value, role)
) WITHOUT ROWID;

-- Who lost access by a directory, until an hour has passed.
CREATE TABLE scim_losses (
    organization_id uuid      NOT NULL REFERENCES scim_directories (organization_id) ON DELETE CASCADE,
    user_id         uuid      NOT NULL,
    lost_at         timestamp NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) WITHOUT ROWID;

-- The last requests of each directory, for those who set it up.
CREATE TABLE scim_requests (
    id              uuid      NOT NULL PRIMARY KEY,
    organization_id uuid      NOT NULL REFERENCES scim_directories (organization_id) ON DELETE CASCADE,
    request_id      text      NOT NULL,
    at              timestamp NOT NULL,
    took_us         bigint    NOT NULL,
    method          text      NOT NULL,
    path            text      NOT NULL,
    status          bigint    NOT NULL,
    body            text      NOT NULL,
    answer          text      NOT NULL -- of a refusal
) WITHOUT ROWID;
CREATE INDEX scim_requests_of_directories ON scim_requests (organization_id, id);
CREATE INDEX scim_requests_by_age ON scim_requests (at);

-- +goose Down
DROP TABLE scim_requests;
DROP TABLE scim_losses;
DROP TABLE scim_rules;
DROP TABLE scim_group_members;
DROP TABLE scim_groups;
DROP TABLE scim_emails;
DROP TABLE scim_users;
DROP TABLE scim_tokens;
DROP TABLE scim_directories;
DROP INDEX users_by_manager;
ALTER TABLE users DROP COLUMN directory_suspended;
ALTER TABLE users DROP COLUMN managed_by;
