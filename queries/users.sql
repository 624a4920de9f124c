-- name: GetUser :one
SELECT * FROM user_rows WHERE id = @id;

-- name: GetUserByUsername :one
SELECT * FROM user_rows WHERE username_key = @username_key;

-- name: GetUserByEmail :one
SELECT * FROM user_rows WHERE id = (SELECT u.id FROM users u WHERE u.email_key = @email_key);

-- name: GetPassword :one
-- What a sign-in needs of an account.
SELECT id, status, login_type, password_hash, must_change FROM users WHERE email_key = @email_key;

-- name: GetPasswordMaker :one
-- Who else set the password of an account.
SELECT password_by FROM users WHERE id = @id;

-- name: GetPasswordHash :one
SELECT password_hash FROM users WHERE id = @id;

-- name: GetMustChange :one
-- Whether the account must choose another password when it signs in next.
SELECT must_change FROM users WHERE id = @id;

-- name: ListUsers :many
-- By username, from a place onwards.
SELECT id FROM users WHERE username_key > @after_key ORDER BY username_key
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: GetUserCount :one
SELECT users FROM user_counts WHERE id = 1;

-- name: FindUsers :many
-- Users that match, in the order asked for, and how many match in all. Lists of names and sort keys as in FindMembers.
-- Accounts that were never seen come before all others.
-- reads all: no index has what can be asked for; texts of three letters and more are for SearchUsers.
SELECT f.id, CAST(count(*) OVER () AS bigint) AS total
FROM (
    SELECT
        u.id, u.username_key,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN '' ELSE
            CASE CAST(@sort AS text) WHEN 'name' THEN u.name_key WHEN 'email' THEN u.email_key
                WHEN 'created_at' THEN CAST(u.created_at AS text) WHEN 'last_seen_at' THEN coalesce(CAST(u.last_seen_at AS text), '')
                ELSE u.username_key END
        END AS text) AS up,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN
            CASE CAST(@sort AS text) WHEN 'name' THEN u.name_key WHEN 'email' THEN u.email_key
                WHEN 'created_at' THEN CAST(u.created_at AS text) WHEN 'last_seen_at' THEN coalesce(CAST(u.last_seen_at AS text), '')
                ELSE u.username_key END
        ELSE '' END AS text) AS down
    FROM users u
    WHERE (CAST(@query AS text) = '' OR instr(u.search_key, @query) > 0)
      AND (u.id = sqlc.narg(only_user) OR sqlc.narg(only_user) IS NULL)
      AND (CAST(@sources AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles x WHERE x.user_id = u.id AND instr(@sources, ' ' || x.source || ' ') > 0))
      AND (u.next_end < sqlc.narg(ends_before) OR sqlc.narg(ends_before) IS NULL)
      AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || u.status || ' ') > 0)
      AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || u.login_type || ' ') > 0)
      AND (CAST(@roles AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles s WHERE s.user_id = u.id AND instr(@roles, ' ' || s.role || ' ') > 0))
      AND (u.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
      AND (u.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
      AND (u.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
      AND (u.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)
      AND (CAST(@name AS text) = '' OR instr(substr(u.search_key, length(u.username) + 2), @name) BETWEEN 1 AND instr(substr(u.search_key, length(u.username) + 2), '
'))
      AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN u.login_type = 'none' AND u.email = '' THEN 'true' ELSE 'false' END) > 0)
      AND u.username_key > @after_key
) f
ORDER BY f.up, f.down DESC, f.username_key
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: SearchUsers :many
-- FindUsers among the accounts that may have a text of three letters or more.
-- reads all on PostgreSQL: without an extension it has no index of texts.
SELECT f.id, CAST(count(*) OVER () AS bigint) AS total
FROM (
    SELECT
        u.id, u.username_key,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN '' ELSE
            CASE CAST(@sort AS text) WHEN 'name' THEN u.name_key WHEN 'email' THEN u.email_key
                WHEN 'created_at' THEN CAST(u.created_at AS text) WHEN 'last_seen_at' THEN coalesce(CAST(u.last_seen_at AS text), '')
                ELSE u.username_key END
        END AS text) AS up,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN
            CASE CAST(@sort AS text) WHEN 'name' THEN u.name_key WHEN 'email' THEN u.email_key
                WHEN 'created_at' THEN CAST(u.created_at AS text) WHEN 'last_seen_at' THEN coalesce(CAST(u.last_seen_at AS text), '')
                ELSE u.username_key END
        ELSE '' END AS text) AS down
    FROM user_search(search_pattern(CAST(@query AS text))) s
    JOIN users u ON u.seq = s.rowid
    WHERE (u.id = sqlc.narg(only_user) OR sqlc.narg(only_user) IS NULL)
      AND instr(u.search_key, @query) > 0
      AND (CAST(@sources AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles x WHERE x.user_id = u.id AND instr(@sources, ' ' || x.source || ' ') > 0))
      AND (u.next_end < sqlc.narg(ends_before) OR sqlc.narg(ends_before) IS NULL)
      AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || u.status || ' ') > 0)
      AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || u.login_type || ' ') > 0)
      AND (CAST(@roles AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles s WHERE s.user_id = u.id AND instr(@roles, ' ' || s.role || ' ') > 0))
      AND (u.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
      AND (u.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
      AND (u.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
      AND (u.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)
      AND (CAST(@name AS text) = '' OR instr(substr(u.search_key, length(u.username) + 2), @name) BETWEEN 1 AND instr(substr(u.search_key, length(u.username) + 2), '
'))
      AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN u.login_type = 'none' AND u.email = '' THEN 'true' ELSE 'false' END) > 0)
      AND u.username_key > @after_key
) f
ORDER BY f.up, f.down DESC, f.username_key
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: ListUsersByID :many
SELECT * FROM user_rows WHERE id IN (sqlc.slice('ids'));

-- name: ListUsersNamed :many
-- The accounts of some usernames and e-mail addresses, with what they are found by.
SELECT sqlc.embed(r), u.email_key FROM users u JOIN user_rows r ON r.id = u.id
WHERE u.username_key IN (sqlc.slice('usernames')) OR u.email_key IN (sqlc.slice('emails'));

-- name: ListCandidates :many
-- Users that are not members of an organization, or not any more, and not suspended, by username.
-- reads all: as far as it takes to find as many as are asked for; a text of three letters that few have is for
-- SearchCandidates.
SELECT r.* FROM (
    SELECT u.id, u.username_key FROM users u
    WHERE (CAST(@query AS text) = '' OR instr(u.search_key, @query) > 0)
      AND u.status <> 'suspended'
      AND NOT EXISTS (
          SELECT 1 FROM organization_members m WHERE m.organization_id = @organization_id AND m.user_id = u.id
            AND (m.next_end IS NULL OR m.next_end > @now OR (
                SELECT count(*) FROM member_roles b WHERE b.organization_id = m.organization_id AND b.role = 'organization-member'
                  AND b.username_key = m.username_key AND (b.ends_at IS NULL OR b.ends_at > @now)) > 0))
    ORDER BY u.username_key
    LIMIT CAST(@max_rows AS bigint)
) p
JOIN user_rows r ON r.id = p.id
ORDER BY p.username_key;

-- name: SearchCandidates :many
-- ListCandidates among the accounts that may have a text of three letters or more.
-- reads all on PostgreSQL: without an extension it has no index of texts.
SELECT r.* FROM (
    SELECT u.id, u.username_key FROM user_search(search_pattern(CAST(@query AS text))) s
    JOIN users u ON u.seq = s.rowid
    WHERE instr(u.search_key, @query) > 0
      AND u.status <> 'suspended'
      AND NOT EXISTS (
          SELECT 1 FROM organization_members m WHERE m.organization_id = @organization_id AND m.user_id = u.id
            AND (m.next_end IS NULL OR m.next_end > @now OR (
                SELECT count(*) FROM member_roles b WHERE b.organization_id = m.organization_id AND b.role = 'organization-member'
                  AND b.username_key = m.username_key AND (b.ends_at IS NULL OR b.ends_at > @now)) > 0))
    ORDER BY u.username_key
    LIMIT CAST(@max_rows AS bigint)
) p
JOIN user_rows r ON r.id = p.id
ORDER BY p.username_key;

-- name: InsertUser :exec
-- unit: site
INSERT INTO users (
    id, username, username_key, email, email_key, name, name_key, search_key, avatar_url,
    status, login_type, password_hash, password_by, created_at, updated_at, last_seen_at)
VALUES (
    @id, @username, @username_key, @email, @email_key, @name, @name_key, @search_key, @avatar_url,
    @status, @login_type, @password_hash, sqlc.narg(password_by), @now, @now, sqlc.narg(last_seen_at));

-- name: UpdateProfile :exec
-- unit: site
UPDATE users
SET username = @username, username_key = @username_key, name = @name, name_key = @name_key, search_key = @search_key,
    avatar_url = @avatar_url, email_verified = CASE WHEN email_key = @email_key THEN email_verified ELSE false END,
    email = @email, email_key = @email_key, version = version + 1, updated_at = @now
WHERE id = @id;

-- name: UpdatePassword :exec
-- unit: site
UPDATE users
SET password_hash = @password_hash, password_by = sqlc.narg(password_by), must_change = false,
    version = version + 1, updated_at = @now
WHERE id = @id;

-- name: MustChangePassword :exec
-- unit: organization, site
UPDATE users SET must_change = true, version = version + 1, updated_at = @now WHERE id = @id;

-- name: ListOpened :many
-- Those of some accounts for which another account made a way to sign in: a password, a password link or a token.
SELECT u.id, u.username, u.roles, u.next_end, u.password_by, u.must_change, CAST(l.user_id IS NOT NULL AS boolean) AS has_link, l.created_by AS link_by
FROM users u LEFT JOIN password_links l ON l.user_id = u.id
WHERE u.id IN (sqlc.slice('ids')) AND (
    u.password_by IS NOT NULL AND NOT u.must_change OR l.created_by IS NOT NULL
    OR EXISTS (SELECT 1 FROM api_keys k WHERE k.user_id = u.id AND k.created_by IS NOT NULL));

-- name: ListOpenedHolders :many
-- Those who hold a role in an organization among all such accounts. They are few beside the holders of a role.
SELECT o.user_id FROM (
    SELECT l.user_id FROM password_links l WHERE l.created_by IS NOT NULL
    UNION SELECT k.user_id FROM api_keys k WHERE k.created_by IS NOT NULL
    UNION SELECT u.id FROM users u WHERE u.password_by IS NOT NULL
) o
WHERE EXISTS (
    SELECT 1 FROM member_roles r WHERE r.user_id = o.user_id AND r.role = @role AND r.organization_id = @organization_id);

-- name: ListOpenedSiteHolders :many
-- ListOpenedHolders for a role of the site.
SELECT o.user_id FROM (
    SELECT l.user_id FROM password_links l WHERE l.created_by IS NOT NULL
    UNION SELECT k.user_id FROM api_keys k WHERE k.created_by IS NOT NULL
    UNION SELECT u.id FROM users u WHERE u.password_by IS NOT NULL
) o
WHERE EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = o.user_id AND r.role = @role);

-- name: RenewPasswordHash :exec
-- The same password, hashed at another cost: the account has not changed.
-- unit: site, signin
UPDATE users SET password_hash = @password_hash WHERE id = @id;

-- name: UpdateStatus :exec
-- unit: site
UPDATE users SET status = @status, directory_suspended = false, version = version + 1, updated_at = @now WHERE id = @id;

-- name: HoldAccount :exec
-- Changes nothing, and makes other writes of the account wait.
-- unit: site, signin
UPDATE users SET last_seen_at = last_seen_at WHERE id = @id;

-- name: UpdateLastSeen :exec
-- unit: site, signin
UPDATE users SET last_seen_at = @now WHERE id = @id;

-- name: TouchUser :exec
-- unit: site
UPDATE users SET version = version + 1, updated_at = @now WHERE id = @id;

-- name: TouchSiteHolders :exec
-- unit: site
UPDATE users SET version = version + 1, updated_at = @now WHERE id IN (SELECT r.user_id FROM user_roles r WHERE r.role = @role);

-- name: DeleteUser :exec
-- unit: site
DELETE FROM users WHERE id = @id;

-- name: InsertUserRole :exec
-- A record of a role of the site. One of the same source that has ended, and was not taken away yet, is renewed.
-- unit: site
INSERT INTO user_roles (user_id, role, source, source_ref, reason, given_by, given_by_name, given_at, ends_at)
VALUES (@user_id, @role, @source, @source_ref, @reason, sqlc.narg(given_by), @given_by_name, @now, sqlc.narg(ends_at))
ON CONFLICT (user_id, role, source) DO UPDATE SET
    source_ref = excluded.source_ref, reason = excluded.reason, given_by = excluded.given_by,
    given_by_name = excluded.given_by_name, given_at = excluded.given_at, ends_at = excluded.ends_at;

-- name: ListSiteRecords :many
-- The records of an account, by role and source.
SELECT * FROM user_roles WHERE user_id = @user_id ORDER BY role, source;

-- name: ListSiteRecordsOf :many
-- The records of some accounts.
SELECT * FROM user_roles WHERE user_id IN (sqlc.slice('user_ids'));

-- name: DeleteUserRole :exec
-- unit: site
DELETE FROM user_roles WHERE user_id = @user_id AND role = @role;

-- name: DeleteUserRecord :exec
-- unit: site
DELETE FROM user_roles WHERE user_id = @user_id AND role = @role AND source = @source;

-- name: DeleteRoleFromUsers :exec
-- unit: site
DELETE FROM user_roles WHERE role = @role;

-- name: CountUserRoles :many
-- How many users hold each site role.
-- reads all: of many accounts few hold one.
SELECT role, count(DISTINCT user_id) AS users FROM user_roles GROUP BY role;

-- name: ListSiteHoldings :many
-- What each account holds on the site, by username, from a place onwards.
SELECT id, username, username_key, roles FROM users
WHERE username_key > @after_key
ORDER BY username_key
LIMIT CAST(@max_rows AS bigint);

-- name: ListActiveHoldersOfSiteRole :many
-- Active accounts that hold a role without an end and can sign in to the console, as HasWayIn says.
SELECT DISTINCT u.id FROM user_roles r JOIN users u ON u.id = r.user_id
WHERE r.role = @role AND r.ends_at IS NULL AND u.status = 'active' AND (EXISTS (
      SELECT 1 FROM users p WHERE p.id = u.id AND p.login_type = 'password' AND p.password_hash <> ''
        AND (CAST(@passwords AS text) = 'all' OR CAST(@passwords AS text) = 'owners' AND EXISTS (
            SELECT 1 FROM user_roles o WHERE o.user_id = p.id AND o.role = 'owner' AND o.ends_at IS NULL)))
    OR u.login_type <> 'none' AND EXISTS (
      SELECT 1 FROM user_identities i WHERE i.user_id = u.id
        AND (CAST(@providers AS text) = '*' OR instr(@providers, ' ' || i.provider || ' ') > 0))
    OR u.login_type <> 'none' AND EXISTS (SELECT 1 FROM passkeys k WHERE k.user_id = u.id))
ORDER BY u.id;

-- name: HasWayIn :one
-- Whether the person of an account can sign in to the console: with a password that the policy lets in ('all', or 'owners':
-- those for good), at a provider of the settings, or with a passkey. Queries for holders ask the same.
SELECT CAST(EXISTS (
    SELECT 1 FROM users u WHERE u.id = @id AND (EXISTS (
        SELECT 1 FROM users p WHERE p.id = u.id AND p.login_type = 'password' AND p.password_hash <> ''
          AND (CAST(@passwords AS text) = 'all' OR CAST(@passwords AS text) = 'owners' AND EXISTS (
              SELECT 1 FROM user_roles o WHERE o.user_id = p.id AND o.role = 'owner' AND o.ends_at IS NULL)))
      OR u.login_type <> 'none' AND EXISTS (
        SELECT 1 FROM user_identities i WHERE i.user_id = u.id
          AND (CAST(@providers AS text) = '*' OR instr(@providers, ' ' || i.provider || ' ') > 0))
      OR u.login_type <> 'none' AND EXISTS (SELECT 1 FROM passkeys k WHERE k.user_id = u.id))
) AS boolean) AS found;

-- name: ListEndedAccounts :many
-- Accounts with records of the site that have ended.
SELECT DISTINCT e.user_id FROM (
    SELECT r.user_id FROM user_roles r WHERE r.ends_at <= @now ORDER BY r.ends_at LIMIT CAST(@max_rows AS bigint)
) e;

-- name: DeleteEndedSiteRecords :exec
-- unit: site
DELETE FROM user_roles WHERE user_id = @user_id AND ends_at <= @now;
