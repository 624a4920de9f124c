-- Keeps the catalog, which says what there is to be allowed, as data with versions. The program stores the first version when
-- it starts: what a catalog looks like is no business of the schema.

-- +goose Up
-- Every catalog that was ever in force.
CREATE TABLE catalog_versions (
    version    bigint           NOT NULL PRIMARY KEY, -- 1, 2, 3 …
    product    text COLLATE "C" NOT NULL,
    label      text COLLATE "C" NOT NULL,
    document   text COLLATE "C" NOT NULL, -- canonical JSON
    source     text COLLATE "C" NOT NULL, -- as it was sent, comments and all
    hash       bytea            NOT NULL, -- SHA-256 of document
    steps      text COLLATE "C" NOT NULL, -- JSON: the pairs renamed, removed and added since the version before
    same_as    bigint, -- of a rollback: the version whose content it has
    note       text COLLATE "C" NOT NULL,
    applied_at timestamptz      NOT NULL,
    applied_by text COLLATE "C" NOT NULL
);
-- +goose StatementBegin
CREATE FUNCTION catalog_versions_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of the catalog are append-only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER catalog_versions_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON catalog_versions
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_versions_kept();

-- What a version took away from roles that had it, by what the role had under the version before. Of a built-in role that
-- is gone the permission is empty.
CREATE TABLE catalog_effects (
    version         bigint           NOT NULL REFERENCES catalog_versions (version),
    organization_id uuid             NOT NULL, -- the zero id for the site
    role            text COLLATE "C" NOT NULL,
    permission      text COLLATE "C" NOT NULL, -- a deny begins with !
    people          bigint           NOT NULL,
    PRIMARY KEY (version, organization_id, role, permission)
);
CREATE INDEX catalog_effects_by_organization ON catalog_effects (organization_id, version);

ALTER TABLE revisions ADD COLUMN catalog bigint NOT NULL DEFAULT 1; -- the version in force; only that of the site counts
ALTER TABLE roles ADD COLUMN catalog_version bigint NOT NULL DEFAULT 1; -- the version in which its permissions are meant
ALTER TABLE role_versions ADD COLUMN catalog_version bigint NOT NULL DEFAULT 1;

CREATE INDEX role_permissions_by_pair ON role_permissions (resource_type, action, role_id);
CREATE INDEX organization_members_by_holding ON organization_members (organization_id, roles, site_roles, status);

-- +goose Down
DROP INDEX organization_members_by_holding;
DROP INDEX role_permissions_by_pair;
ALTER TABLE role_versions DROP COLUMN catalog_version;
ALTER TABLE roles DROP COLUMN catalog_version;
ALTER TABLE revisions DROP COLUMN catalog;
DROP TABLE catalog_effects;
DROP TABLE catalog_versions;
DROP FUNCTION catalog_versions_kept();
