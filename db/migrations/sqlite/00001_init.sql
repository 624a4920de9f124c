-- The first schema. Columns that end in _key hold the value folded for comparison and order (the fold is the
-- application's, so that every engine agrees on it). Times are microseconds since 1970, in UTC.

-- +goose Up
CREATE TABLE organizations (
    id           uuid      NOT NULL PRIMARY KEY,
    name         text      NOT NULL,
    name_key     text      NOT NULL,
    display_name text      NOT NULL,
    description  text      NOT NULL,
    icon         text      NOT NULL,
    is_default   boolean   NOT NULL,
    member_count bigint    NOT NULL DEFAULT 0, -- kept by trigger: counting a million rows for every page would not do
    created_at   timestamp NOT NULL,
    updated_at   timestamp NOT NULL
);
CREATE UNIQUE INDEX organizations_by_name ON organizations (name_key);
CREATE UNIQUE INDEX organizations_default ON organizations (is_default) WHERE is_default;

CREATE TABLE users (
    seq           integer   NOT NULL PRIMARY KEY AUTOINCREMENT, -- names the account in user_search
    id            uuid      NOT NULL UNIQUE,
    username      text      NOT NULL,
    username_key  text      NOT NULL,
    email         text      NOT NULL,
    email_key     text      NOT NULL,
    name          text      NOT NULL,
    name_key      text      NOT NULL,
    search_key    text      NOT NULL, -- username, name and e-mail, folded, one a line
    avatar_url    text      NOT NULL,
    status        text      NOT NULL CHECK (status IN ('active', 'dormant', 'suspended')),
    login_type    text      NOT NULL CHECK (login_type IN ('password', 'none')),
    roles         text      NOT NULL DEFAULT '', -- of the site, a space between two; kept by trigger from user_roles
    password_hash text      NOT NULL, -- '' when nobody can sign in with a password
    created_at    timestamp NOT NULL,
    updated_at    timestamp NOT NULL,
    last_seen_at  timestamp
);
CREATE UNIQUE INDEX users_by_username ON users (username_key);
CREATE UNIQUE INDEX users_by_email ON users (email_key);

-- One row: how many accounts there are, kept by trigger.
CREATE TABLE user_counts (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    users bigint NOT NULL
);
INSERT INTO user_counts (id, users) VALUES (1, 0);

-- Finds accounts by three letters and more of search_key; it holds no text of its own. Kept by trigger.
CREATE VIRTUAL TABLE user_search USING fts5 (
    text, content = '', contentless_delete = 1, detail = 'column', tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE user_roles (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role    text NOT NULL,
    PRIMARY KEY (user_id, role)
) WITHOUT ROWID;
CREATE INDEX user_roles_by_role ON user_roles (role, user_id);

-- Lists of members are read from here alone, in order: what they show and search of the account and of the roles is
-- copied into the row by trigger.
CREATE TABLE organization_members (
    organization_id uuid      NOT NULL REFERENCES organizations (id),
    username_key    text      NOT NULL,
    user_id         uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version         bigint    NOT NULL, -- counts the changes of the member's roles
    created_at      timestamp NOT NULL,
    updated_at      timestamp NOT NULL,
    roles           text      NOT NULL DEFAULT '', -- in the organization, a space between two
    username        text      NOT NULL,
    email           text      NOT NULL,
    email_key       text      NOT NULL,
    name            text      NOT NULL,
    name_key        text      NOT NULL,
    search_key      text      NOT NULL,
    avatar_url      text      NOT NULL,
    status          text      NOT NULL,
    login_type      text      NOT NULL,
    site_roles      text      NOT NULL,
    PRIMARY KEY (organization_id, username_key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX organization_members_by_user ON organization_members (user_id, organization_id);
-- Narrow: an offset has to walk past all before it.
CREATE INDEX organization_members_in_order ON organization_members (organization_id, username_key);

CREATE TABLE member_roles (
    organization_id uuid NOT NULL,
    role            text NOT NULL,
    username_key    text NOT NULL,
    user_id         uuid NOT NULL,
    PRIMARY KEY (organization_id, role, username_key),
    FOREIGN KEY (organization_id, username_key) REFERENCES organization_members (organization_id, username_key)
        ON UPDATE CASCADE ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX member_roles_by_member ON member_roles (organization_id, username_key);

-- How many members hold each role, kept by trigger.
CREATE TABLE member_role_counts (
    organization_id uuid   NOT NULL,
    role            text   NOT NULL,
    members         bigint NOT NULL,
    PRIMARY KEY (organization_id, role)
) WITHOUT ROWID;

-- Custom roles; the built-in ones are data of the program. No organization: a role of the site.
CREATE TABLE roles (
    id              uuid      NOT NULL PRIMARY KEY,
    organization_id uuid      REFERENCES organizations (id),
    name            text      NOT NULL,
    display_name    text      NOT NULL,
    version         bigint    NOT NULL,
    created_at      timestamp NOT NULL,
    updated_at      timestamp NOT NULL,
    updated_by      text      NOT NULL
);
CREATE UNIQUE INDEX roles_of_organization ON roles (organization_id, name) WHERE organization_id IS NOT NULL;
CREATE UNIQUE INDEX roles_of_site ON roles (name) WHERE organization_id IS NULL;

CREATE TABLE role_permissions (
    role_id       uuid    NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    level         text    NOT NULL CHECK (level IN ('site', 'organization', 'user')),
    resource_type text    NOT NULL,
    action        text    NOT NULL,
    negate        boolean NOT NULL,
    PRIMARY KEY (role_id, level, resource_type, action)
) WITHOUT ROWID;

-- Every state that a custom role was stored in, the present one too.
CREATE TABLE role_versions (
    role_id      uuid      NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    version      bigint    NOT NULL,
    display_name text      NOT NULL,
    permissions  text      NOT NULL, -- JSON: level -> permissions
    created_at   timestamp NOT NULL,
    created_by   text      NOT NULL,
    PRIMARY KEY (role_id, version)
) WITHOUT ROWID;

CREATE TABLE api_keys (
    id               text      NOT NULL PRIMARY KEY,
    user_id          uuid      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret_hash      blob      NOT NULL, -- SHA-256: the secret has 131 random bits, nothing slower is needed
    name             text      NOT NULL,
    login_type       text      NOT NULL CHECK (login_type IN ('password', 'token')),
    scope            text      NOT NULL,
    lifetime_seconds bigint    NOT NULL,
    created_at       timestamp NOT NULL,
    updated_at       timestamp NOT NULL,
    expires_at       timestamp NOT NULL,
    last_used        timestamp
) WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_by_name ON api_keys (user_id, name);

CREATE TABLE sessions (
    token      text      NOT NULL PRIMARY KEY, -- hashed by the session manager
    id         uuid      NOT NULL,             -- names the session to people
    user_id    uuid      REFERENCES users (id) ON DELETE CASCADE,
    data       blob      NOT NULL,
    ip         text      NOT NULL,
    user_agent text      NOT NULL,
    created_at timestamp NOT NULL,
    expires_at timestamp NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A link with which somebody sets the password of an account: the last one made, usable once.
CREATE TABLE password_links (
    user_id     uuid      NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    id          text      NOT NULL,
    secret_hash blob      NOT NULL,
    created_at  timestamp NOT NULL,
    expires_at  timestamp NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX password_links_by_id ON password_links (id);

-- What the first account can be made with: hashes of the tokens that servers wrote to their logs. None is left afterwards.
CREATE TABLE setup_tokens (
    hash       blob      NOT NULL PRIMARY KEY,
    created_at timestamp NOT NULL
) WITHOUT ROWID;

CREATE TABLE login_failures (
    door         text      NOT NULL PRIMARY KEY, -- what is counted: an account or an address
    failures     bigint    NOT NULL,
    window_start timestamp NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_failures_by_start ON login_failures (window_start);

-- Names stand here as they were: an entry outlives what it tells of, so there are no references.
CREATE TABLE audit_logs (
    seq             integer   NOT NULL PRIMARY KEY AUTOINCREMENT,
    id              uuid      NOT NULL,
    time            timestamp NOT NULL,
    request_id      text      NOT NULL,
    ip              text      NOT NULL,
    user_agent      text      NOT NULL,
    actor_id        uuid,
    actor           text      NOT NULL,
    organization_id uuid,
    resource_type   text      NOT NULL,
    resource_id     text      NOT NULL,
    resource_target text      NOT NULL,
    action          text      NOT NULL,
    status_code     bigint    NOT NULL,
    changes         text      NOT NULL, -- JSON: field -> {old, new, secret}
    hash            blob      NOT NULL  -- SHA-256 of the entry and the hash of the one before it
);
CREATE UNIQUE INDEX audit_logs_by_id ON audit_logs (id);
CREATE INDEX audit_logs_by_organization ON audit_logs (organization_id, seq);
CREATE INDEX audit_logs_by_resource ON audit_logs (resource_id, seq);
CREATE INDEX audit_logs_by_actor ON audit_logs (actor_id, seq);

-- One row: the newest audit entry, so that a missing end is noticed as well as a missing middle.
CREATE TABLE audit_heads (
    id   bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  bigint NOT NULL,
    hash blob   NOT NULL
);
INSERT INTO audit_heads (id, seq, hash) VALUES (1, 0, x'');

-- One row. Its value changes with everything that can change a decision: what was computed under one value holds
-- exactly as long as the value stands. roles likewise names one state of all custom roles; kept by trigger.
CREATE TABLE revisions (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    value bigint NOT NULL,
    roles bigint NOT NULL
);
INSERT INTO revisions (id, value, roles) VALUES (1, 1, 1);

-- What the lists show of a member. Role names hold no spaces.
CREATE VIEW member_rows AS
SELECT
    organization_id, user_id, username_key, version, created_at, updated_at, roles,
    username, name, avatar_url, email, status, login_type, site_roles
FROM organization_members;

-- What the lists show of a user.
CREATE VIEW user_rows AS
SELECT
    u.id, u.username, u.username_key, u.email, u.name, u.avatar_url, u.status, u.login_type,
    u.created_at, u.updated_at, u.last_seen_at, u.roles,
    CAST(coalesce((
        SELECT group_concat(CAST(m.organization_id AS text), ' ') FROM organization_members m WHERE m.user_id = u.id
    ), '') AS text) AS organization_ids
FROM users u;

-- +goose StatementBegin
CREATE TRIGGER organization_members_added AFTER INSERT ON organization_members BEGIN
    UPDATE organizations SET member_count = member_count + 1 WHERE id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER organization_members_removed AFTER DELETE ON organization_members BEGIN
    UPDATE organizations SET member_count = member_count - 1 WHERE id = OLD.organization_id;
END;
-- +goose StatementEnd
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
-- A number that was never there before, not even in a transaction that failed.
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
-- +goose StatementBegin
CREATE TRIGGER audit_logs_new BEFORE INSERT ON audit_logs
WHEN EXISTS (SELECT 1 FROM audit_logs a WHERE a.seq = NEW.seq OR a.id = NEW.id) BEGIN -- REPLACE would delete unseen
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_logs_unchanged BEFORE UPDATE ON audit_logs BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_logs_kept BEFORE DELETE ON audit_logs BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP VIEW user_rows;
DROP VIEW member_rows;
DROP TABLE revisions;
DROP TABLE audit_heads;
DROP TABLE audit_logs;
DROP TABLE login_failures;
DROP TABLE setup_tokens;
DROP TABLE password_links;
DROP TABLE sessions;
DROP TABLE api_keys;
DROP TABLE role_versions;
DROP TABLE role_permissions;
DROP TABLE roles;
DROP TABLE member_role_counts;
DROP TABLE member_roles;
DROP TABLE organization_members;
DROP TABLE user_roles;
DROP TABLE user_search;
DROP TABLE user_counts;
DROP TABLE users;
DROP TABLE organizations;
