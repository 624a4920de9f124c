-- Gives the site and each organization a revision and an audit chain of its own, so that what one organization writes
-- waits for no other, and makes nobody forget what is remembered of another. The trail as it was is sealed: its last hash
-- is what every chain begins with.

-- +goose Up
DROP TRIGGER roles_added;
DROP TRIGGER roles_changed;
DROP TRIGGER roles_removed;
DROP TRIGGER role_permissions_added;
DROP TRIGGER role_permissions_changed;
DROP TRIGGER role_permissions_removed;

-- One row: the last entry from before there were chains.
CREATE TABLE audit_seal (
    id   bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  bigint NOT NULL,
    hash blob   NOT NULL
);
INSERT INTO audit_seal (id, seq, hash) SELECT id, seq, hash FROM audit_heads;
DROP TABLE audit_heads;

-- A row for the site, which is the zero id, and for every organization that ever was. value changes with everything that a
-- list or a decision of the scope can show; roles is the value with which its custom roles changed last. There is no
-- reference: a chain outlives its organization.
CREATE TABLE scopes (
    organization_id uuid   NOT NULL PRIMARY KEY,
    value           bigint NOT NULL,
    roles           bigint NOT NULL,
    audit_seq       bigint NOT NULL, -- how many entries the chain has
    audit_hash      blob   NOT NULL  -- of the newest entry; before the first, that of the sealed trail
) WITHOUT ROWID;
INSERT INTO scopes (organization_id, value, roles, audit_seq, audit_hash)
SELECT '00000000-0000-0000-0000-000000000000', r.value, r.value, 0, s.hash FROM revisions r, audit_seal s;
INSERT INTO scopes (organization_id, value, roles, audit_seq, audit_hash)
SELECT o.id, r.value, r.value, 0, s.hash FROM organizations o, revisions r, audit_seal s;
DROP TABLE revisions;
ALTER TABLE scopes RENAME TO revisions;

-- +goose StatementBegin
CREATE TRIGGER organizations_scoped AFTER INSERT ON organizations BEGIN
    INSERT INTO revisions (organization_id, value, roles, audit_seq, audit_hash) SELECT NEW.id, 1, 1, 0, s.hash FROM audit_seal s;
END;
-- +goose StatementEnd

-- The scope whose write an entry belongs to, which need not be the organization that it is about, and its place there,
-- from 1; 0 is an entry of the sealed trail.
ALTER TABLE audit_logs ADD COLUMN chain uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE audit_logs ADD COLUMN chain_seq bigint NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX audit_logs_by_chain ON audit_logs (chain, chain_seq) WHERE chain_seq > 0;

-- From time to time one hash is made of the heads of all chains: whoever has noted it elsewhere notices when a chain was
-- cut off or written anew.
CREATE TABLE audit_roots (
    seq   bigint    NOT NULL PRIMARY KEY,
    time  timestamp NOT NULL,
    heads bigint    NOT NULL, -- how many chains had entries
    hash  blob      NOT NULL  -- SHA-256 of that of the root before, and of the heads that have moved since
) WITHOUT ROWID;
CREATE TABLE audit_root_heads (
    root_seq        bigint NOT NULL REFERENCES audit_roots (seq),
    organization_id uuid   NOT NULL,
    chain_seq       bigint NOT NULL,
    hash            blob   NOT NULL,
    PRIMARY KEY (root_seq, organization_id)
) WITHOUT ROWID;
CREATE INDEX audit_root_heads_by_chain ON audit_root_heads (organization_id, root_seq);

-- +goose StatementBegin
CREATE TRIGGER audit_roots_unchanged BEFORE UPDATE ON audit_roots BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_roots_kept BEFORE DELETE ON audit_roots BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_root_heads_unchanged BEFORE UPDATE ON audit_root_heads BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_root_heads_kept BEFORE DELETE ON audit_root_heads BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

-- What all replicas must have alike and nobody else may know, made when it is first needed.
CREATE TABLE secrets (
    name       text      NOT NULL PRIMARY KEY,
    value      blob      NOT NULL,
    created_at timestamp NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE secrets;
DROP TABLE audit_root_heads;
DROP TABLE audit_roots;
DROP INDEX audit_logs_by_chain;
ALTER TABLE audit_logs DROP COLUMN chain_seq;
ALTER TABLE audit_logs DROP COLUMN chain;
DROP TRIGGER organizations_scoped;
CREATE TABLE one_revision (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    value bigint NOT NULL,
    roles bigint NOT NULL
);
INSERT INTO one_revision (id, value, roles) SELECT 1, max(value) + 1, max(value) + 1 FROM revisions;
DROP TABLE revisions;
ALTER TABLE one_revision RENAME TO revisions;
CREATE TABLE audit_heads (
    id   bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  bigint NOT NULL,
    hash blob   NOT NULL
);
INSERT INTO audit_heads (id, seq, hash) SELECT id, seq, hash FROM audit_seal;
DROP TABLE audit_seal;
-- +goose StatementBegin
CREATE TRIGGER roles_added AFTER INSERT ON roles BEGIN
    UPDATE revisions SET roles = random() WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER roles_changed AFTER UPDATE ON roles BEGIN
    UPDATE revisions SET roles = random() WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER roles_removed AFTER DELETE ON roles BEGIN
    UPDATE revisions SET roles = random() WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_permissions_added AFTER INSERT ON role_permissions BEGIN
    UPDATE revisions SET roles = random() WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_permissions_changed AFTER UPDATE ON role_permissions BEGIN
    UPDATE revisions SET roles = random() WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_permissions_removed AFTER DELETE ON role_permissions BEGIN
    UPDATE revisions SET roles = random() WHERE id = 1;
END;
-- +goose StatementEnd
