-- Tells the keys of a command line from other logins of programs, and orders the organizations of an account: clients take
-- the first one as the place for what they make.

-- +goose Up
ALTER TABLE api_keys ADD COLUMN for_cli boolean NOT NULL DEFAULT false; -- only where login_type is password

DROP VIEW user_rows;
CREATE VIEW user_rows AS
SELECT
    u.id, u.username, u.username_key, u.email, u.name, u.avatar_url, u.status, u.login_type,
    u.created_at, u.updated_at, u.last_seen_at, u.roles, u.version,
    CAST(coalesce((
        SELECT group_concat(CAST(o.id AS text), ' ' ORDER BY o.is_default DESC, o.name_key)
        FROM organization_members m JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = u.id
    ), '') AS text) AS organization_ids
FROM users u;

-- +goose Down
DROP VIEW user_rows;
CREATE VIEW user_rows AS
SELECT
    u.id, u.username, u.username_key, u.email, u.name, u.avatar_url, u.status, u.login_type,
    u.created_at, u.updated_at, u.last_seen_at, u.roles, u.version,
    CAST(coalesce((
        SELECT group_concat(CAST(m.organization_id AS text), ' ') FROM organization_members m WHERE m.user_id = u.id
    ), '') AS text) AS organization_ids
FROM users u;
ALTER TABLE api_keys DROP COLUMN for_cli;
