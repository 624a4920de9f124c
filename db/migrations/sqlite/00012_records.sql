-- Makes what each account holds records: a row for each source that gives a role, with why, by whom and until when. A
-- membership is the record of the role organization-member. SQLite changes no CHECK and no primary key, so the tables are
-- made anew: the program turns foreign keys off before it migrates, or dropping users would empty every table that refers
-- to it.

-- +goose Up
CREATE TEMP TABLE must_be_zero (n integer NOT NULL CHECK (n = 0));
INSERT INTO must_be_zero SELECT foreign_keys FROM pragma_foreign_keys;

DROP VIEW user_rows;
DROP VIEW member_rows;
DROP TRIGGER user_roles_added;
DROP TRIGGER user_roles_removed;
DROP TRIGGER member_roles_added;
DROP TRIGGER member_roles_removed;

CREATE TABLE new_users (
    seq            integer   NOT NULL PRIMARY KEY AUTOINCREMENT, -- names the account in user_search
    id             uuid      NOT NULL UNIQUE,
    username       text      NOT NULL,
    username_key   text      NOT NULL,
    email          text      NOT NULL,
    email_key      text      NOT NULL,
    name           text      NOT NULL,
    name_key       text      NOT NULL,
    search_key     text      NOT NULL, -- username, name and e-mail, folded, one a line
    avatar_url     text      NOT NULL,
    status         text      NOT NULL CHECK (status IN ('active', 'dormant', 'suspended')),
    login_type     text      NOT NULL CHECK (login_type IN ('password', 'none', 'oidc')),
    roles          text      NOT NULL DEFAULT '', -- of the site, a space between two; kept by trigger from user_roles
    password_hash  text      NOT NULL, -- '' when nobody can sign in with a password
    created_at     timestamp NOT NULL,
    updated_at     timestamp NOT NULL,
    last_seen_at   timestamp,
    password_by    uuid,
    must_change    boolean   NOT NULL DEFAULT false, -- at the next sign-in, before a session begins
    version        bigint    NOT NULL DEFAULT 1,     -- counts the changes that set updated_at
    email_verified boolean   NOT NULL DEFAULT false,
    next_end       timestamp -- of the records of user_roles that end, the first; kept by trigger
);
INSERT INTO new_users (
    seq, id, username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, roles,
    password_hash, password_by, must_change, version, created_at, updated_at, last_seen_at)
SELECT
    seq, id, username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, roles,
    password_hash, password_by, must_change, version, created_at, updated_at, last_seen_at
FROM users;
DELETE FROM sqlite_sequence WHERE name = 'new_users'; -- a number that was taken once is not taken again
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_users', seq FROM sqlite_sequence WHERE name = 'users';
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;
CREATE UNIQUE INDEX users_by_username ON users (username_key);
CREATE UNIQUE INDEX users_by_email ON users (email_key);
CREATE INDEX users_of_makers ON users (id) WHERE password_by IS NOT NULL;
CREATE INDEX users_by_end ON users (next_end) WHERE next_end IS NOT NULL;

-- One row: one source gives one role.
CREATE TABLE new_user_roles (
    user_id       uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role          text      NOT NULL,
    source        text      NOT NULL DEFAULT 'manual', -- or operator; of a machine its name: oidc:okta
    source_ref    text      NOT NULL DEFAULT '', -- id of the rule or group that gave it
    reason        text      NOT NULL DEFAULT '',
    given_by      uuid, -- the account may have been deleted since; a machine has none
    given_by_name text      NOT NULL DEFAULT '',
    given_at      timestamp NOT NULL DEFAULT (unixepoch() * 1000000),
    ends_at       timestamp, -- it counts before that moment
    PRIMARY KEY (user_id, role, source)
) WITHOUT ROWID;
INSERT INTO new_user_roles (user_id, role, given_at)
SELECT r.user_id, r.role, u.updated_at FROM user_roles r JOIN users u ON u.id = r.user_id;
DROP TABLE user_roles;
ALTER TABLE new_user_roles RENAME TO user_roles;
CREATE INDEX user_roles_by_role ON user_roles (role, user_id);
CREATE INDEX user_roles_by_end ON user_roles (ends_at) WHERE ends_at IS NOT NULL;

-- Of the records of the member that end, and of those of the account, the first; kept by trigger.
ALTER TABLE organization_members ADD COLUMN next_end timestamp;
ALTER TABLE organization_members ADD COLUMN site_next_end timestamp;
DROP INDEX organization_members_by_holding;
CREATE INDEX organization_members_by_holding ON organization_members (organization_id, roles, site_roles, status, next_end, site_next_end);
CREATE INDEX organization_members_by_end ON organization_members (organization_id, next_end) WHERE next_end IS NOT NULL;

CREATE TABLE new_member_roles (
    organization_id uuid      NOT NULL,
    role            text      NOT NULL,
    username_key    text      NOT NULL,
    user_id         uuid      NOT NULL,
    source          text      NOT NULL DEFAULT 'manual', -- or invite, default, operator; of a machine its name: oidc:okta
    source_ref      text      NOT NULL DEFAULT '', -- id of the rule, group or invitation that gave it
    reason          text      NOT NULL DEFAULT '',
    given_by        uuid,
    given_by_name   text      NOT NULL DEFAULT '',
    given_at        timestamp NOT NULL DEFAULT (unixepoch() * 1000000),
    ends_at         timestamp,
    PRIMARY KEY (organization_id, role, username_key, source),
    FOREIGN KEY (organization_id, username_key) REFERENCES organization_members (organization_id, username_key)
        ON UPDATE CASCADE ON DELETE CASCADE
) WITHOUT ROWID;
INSERT INTO new_member_roles (organization_id, role, username_key, user_id, given_at)
SELECT r.organization_id, r.role, r.username_key, r.user_id, m.updated_at
FROM member_roles r JOIN organization_members m ON m.organization_id = r.organization_id AND m.username_key = r.username_key
UNION ALL
SELECT organization_id, 'organization-member', username_key, user_id, updated_at FROM organization_members;
DROP TABLE member_roles;
ALTER TABLE new_member_roles RENAME TO member_roles;
CREATE INDEX member_roles_by_member ON member_roles (organization_id, username_key);
CREATE INDEX member_roles_by_user ON member_roles (user_id, role);
CREATE INDEX member_roles_by_end ON member_roles (organization_id, ends_at) WHERE ends_at IS NOT NULL;

-- Of the records of the scope that end, the first; kept by trigger. Until then what was remembered stands.
ALTER TABLE revisions ADD COLUMN next_end timestamp;
CREATE INDEX revisions_by_end ON revisions (next_end) WHERE next_end IS NOT NULL;

CREATE VIEW member_rows AS
SELECT
    m.organization_id, m.user_id, m.username_key, m.version, m.created_at, m.updated_at, m.roles,
    m.username, m.name, m.avatar_url, m.email, m.status, m.login_type, m.site_roles,
    u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.last_seen_at, u.version AS user_version,
    m.next_end, m.site_next_end
FROM organization_members m JOIN users u ON u.id = m.user_id;

CREATE VIEW user_rows AS
SELECT
    u.id, u.username, u.username_key, u.email, u.name, u.avatar_url, u.status, u.login_type,
    u.created_at, u.updated_at, u.last_seen_at, u.roles, u.version, u.next_end,
    CAST(coalesce((
        SELECT group_concat(CAST(h.id AS text), ' ') FROM (
            SELECT o.id FROM organization_members m JOIN organizations o ON o.id = m.organization_id
            WHERE m.user_id = u.id ORDER BY o.is_default DESC, o.name_key
        ) h
    ), '') AS text) AS organization_ids
FROM users u;

-- +goose StatementBegin
CREATE TRIGGER users_added AFTER INSERT ON users BEGIN
    UPDATE user_counts SET users = users + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
    UPDATE user_counts SET users = users - 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_searched AFTER INSERT ON users BEGIN
    INSERT INTO user_search (rowid, text) VALUES (NEW.seq, NEW.search_key);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_searched_anew AFTER UPDATE OF search_key ON users WHEN NEW.search_key <> OLD.search_key BEGIN
    DELETE FROM user_search WHERE rowid = OLD.seq;
    INSERT INTO user_search (rowid, text) VALUES (NEW.seq, NEW.search_key);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_searched_no_more AFTER DELETE ON users BEGIN
    DELETE FROM user_search WHERE rowid = OLD.seq;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_shown AFTER UPDATE OF
    username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, roles, next_end ON users
BEGIN
    UPDATE organization_members SET
        username = NEW.username, username_key = NEW.username_key, email = NEW.email, email_key = NEW.email_key,
        name = NEW.name, name_key = NEW.name_key, search_key = NEW.search_key, avatar_url = NEW.avatar_url,
        status = NEW.status, login_type = NEW.login_type, site_roles = NEW.roles, site_next_end = NEW.next_end
    WHERE user_id = NEW.id;
END;
-- +goose StatementEnd

-- The texts and the counts change with the first record of a role and with the last one.
-- +goose StatementBegin
CREATE TRIGGER user_roles_added AFTER INSERT ON user_roles
WHEN NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = NEW.user_id AND r.role = NEW.role AND r.source <> NEW.source) BEGIN
    UPDATE users SET roles = trim(roles || ' ' || NEW.role) WHERE id = NEW.user_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER user_roles_removed AFTER DELETE ON user_roles
WHEN NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = OLD.user_id AND r.role = OLD.role) BEGIN
    UPDATE users SET roles = trim(replace(' ' || roles || ' ', ' ' || OLD.role || ' ', ' ')) WHERE id = OLD.user_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER member_roles_added AFTER INSERT ON member_roles
WHEN NEW.role <> 'organization-member' AND NOT EXISTS (
    SELECT 1 FROM member_roles r WHERE r.organization_id = NEW.organization_id AND r.role = NEW.role
        AND r.username_key = NEW.username_key AND r.source <> NEW.source) BEGIN
    UPDATE organization_members SET roles = trim(roles || ' ' || NEW.role)
    WHERE organization_id = NEW.organization_id AND username_key = NEW.username_key;
    INSERT INTO member_role_counts (organization_id, role, members) VALUES (NEW.organization_id, NEW.role, 1)
    ON CONFLICT (organization_id, role) DO UPDATE SET members = members + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER member_roles_removed AFTER DELETE ON member_roles
WHEN NOT EXISTS (
    SELECT 1 FROM member_roles r WHERE r.organization_id = OLD.organization_id AND r.role = OLD.role AND r.username_key = OLD.username_key)
AND EXISTS (SELECT 1 FROM member_role_counts c WHERE c.organization_id = OLD.organization_id AND c.role = OLD.role) BEGIN
    UPDATE organization_members SET roles = trim(replace(' ' || roles || ' ', ' ' || OLD.role || ' ', ' '))
    WHERE organization_id = OLD.organization_id AND username_key = OLD.username_key;
    UPDATE member_role_counts SET members = members - 1 WHERE organization_id = OLD.organization_id AND role = OLD.role;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER user_roles_ending AFTER INSERT ON user_roles WHEN NEW.ends_at IS NOT NULL BEGIN
    UPDATE users SET next_end = min(coalesce(next_end, NEW.ends_at), NEW.ends_at) WHERE id = NEW.user_id;
    UPDATE revisions SET next_end = min(coalesce(next_end, NEW.ends_at), NEW.ends_at)
    WHERE organization_id = '00000000-0000-0000-0000-000000000000';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER user_roles_prolonged AFTER UPDATE OF ends_at ON user_roles BEGIN
    UPDATE users SET next_end = (SELECT min(r.ends_at) FROM user_roles r WHERE r.user_id = NEW.user_id) WHERE id = NEW.user_id;
    UPDATE revisions SET next_end = (SELECT min(r.ends_at) FROM user_roles r WHERE r.ends_at IS NOT NULL)
    WHERE organization_id = '00000000-0000-0000-0000-000000000000';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER user_roles_ended AFTER DELETE ON user_roles WHEN OLD.ends_at IS NOT NULL BEGIN
    UPDATE users SET next_end = (SELECT min(r.ends_at) FROM user_roles r WHERE r.user_id = OLD.user_id) WHERE id = OLD.user_id;
    UPDATE revisions SET next_end = (SELECT min(r.ends_at) FROM user_roles r WHERE r.ends_at IS NOT NULL)
    WHERE organization_id = '00000000-0000-0000-0000-000000000000';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER member_roles_ending AFTER INSERT ON member_roles WHEN NEW.ends_at IS NOT NULL BEGIN
    UPDATE organization_members SET next_end = min(coalesce(next_end, NEW.ends_at), NEW.ends_at)
    WHERE organization_id = NEW.organization_id AND username_key = NEW.username_key;
    UPDATE revisions SET next_end = min(coalesce(next_end, NEW.ends_at), NEW.ends_at) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER member_roles_prolonged AFTER UPDATE OF ends_at ON member_roles BEGIN
    UPDATE organization_members SET next_end = (
        SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = NEW.organization_id AND r.username_key = NEW.username_key)
    WHERE organization_id = NEW.organization_id AND username_key = NEW.username_key;
    UPDATE revisions SET next_end = (
        SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = NEW.organization_id AND r.ends_at IS NOT NULL)
    WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER member_roles_ended AFTER DELETE ON member_roles WHEN OLD.ends_at IS NOT NULL BEGIN
    UPDATE organization_members SET next_end = (
        SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = OLD.organization_id AND r.username_key = OLD.username_key)
    WHERE organization_id = OLD.organization_id AND username_key = OLD.username_key;
    UPDATE revisions SET next_end = (
        SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = OLD.organization_id AND r.ends_at IS NOT NULL)
    WHERE organization_id = OLD.organization_id;
END;
-- +goose StatementEnd

INSERT INTO must_be_zero SELECT count(*) FROM pragma_foreign_key_check;
DROP TABLE must_be_zero;

-- +goose Down
CREATE TEMP TABLE must_be_zero (n integer NOT NULL CHECK (n = 0));
INSERT INTO must_be_zero SELECT foreign_keys FROM pragma_foreign_keys;
DROP VIEW user_rows;
DROP VIEW member_rows;
DROP TRIGGER users_shown;
DROP TRIGGER user_roles_added;
DROP TRIGGER user_roles_removed;
DROP TRIGGER user_roles_ending;
DROP TRIGGER user_roles_prolonged;
DROP TRIGGER user_roles_ended;
DROP TRIGGER member_roles_added;
DROP TRIGGER member_roles_removed;
DROP TRIGGER member_roles_ending;
DROP TRIGGER member_roles_prolonged;
DROP TRIGGER member_roles_ended;
DROP INDEX revisions_by_end;
ALTER TABLE revisions DROP COLUMN next_end;

CREATE TABLE old_users (
    seq           integer   NOT NULL PRIMARY KEY AUTOINCREMENT,
    id            uuid      NOT NULL UNIQUE,
    username      text      NOT NULL,
    username_key  text      NOT NULL,
    email         text      NOT NULL,
    email_key     text      NOT NULL,
    name          text      NOT NULL,
    name_key      text      NOT NULL,
    search_key    text      NOT NULL,
    avatar_url    text      NOT NULL,
    status        text      NOT NULL CHECK (status IN ('active', 'dormant', 'suspended')),
    login_type    text      NOT NULL CHECK (login_type IN ('password', 'none')),
    roles         text      NOT NULL DEFAULT '',
    password_hash text      NOT NULL,
    created_at    timestamp NOT NULL,
    updated_at    timestamp NOT NULL,
    last_seen_at  timestamp,
    password_by   uuid,
    must_change   boolean   NOT NULL DEFAULT false,
    version       bigint    NOT NULL DEFAULT 1
);
INSERT INTO old_users (
    seq, id, username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, roles,
    password_hash, created_at, updated_at, last_seen_at, password_by, must_change, version)
SELECT
    seq, id, username, username_key, email, email_key, name, name_key, search_key, avatar_url, status,
    CASE login_type WHEN 'oidc' THEN 'password' ELSE login_type END, roles, -- without a password nobody signs in
    password_hash, created_at, updated_at, last_seen_at, password_by, must_change, version
FROM users;
DELETE FROM sqlite_sequence WHERE name = 'old_users';
INSERT INTO sqlite_sequence (name, seq) SELECT 'old_users', seq FROM sqlite_sequence WHERE name = 'users';
DROP TABLE users;
ALTER TABLE old_users RENAME TO users;
CREATE UNIQUE INDEX users_by_username ON users (username_key);
CREATE UNIQUE INDEX users_by_email ON users (email_key);
CREATE INDEX users_of_makers ON users (id) WHERE password_by IS NOT NULL;

CREATE TABLE old_user_roles (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role    text NOT NULL,
    PRIMARY KEY (user_id, role)
) WITHOUT ROWID;
INSERT INTO old_user_roles (user_id, role) SELECT DISTINCT user_id, role FROM user_roles;
DROP TABLE user_roles;
ALTER TABLE old_user_roles RENAME TO user_roles;
CREATE INDEX user_roles_by_role ON user_roles (role, user_id);

CREATE TABLE old_member_roles (
    organization_id uuid NOT NULL,
    role            text NOT NULL,
    username_key    text NOT NULL,
    user_id         uuid NOT NULL,
    PRIMARY KEY (organization_id, role, username_key),
    FOREIGN KEY (organization_id, username_key) REFERENCES organization_members (organization_id, username_key)
        ON UPDATE CASCADE ON DELETE CASCADE
) WITHOUT ROWID;
INSERT INTO old_member_roles (organization_id, role, username_key, user_id)
SELECT DISTINCT organization_id, role, username_key, user_id FROM member_roles WHERE role <> 'organization-member';
DROP TABLE member_roles;
ALTER TABLE old_member_roles RENAME TO member_roles;
CREATE INDEX member_roles_by_member ON member_roles (organization_id, username_key);
CREATE INDEX member_roles_by_user ON member_roles (user_id, role);

DROP INDEX organization_members_by_end;
DROP INDEX organization_members_by_holding;
ALTER TABLE organization_members DROP COLUMN site_next_end;
ALTER TABLE organization_members DROP COLUMN next_end;
CREATE INDEX organization_members_by_holding ON organization_members (organization_id, roles, site_roles, status);

CREATE VIEW member_rows AS
SELECT
    m.organization_id, m.user_id, m.username_key, m.version, m.created_at, m.updated_at, m.roles,
    m.username, m.name, m.avatar_url, m.email, m.status, m.login_type, m.site_roles,
    u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.last_seen_at, u.version AS user_version
FROM organization_members m JOIN users u ON u.id = m.user_id;
CREATE VIEW user_rows AS
SELECT
    u.id, u.username, u.username_key, u.email, u.name, u.avatar_url, u.status, u.login_type,
    u.created_at, u.updated_at, u.last_seen_at, u.roles, u.version,
    CAST(coalesce((
        SELECT group_concat(CAST(h.id AS text), ' ') FROM (
            SELECT o.id FROM organization_members m JOIN organizations o ON o.id = m.organization_id
            WHERE m.user_id = u.id ORDER BY o.is_default DESC, o.name_key
        ) h
    ), '') AS text) AS organization_ids
FROM users u;

-- +goose StatementBegin
CREATE TRIGGER users_added AFTER INSERT ON users BEGIN
    UPDATE user_counts SET users = users + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
    UPDATE user_counts SET users = users - 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_searched AFTER INSERT ON users BEGIN
    INSERT INTO user_search (rowid, text) VALUES (NEW.seq, NEW.search_key);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_searched_anew AFTER UPDATE OF search_key ON users WHEN NEW.search_key <> OLD.search_key BEGIN
    DELETE FROM user_search WHERE rowid = OLD.seq;
    INSERT INTO user_search (rowid, text) VALUES (NEW.seq, NEW.search_key);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_searched_no_more AFTER DELETE ON users BEGIN
    DELETE FROM user_search WHERE rowid = OLD.seq;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_shown AFTER UPDATE OF
    username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, roles ON users
BEGIN
    UPDATE organization_members SET
        username = NEW.username, username_key = NEW.username_key, email = NEW.email, email_key = NEW.email_key,
        name = NEW.name, name_key = NEW.name_key, search_key = NEW.search_key, avatar_url = NEW.avatar_url,
        status = NEW.status, login_type = NEW.login_type, site_roles = NEW.roles
    WHERE user_id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER user_roles_added AFTER INSERT ON user_roles BEGIN
    UPDATE users SET roles = trim(roles || ' ' || NEW.role) WHERE id = NEW.user_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER user_roles_removed AFTER DELETE ON user_roles BEGIN
    UPDATE users SET roles = trim(replace(' ' || roles || ' ', ' ' || OLD.role || ' ', ' ')) WHERE id = OLD.user_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER member_roles_added AFTER INSERT ON member_roles BEGIN
    UPDATE organization_members SET roles = trim(roles || ' ' || NEW.role)
    WHERE organization_id = NEW.organization_id AND username_key = NEW.username_key;
    INSERT INTO member_role_counts (organization_id, role, members) VALUES (NEW.organization_id, NEW.role, 1)
    ON CONFLICT (organization_id, role) DO UPDATE SET members = members + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER member_roles_removed AFTER DELETE ON member_roles
WHEN EXISTS (SELECT 1 FROM member_role_counts c WHERE c.organization_id = OLD.organization_id AND c.role = OLD.role) BEGIN
    UPDATE organization_members SET roles = trim(replace(' ' || roles || ' ', ' ' || OLD.role || ' ', ' '))
    WHERE organization_id = OLD.organization_id AND username_key = OLD.username_key;
    UPDATE member_role_counts SET members = members - 1 WHERE organization_id = OLD.organization_id AND role = OLD.role;
END;
-- +goose StatementEnd
INSERT INTO must_be_zero SELECT count(*) FROM pragma_foreign_key_check;
DROP TABLE must_be_zero;
