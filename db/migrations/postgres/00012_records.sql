-- Makes what each account holds records: a row for each source that gives a role, with why, by whom and until when. A
-- membership is the record of the role organization-member.

-- +goose Up
ALTER TABLE users DROP CONSTRAINT users_login_type_check;
ALTER TABLE users ADD CONSTRAINT users_login_type_check CHECK (login_type IN ('password', 'none', 'oidc'));
ALTER TABLE users ADD COLUMN email_verified boolean NOT NULL DEFAULT false;
ALTER TABLE users ADD COLUMN next_end timestamptz; -- of the records of user_roles that end, the first; kept by trigger
CREATE INDEX users_by_end ON users (next_end) WHERE next_end IS NOT NULL;

-- One row: one source gives one role.
ALTER TABLE user_roles
    ADD COLUMN source text COLLATE "C" NOT NULL DEFAULT 'manual', -- or operator; of a machine its name: oidc:okta
    ADD COLUMN source_ref text COLLATE "C" NOT NULL DEFAULT '', -- id of the rule or group that gave it
    ADD COLUMN reason text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN given_by uuid, -- the account may have been deleted since; a machine has none
    ADD COLUMN given_by_name text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN given_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN ends_at timestamptz; -- it counts before that moment
UPDATE user_roles r SET given_at = u.updated_at FROM users u WHERE u.id = r.user_id;
ALTER TABLE user_roles DROP CONSTRAINT user_roles_pkey;
ALTER TABLE user_roles ADD PRIMARY KEY (user_id, role, source);
CREATE INDEX user_roles_by_end ON user_roles (ends_at) WHERE ends_at IS NOT NULL;

-- Of the records of the member that end, and of those of the account, the first; kept by trigger.
ALTER TABLE organization_members ADD COLUMN next_end timestamptz, ADD COLUMN site_next_end timestamptz;
DROP INDEX organization_members_by_holding;
CREATE INDEX organization_members_by_holding ON organization_members (organization_id, roles, site_roles, status, next_end, site_next_end);
CREATE INDEX organization_members_by_end ON organization_members (organization_id, next_end) WHERE next_end IS NOT NULL;

DROP TRIGGER member_roles_copied ON member_roles;
DROP FUNCTION member_roles_copied;
DROP TRIGGER user_roles_copied ON user_roles;
DROP FUNCTION user_roles_copied;
ALTER TABLE member_roles
    ADD COLUMN source text COLLATE "C" NOT NULL DEFAULT 'manual', -- or invite, default, operator; of a machine its name: oidc:okta
    ADD COLUMN source_ref text COLLATE "C" NOT NULL DEFAULT '', -- id of the rule, group or invitation that gave it
    ADD COLUMN reason text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN given_by uuid,
    ADD COLUMN given_by_name text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN given_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN ends_at timestamptz;
UPDATE member_roles r SET given_at = m.updated_at FROM organization_members m
WHERE m.organization_id = r.organization_id AND m.username_key = r.username_key;
ALTER TABLE member_roles DROP CONSTRAINT member_roles_pkey;
ALTER TABLE member_roles ADD PRIMARY KEY (organization_id, role, username_key, source);
INSERT INTO member_roles (organization_id, role, username_key, user_id, given_at)
SELECT organization_id, 'organization-member', username_key, user_id, updated_at FROM organization_members;
CREATE INDEX member_roles_by_end ON member_roles (organization_id, ends_at) WHERE ends_at IS NOT NULL;

-- Of the records of the scope that end, the first; kept by trigger. Until then what was remembered stands.
ALTER TABLE revisions ADD COLUMN next_end timestamptz;
CREATE INDEX revisions_by_end ON revisions (next_end) WHERE next_end IS NOT NULL;

CREATE OR REPLACE VIEW member_rows AS
SELECT
    m.organization_id, m.user_id, m.username_key, m.version, m.created_at, m.updated_at, m.roles,
    m.username, m.name, m.avatar_url, m.email, m.status, m.login_type, m.site_roles,
    u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.last_seen_at, u.version AS user_version,
    m.next_end, m.site_next_end
FROM organization_members m JOIN users u ON u.id = m.user_id;

DROP VIEW user_rows;
CREATE VIEW user_rows AS
SELECT
    u.id, u.username, u.username_key, u.email, u.name, u.avatar_url, u.status, u.login_type,
    u.created_at, u.updated_at, u.last_seen_at, u.roles, u.version, u.next_end,
    CAST(coalesce((
        SELECT group_concat(CAST(o.id AS text), ' ' ORDER BY o.is_default DESC, o.name_key)
        FROM organization_members m JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = u.id
    ), '') AS text) AS organization_ids
FROM users u;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION users_shown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE organization_members SET
        username = NEW.username, username_key = NEW.username_key, email = NEW.email, email_key = NEW.email_key,
        name = NEW.name, name_key = NEW.name_key, search_key = NEW.search_key, avatar_url = NEW.avatar_url,
        status = NEW.status, login_type = NEW.login_type, site_roles = NEW.roles, site_next_end = NEW.next_end
    WHERE user_id = NEW.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
DROP TRIGGER users_shown ON users;
CREATE TRIGGER users_shown AFTER UPDATE OF
    username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, roles, next_end ON users
    FOR EACH ROW EXECUTE FUNCTION users_shown();

-- The texts and the counts change with the first record of a role and with the last one. A statement may write several
-- records of one role, and a trigger after a row sees all of them: so these look at what the statement wrote, once.
-- +goose StatementBegin
CREATE FUNCTION user_roles_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users u SET roles = trim(u.roles || ' ' || n.roles)
    FROM (
        SELECT f.user_id, string_agg(f.role, ' ') AS roles FROM (SELECT DISTINCT user_id, role FROM added) f
        WHERE NOT EXISTS (
            SELECT 1 FROM user_roles r WHERE r.user_id = f.user_id AND r.role = f.role
                AND NOT EXISTS (SELECT 1 FROM added a WHERE a.user_id = r.user_id AND a.role = r.role AND a.source = r.source))
        GROUP BY f.user_id
    ) n
    WHERE u.id = n.user_id;
    UPDATE users u SET next_end = least(u.next_end, n.ends_at)
    FROM (SELECT user_id, min(ends_at) AS ends_at FROM added WHERE ends_at IS NOT NULL GROUP BY user_id) n
    WHERE u.id = n.user_id;
    UPDATE revisions s SET next_end = least(s.next_end, n.ends_at)
    FROM (SELECT min(ends_at) AS ends_at FROM added) n
    WHERE s.organization_id = '00000000-0000-0000-0000-000000000000' AND n.ends_at IS NOT NULL;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER user_roles_added AFTER INSERT ON user_roles REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION user_roles_added();

-- +goose StatementBegin
CREATE FUNCTION user_roles_removed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone record;
BEGIN
    FOR gone IN
        SELECT DISTINCT user_id, role FROM removed d
        WHERE NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = d.user_id AND r.role = d.role)
    LOOP
        UPDATE users SET roles = trim(replace(' ' || roles || ' ', ' ' || gone.role || ' ', ' ')) WHERE id = gone.user_id;
    END LOOP;
    IF EXISTS (SELECT 1 FROM removed WHERE ends_at IS NOT NULL) THEN
        UPDATE users u SET next_end = (SELECT min(r.ends_at) FROM user_roles r WHERE r.user_id = u.id)
        WHERE u.id IN (SELECT d.user_id FROM removed d WHERE d.ends_at IS NOT NULL);
        UPDATE revisions SET next_end = (SELECT min(r.ends_at) FROM user_roles r WHERE r.ends_at IS NOT NULL)
        WHERE organization_id = '00000000-0000-0000-0000-000000000000';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER user_roles_removed AFTER DELETE ON user_roles REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION user_roles_removed();

-- +goose StatementBegin
CREATE FUNCTION user_roles_prolonged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET next_end = (SELECT min(r.ends_at) FROM user_roles r WHERE r.user_id = NEW.user_id) WHERE id = NEW.user_id;
    UPDATE revisions SET next_end = (SELECT min(r.ends_at) FROM user_roles r WHERE r.ends_at IS NOT NULL)
    WHERE organization_id = '00000000-0000-0000-0000-000000000000';
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER user_roles_prolonged AFTER UPDATE OF ends_at ON user_roles
    FOR EACH ROW EXECUTE FUNCTION user_roles_prolonged();

-- +goose StatementBegin
CREATE FUNCTION member_roles_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first record;
BEGIN
    FOR first IN
        SELECT DISTINCT f.organization_id, f.username_key, f.role FROM added f
        WHERE f.role <> 'organization-member' AND NOT EXISTS (
            SELECT 1 FROM member_roles r
            WHERE r.organization_id = f.organization_id AND r.role = f.role AND r.username_key = f.username_key AND NOT EXISTS (
                SELECT 1 FROM added a WHERE a.organization_id = r.organization_id AND a.role = r.role
                    AND a.username_key = r.username_key AND a.source = r.source))
    LOOP
        UPDATE organization_members SET roles = trim(roles || ' ' || first.role)
        WHERE organization_id = first.organization_id AND username_key = first.username_key;
        INSERT INTO member_role_counts AS c (organization_id, role, members) VALUES (first.organization_id, first.role, 1)
        ON CONFLICT (organization_id, role) DO UPDATE SET members = c.members + 1;
    END LOOP;
    IF EXISTS (SELECT 1 FROM added WHERE ends_at IS NOT NULL) THEN
        UPDATE organization_members m SET next_end = least(m.next_end, n.ends_at)
        FROM (SELECT organization_id, username_key, min(ends_at) AS ends_at FROM added WHERE ends_at IS NOT NULL GROUP BY 1, 2) n
        WHERE m.organization_id = n.organization_id AND m.username_key = n.username_key;
        UPDATE revisions s SET next_end = least(s.next_end, n.ends_at)
        FROM (SELECT organization_id, min(ends_at) AS ends_at FROM added WHERE ends_at IS NOT NULL GROUP BY 1) n
        WHERE s.organization_id = n.organization_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER member_roles_added AFTER INSERT ON member_roles REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION member_roles_added();

-- +goose StatementBegin
CREATE FUNCTION member_roles_removed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone record;
BEGIN
    FOR gone IN
        SELECT DISTINCT d.organization_id, d.username_key, d.role FROM removed d
        JOIN member_role_counts c ON c.organization_id = d.organization_id AND c.role = d.role
        WHERE NOT EXISTS (
            SELECT 1 FROM member_roles r WHERE r.organization_id = d.organization_id AND r.role = d.role AND r.username_key = d.username_key)
    LOOP
        UPDATE organization_members SET roles = trim(replace(' ' || roles || ' ', ' ' || gone.role || ' ', ' '))
        WHERE organization_id = gone.organization_id AND username_key = gone.username_key;
        UPDATE member_role_counts SET members = members - 1 WHERE organization_id = gone.organization_id AND role = gone.role;
    END LOOP;
    IF EXISTS (SELECT 1 FROM removed WHERE ends_at IS NOT NULL) THEN
        UPDATE organization_members m SET next_end = (
            SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = m.organization_id AND r.username_key = m.username_key)
        WHERE (m.organization_id, m.username_key) IN (
            SELECT d.organization_id, d.username_key FROM removed d WHERE d.ends_at IS NOT NULL);
        UPDATE revisions s SET next_end = (
            SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = s.organization_id AND r.ends_at IS NOT NULL)
        WHERE s.organization_id IN (SELECT d.organization_id FROM removed d WHERE d.ends_at IS NOT NULL);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER member_roles_removed AFTER DELETE ON member_roles REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION member_roles_removed();

-- +goose StatementBegin
CREATE FUNCTION member_roles_prolonged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE organization_members SET next_end = (
        SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = NEW.organization_id AND r.username_key = NEW.username_key)
    WHERE organization_id = NEW.organization_id AND username_key = NEW.username_key;
    UPDATE revisions SET next_end = (
        SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = NEW.organization_id AND r.ends_at IS NOT NULL)
    WHERE organization_id = NEW.organization_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER member_roles_prolonged AFTER UPDATE OF ends_at ON member_roles
    FOR EACH ROW EXECUTE FUNCTION member_roles_prolonged();

-- +goose Down
DROP TRIGGER member_roles_prolonged ON member_roles;
DROP TRIGGER member_roles_removed ON member_roles;
DROP TRIGGER member_roles_added ON member_roles;
DROP TRIGGER user_roles_prolonged ON user_roles;
DROP TRIGGER user_roles_removed ON user_roles;
DROP TRIGGER user_roles_added ON user_roles;
DROP FUNCTION member_roles_prolonged;
DROP FUNCTION member_roles_removed;
DROP FUNCTION member_roles_added;
DROP FUNCTION user_roles_prolonged;
DROP FUNCTION user_roles_removed;
DROP FUNCTION user_roles_added;
DROP TRIGGER users_shown ON users;
CREATE TRIGGER users_shown AFTER UPDATE OF
    username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, roles ON users
    FOR EACH ROW EXECUTE FUNCTION users_shown();
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION users_shown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE organization_members SET
        username = NEW.username, username_key = NEW.username_key, email = NEW.email, email_key = NEW.email_key,
        name = NEW.name, name_key = NEW.name_key, search_key = NEW.search_key, avatar_url = NEW.avatar_url,
        status = NEW.status, login_type = NEW.login_type, site_roles = NEW.roles
    WHERE user_id = NEW.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
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
DROP VIEW member_rows;
CREATE VIEW member_rows AS
SELECT
    m.organization_id, m.user_id, m.username_key, m.version, m.created_at, m.updated_at, m.roles,
    m.username, m.name, m.avatar_url, m.email, m.status, m.login_type, m.site_roles,
    u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.last_seen_at, u.version AS user_version
FROM organization_members m JOIN users u ON u.id = m.user_id;
DROP INDEX revisions_by_end;
ALTER TABLE revisions DROP COLUMN next_end;
DELETE FROM member_roles r WHERE role = 'organization-member' OR EXISTS (
    SELECT 1 FROM member_roles o WHERE o.organization_id = r.organization_id AND o.role = r.role AND o.username_key = r.username_key AND o.source < r.source);
DROP INDEX member_roles_by_end;
ALTER TABLE member_roles DROP CONSTRAINT member_roles_pkey;
ALTER TABLE member_roles ADD PRIMARY KEY (organization_id, role, username_key);
ALTER TABLE member_roles DROP COLUMN source, DROP COLUMN source_ref, DROP COLUMN reason, DROP COLUMN given_by,
    DROP COLUMN given_by_name, DROP COLUMN given_at, DROP COLUMN ends_at;
DROP INDEX organization_members_by_end;
DROP INDEX organization_members_by_holding;
ALTER TABLE organization_members DROP COLUMN site_next_end, DROP COLUMN next_end;
CREATE INDEX organization_members_by_holding ON organization_members (organization_id, roles, site_roles, status);
DELETE FROM user_roles r WHERE EXISTS (
    SELECT 1 FROM user_roles o WHERE o.user_id = r.user_id AND o.role = r.role AND o.source < r.source);
DROP INDEX user_roles_by_end;
ALTER TABLE user_roles DROP CONSTRAINT user_roles_pkey;
ALTER TABLE user_roles ADD PRIMARY KEY (user_id, role);
ALTER TABLE user_roles DROP COLUMN source, DROP COLUMN source_ref, DROP COLUMN reason, DROP COLUMN given_by,
    DROP COLUMN given_by_name, DROP COLUMN given_at, DROP COLUMN ends_at;
DROP INDEX users_by_end;
ALTER TABLE users DROP COLUMN next_end;
ALTER TABLE users DROP COLUMN email_verified;
UPDATE users SET login_type = 'password' WHERE login_type = 'oidc'; -- without a password nobody signs in
ALTER TABLE users DROP CONSTRAINT users_login_type_check;
ALTER TABLE users ADD CONSTRAINT users_login_type_check CHECK (login_type IN ('password', 'none'));
-- +goose StatementBegin
CREATE FUNCTION user_roles_copied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE users SET roles = trim(roles || ' ' || NEW.role) WHERE id = NEW.user_id;
    ELSE
        UPDATE users SET roles = trim(replace(' ' || roles || ' ', ' ' || OLD.role || ' ', ' ')) WHERE id = OLD.user_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER user_roles_copied AFTER INSERT OR DELETE ON user_roles
    FOR EACH ROW EXECUTE FUNCTION user_roles_copied();
-- +goose StatementBegin
CREATE FUNCTION member_roles_copied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE organization_members SET roles = trim(roles || ' ' || NEW.role)
        WHERE organization_id = NEW.organization_id AND username_key = NEW.username_key;
        INSERT INTO member_role_counts AS c (organization_id, role, members) VALUES (NEW.organization_id, NEW.role, 1)
        ON CONFLICT (organization_id, role) DO UPDATE SET members = c.members + 1;
    ELSIF EXISTS (SELECT 1 FROM member_role_counts c WHERE c.organization_id = OLD.organization_id AND c.role = OLD.role) THEN
        UPDATE organization_members SET roles = trim(replace(' ' || roles || ' ', ' ' || OLD.role || ' ', ' '))
        WHERE organization_id = OLD.organization_id AND username_key = OLD.username_key;
        UPDATE member_role_counts SET members = members - 1 WHERE organization_id = OLD.organization_id AND role = OLD.role;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER member_roles_copied AFTER INSERT OR DELETE ON member_roles
    FOR EACH ROW EXECUTE FUNCTION member_roles_copied();
