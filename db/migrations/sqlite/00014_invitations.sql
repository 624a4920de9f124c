-- Keeps invitations, and what they give.

-- +goose Up
CREATE TABLE invitations (
    id               uuid      NOT NULL PRIMARY KEY,
    secret_hash      blob      NOT NULL, -- of what stands in the link
    state            text      NOT NULL CHECK (state IN ('open', 'accepted', 'finished', 'revoked')), -- finished: accepted, and all that it gives is given
    email            text      NOT NULL,
    email_key        text      NOT NULL,
    name             text      NOT NULL,
    reason           text      NOT NULL,
    ends_at          timestamp, -- of what it gives
    created_by       uuid,      -- by whose rights it stands, also once that account is gone; NULL for the operator
    created_by_name  text      NOT NULL,
    created_at       timestamp NOT NULL,
    lifetime_seconds bigint    NOT NULL,
    expires_at       timestamp NOT NULL,
    resent           bigint    NOT NULL DEFAULT 0,
    resent_at        timestamp,
    accepted_at      timestamp,
    accepted_by      uuid,
    revoked_at       timestamp,
    revoked_by       uuid
) WITHOUT ROWID;
CREATE INDEX invitations_by_email ON invitations (email_key);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
CREATE INDEX invitations_unfinished ON invitations (accepted_at) WHERE state = 'accepted';

-- The role organization-member stands for the membership, so each organization has at least one row.
CREATE TABLE invitation_grants (
    invitation_id   uuid NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    role            text NOT NULL,
    applied_at      timestamp,
    PRIMARY KEY (invitation_id, organization_id, role)
) WITHOUT ROWID;
CREATE INDEX invitation_grants_of_organizations ON invitation_grants (organization_id, role, invitation_id);

-- +goose Down
DROP TABLE invitation_grants;
DROP TABLE invitations;
