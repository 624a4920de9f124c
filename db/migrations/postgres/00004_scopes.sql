-- Gives the site and each organization a revision and an audit chain of its own, so that what one organization writes
-- waits for no other, and makes nobody forget what is remembered of another. The trail as it was is sealed: its last hash
-- is what every chain begins with.

-- +goose Up
DROP TRIGGER roles_changed ON roles;
DROP TRIGGER role_permissions_changed ON role_permissions;
DROP FUNCTION roles_changed;

-- One row: the last entry from before there were chains.
CREATE TABLE audit_seal (
    id   bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  bigint NOT NULL,
    hash bytea  NOT NULL
);
INSERT INTO audit_seal (id, seq, hash) SELECT id, seq, hash FROM audit_heads;
DROP TABLE audit_heads;

-- A row for the site, which is the zero id, and for every organization that ever was. value changes with everything that a
-- list or a decision of the scope can show; roles is the value with which its custom roles changed last. There is no
-- reference: a chain outlives its organization. Each write changes a row: half of a page is left free, so that the new one
-- stands beside the old one.
CREATE TABLE scopes (
    organization_id uuid   NOT NULL PRIMARY KEY,
    value           bigint NOT NULL,
    roles           bigint NOT NULL,
    audit_seq       bigint NOT NULL, -- how many entries the chain has
    audit_hash      bytea  NOT NULL  -- of the newest entry; before the first, that of the sealed trail
) WITH (fillfactor = 50);
INSERT INTO scopes (organization_id, value, roles, audit_seq, audit_hash)
SELECT '00000000-0000-0000-0000-000000000000', r.value, r.value, 0, s.hash FROM revisions r, audit_seal s;
INSERT INTO scopes (organization_id, value, roles, audit_seq, audit_hash)
SELECT o.id, r.value, r.value, 0, s.hash FROM organizations o, revisions r, audit_seal s;
DROP TABLE revisions;
DROP SEQUENCE role_states;
ALTER TABLE scopes RENAME TO revisions;
ALTER INDEX scopes_pkey RENAME TO revisions_pkey;

-- +goose StatementBegin
CREATE FUNCTION organizations_scoped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO revisions (organization_id, value, roles, audit_seq, audit_hash) SELECT NEW.id, 1, 1, 0, s.hash FROM audit_seal s;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER organizations_scoped AFTER INSERT ON organizations
    FOR EACH ROW EXECUTE FUNCTION organizations_scoped();

-- The scope whose write an entry belongs to, which need not be the organization that it is about, and its place there,
-- from 1; 0 is an entry of the sealed trail.
ALTER TABLE audit_logs ADD COLUMN chain uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE audit_logs ADD COLUMN chain_seq bigint NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX audit_logs_by_chain ON audit_logs (chain, chain_seq) WHERE chain_seq > 0;

-- From time to time one hash is made of the heads of all chains: whoever has noted it elsewhere notices when a chain was
-- cut off or written anew.
CREATE TABLE audit_roots (
    seq   bigint      NOT NULL PRIMARY KEY,
    time  timestamptz NOT NULL,
    heads bigint      NOT NULL, -- how many chains had entries
    hash  bytea       NOT NULL  -- SHA-256 of that of the root before, and of the heads that have moved since
);
CREATE TABLE audit_root_heads (
    root_seq        bigint NOT NULL REFERENCES audit_roots (seq),
    organization_id uuid   NOT NULL,
    chain_seq       bigint NOT NULL,
    hash            bytea  NOT NULL,
    PRIMARY KEY (root_seq, organization_id)
);
CREATE INDEX audit_root_heads_by_chain ON audit_root_heads (organization_id, root_seq);
CREATE TRIGGER audit_roots_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_roots
    FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_kept();
CREATE TRIGGER audit_root_heads_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_root_heads
    FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_kept();

-- What all replicas must have alike and nobody else may know, made when it is first needed.
CREATE TABLE secrets (
    name       text COLLATE "C" NOT NULL PRIMARY KEY,
    value      bytea            NOT NULL,
    created_at timestamptz      NOT NULL
);

-- +goose Down
DROP TABLE secrets;
DROP TABLE audit_root_heads;
DROP TABLE audit_roots;
DROP INDEX audit_logs_by_chain;
ALTER TABLE audit_logs DROP COLUMN chain_seq;
ALTER TABLE audit_logs DROP COLUMN chain;
DROP TRIGGER organizations_scoped ON organizations;
DROP FUNCTION organizations_scoped;
CREATE TABLE one_revision (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    value bigint NOT NULL,
    roles bigint NOT NULL
);
INSERT INTO one_revision (id, value, roles) SELECT 1, max(value) + 1, 1 FROM revisions;
DROP TABLE revisions;
ALTER TABLE one_revision RENAME TO revisions;
CREATE SEQUENCE role_states START 2;
CREATE TABLE audit_heads (
    id   bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  bigint NOT NULL,
    hash bytea NOT NULL
);
INSERT INTO audit_heads (id, seq, hash) SELECT id, seq, hash FROM audit_seal;
DROP TABLE audit_seal;
-- +goose StatementBegin
CREATE FUNCTION roles_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE revisions SET roles = nextval('role_states') WHERE id = 1;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER roles_changed AFTER INSERT OR UPDATE OR DELETE ON roles
    FOR EACH STATEMENT EXECUTE FUNCTION roles_changed();
CREATE TRIGGER role_permissions_changed AFTER INSERT OR UPDATE OR DELETE ON role_permissions
    FOR EACH STATEMENT EXECUTE FUNCTION roles_changed();
