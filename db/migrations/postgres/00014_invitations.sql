-- Keeps invitations, and what they give.

-- +goose Up
CREATE TABLE invitations (
    id uuid NOT NULL PRIMARY KEY,
    secret_hash bytea NOT NULL, -- of what stands in the link
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'accepted', 'finished', 'revoked')), -- finished: accepted, and all that it gives is given
    email text COLLATE "C" NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    ends_at timestamptz, -- of what it gives
    created_by uuid, -- by whose rights it stands, also once that account is gone; NULL for the operator
    created_by_name text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    lifetime_seconds bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    resent bigint NOT NULL DEFAULT 0,
    resent_at timestamptz,
    accepted_at timestamptz,
    accepted_by uuid,
    revoked_at timestamptz,
    revoked_by uuid
);
CREATE INDEX invitations_by_email ON invitations (email_key);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
CREATE INDEX invitations_unfinished ON invitations (accepted_at) WHERE state = 'accepted';

-- The role organization-member stands for the membership, so each organization has at least one row.
CREATE TABLE invitation_grants (
    invitation_id uuid NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    role text COLLATE "C" NOT NULL,
    applied_at timestamptz,
    PRIMARY KEY (invitation_id, organization_id, role)
);
CREATE INDEX invitation_grants_of_organizations ON invitation_grants (organization_id, role, invitation_id);

-- +goose Down
DROP TABLE invitation_grants;
DROP TABLE invitations;
