-- Shows with a membership when its account was made, changed, last seen and in which version it is: the view reads it of the
-- account, since a sign-in must not write memberships. Walks an organization by name, by e-mail address and by the time
-- of joining.

-- +goose Up
DROP VIEW member_rows;
CREATE VIEW member_rows AS
SELECT
    m.organization_id, m.user_id, m.username_key, m.version, m.created_at, m.updated_at, m.roles,
    m.username, m.name, m.avatar_url, m.email, m.status, m.login_type, m.site_roles,
    u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.last_seen_at, u.version AS user_version
FROM organization_members m JOIN users u ON u.id = m.user_id;

CREATE INDEX organization_members_by_name ON organization_members (organization_id, name_key, username_key);
CREATE INDEX organization_members_by_email ON organization_members (organization_id, email_key, username_key);
CREATE INDEX organization_members_by_age ON organization_members (organization_id, created_at, username_key);

-- +goose Down
DROP INDEX organization_members_by_age;
DROP INDEX organization_members_by_email;
DROP INDEX organization_members_by_name;
DROP VIEW member_rows;
CREATE VIEW member_rows AS
SELECT
    organization_id, user_id, username_key, version, created_at, updated_at, roles,
    username, name, avatar_url, email, status, login_type, site_roles
FROM organization_members;
