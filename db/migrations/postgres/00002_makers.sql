-- Records who made a password, a password link or a token for somebody else, gives accounts and organizations a version,
-- finds the holders of a role across organizations by index, and remembers which forms were sent.

-- +goose Up
-- NULL means the account itself, the operator, or a row older than the column. The maker may have been deleted since.
ALTER TABLE password_links ADD COLUMN created_by uuid;
ALTER TABLE api_keys ADD COLUMN created_by uuid;
ALTER TABLE users ADD COLUMN password_by uuid;
ALTER TABLE users ADD COLUMN must_change boolean NOT NULL DEFAULT false; -- at the next sign-in, before a session begins
ALTER TABLE users ADD COLUMN version bigint NOT NULL DEFAULT 1;         -- counts the changes that set updated_at
ALTER TABLE organizations ADD COLUMN version bigint NOT NULL DEFAULT 1; -- likewise

CREATE INDEX member_roles_by_role ON member_roles (role, organization_id, user_id);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at);
-- Few accounts can be signed in to with what somebody else made: they are found without looking at the others.
CREATE INDEX password_links_of_makers ON password_links (user_id) WHERE created_by IS NOT NULL;
CREATE INDEX api_keys_of_makers ON api_keys (user_id) WHERE created_by IS NOT NULL;
CREATE INDEX users_of_makers ON users (id) WHERE password_by IS NOT NULL;

-- Forms that have made their change, so that none makes it twice. Rows of a day ago go when the account sends the next.
CREATE TABLE sent_forms (
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id         text COLLATE "C" NOT NULL, -- what the form carries
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id)
);

DROP VIEW user_rows;
CREATE VIEW user_rows AS
SELECT
    u.id, u.username, u.username_key, u.email, u.name, u.avatar_url, u.status, u.login_type,
    u.created_at, u.updated_at, u.last_seen_at, u.roles, u.version,
    CAST(coalesce((
        SELECT group_concat(CAST(m.organization_id AS text), ' ') FROM organization_members m WHERE m.user_id = u.id
    ), '') AS text) AS organization_ids
FROM users u;

-- +goose Down
DROP TABLE sent_forms;
DROP VIEW user_rows;
CREATE VIEW user_rows AS
SELECT
    u.id, u.username, u.username_key, u.email, u.name, u.avatar_url, u.status, u.login_type,
    u.created_at, u.updated_at, u.last_seen_at, u.roles,
    CAST(coalesce((
        SELECT group_concat(CAST(m.organization_id AS text), ' ') FROM organization_members m WHERE m.user_id = u.id
    ), '') AS text) AS organization_ids
FROM users u;
DROP INDEX users_of_makers;
DROP INDEX api_keys_of_makers;
DROP INDEX password_links_of_makers;
DROP INDEX api_keys_by_expiry;
DROP INDEX member_roles_by_role;
ALTER TABLE organizations DROP COLUMN version;
ALTER TABLE users DROP COLUMN version;
ALTER TABLE users DROP COLUMN must_change;
ALTER TABLE users DROP COLUMN password_by;
ALTER TABLE api_keys DROP COLUMN created_by;
ALTER TABLE password_links DROP COLUMN created_by;
