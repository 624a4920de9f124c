-- name: ListMembers :many
-- By username, from a place onwards: after '' for the first page, after the last row seen for the next one. The texts come as
-- one, a line each, since the driver takes longer to hand over eight than one. The name is last: it may have any character.
SELECT user_id, version, created_at, updated_at, user_created_at, user_updated_at, last_seen_at, next_end, site_next_end,
    CAST(concat_ws('
', username, roles, site_roles, status, login_type, email, avatar_url, name) AS text) AS texts
FROM member_rows
WHERE organization_id = @organization_id AND username_key > @after_key
ORDER BY username_key
LIMIT CAST(@max_rows AS bigint);

-- name: GetMemberKey :one
-- The place of the member that comes after so many others, counted from a place onwards.
SELECT username_key FROM organization_members
WHERE organization_id = @organization_id AND username_key > @after_key
ORDER BY username_key
LIMIT 1 OFFSET CAST(@others AS bigint);

-- name: GetMemberKeyFromEnd :one
-- The place of the member that so many others come after: what is far from the beginning is near to the end.
SELECT username_key FROM organization_members
WHERE organization_id = @organization_id
ORDER BY username_key DESC
LIMIT 1 OFFSET CAST(@others AS bigint);

-- name: ListMembersByID :many
-- A range of one organization, since SQLite would read the whole organization if it were compared for equality.
SELECT * FROM member_rows
WHERE organization_id BETWEEN @organization_id AND @organization_id AND user_id IN (sqlc.slice('user_ids'));

-- name: GetMember :one
SELECT * FROM member_rows WHERE organization_id = @organization_id AND user_id = @user_id;

-- name: GetMemberByUsername :one
SELECT * FROM member_rows WHERE organization_id = @organization_id AND username_key = @username_key;

-- The searches below differ in where they begin. What they have in common: from_key and before_key bound the usernames;
-- lists of names come with a space before and after each; '' is no limit.

-- name: FindMembers :many
-- Members that match, by username, walking along the organization.
SELECT m.user_id, m.username_key FROM organization_members m
WHERE m.organization_id = @organization_id AND m.username_key >= @from_key AND m.username_key < @before_key
  AND (CAST(@query AS text) = '' OR instr(m.search_key, @query) > 0)
  AND (CAST(@sources AS text) = '' OR EXISTS (
      SELECT 1 FROM member_roles x
      WHERE x.organization_id = m.organization_id AND x.username_key = m.username_key AND instr(@sources, ' ' || x.source || ' ') > 0))
  AND (m.next_end < sqlc.narg(ends_before) OR sqlc.narg(ends_before) IS NULL)
  AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || m.status || ' ') > 0)
  AND (CAST(@roles AS text) = '' OR EXISTS (
      SELECT 1 FROM member_roles r
      WHERE r.organization_id = m.organization_id AND r.username_key = m.username_key AND instr(@roles, ' ' || r.role || ' ') > 0))
  AND (CAST(@site_roles AS text) = '' OR EXISTS (
      SELECT 1 FROM user_roles s WHERE s.user_id = m.user_id AND instr(@site_roles, ' ' || s.role || ' ') > 0))
  AND (NOT CAST(@by_account AS boolean) OR EXISTS (
      SELECT 1 FROM users a WHERE a.id = m.user_id AND (CAST(@name AS text) = '' OR instr(substr(a.search_key, length(a.username) + 2), @name) BETWEEN 1 AND instr(substr(a.search_key, length(a.username) + 2), '
'))
        AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || a.login_type || ' ') > 0)
        AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN a.login_type = 'none' AND a.email = '' THEN 'true' ELSE 'false' END) > 0)
        AND (a.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
        AND (a.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
        AND (a.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
        AND (a.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)))
ORDER BY m.username_key
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: CountMembers :one
-- How many FindMembers finds, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM organization_members m
    WHERE m.organization_id = @organization_id AND m.username_key >= @from_key AND m.username_key < @before_key
      AND (CAST(@query AS text) = '' OR instr(m.search_key, @query) > 0)
      AND (CAST(@sources AS text) = '' OR EXISTS (
          SELECT 1 FROM member_roles x
          WHERE x.organization_id = m.organization_id AND x.username_key = m.username_key AND instr(@sources, ' ' || x.source || ' ') > 0))
      AND (m.next_end < sqlc.narg(ends_before) OR sqlc.narg(ends_before) IS NULL)
      AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || m.status || ' ') > 0)
      AND (CAST(@roles AS text) = '' OR EXISTS (
          SELECT 1 FROM member_roles r
          WHERE r.organization_id = m.organization_id AND r.username_key = m.username_key AND instr(@roles, ' ' || r.role || ' ') > 0))
      AND (CAST(@site_roles AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles s WHERE s.user_id = m.user_id AND instr(@site_roles, ' ' || s.role || ' ') > 0))
      AND (NOT CAST(@by_account AS boolean) OR EXISTS (
          SELECT 1 FROM users a WHERE a.id = m.user_id AND (CAST(@name AS text) = '' OR instr(substr(a.search_key, length(a.username) + 2), @name) BETWEEN 1 AND instr(substr(a.search_key, length(a.username) + 2), '
'))
            AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || a.login_type || ' ') > 0)
            AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN a.login_type = 'none' AND a.email = '' THEN 'true' ELSE 'false' END) > 0)
            AND (a.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
            AND (a.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
            AND (a.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
            AND (a.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)))
    LIMIT CAST(@max_rows AS bigint)
) f;

-- name: SortMembers :many
-- Members that match, in another order. One of two sort keys is always ''. Descending is ascending from its end.
SELECT f.user_id FROM (
    SELECT m.user_id, m.username_key, CAST(CASE WHEN CAST(@descending AS boolean) THEN '' ELSE m.username_key END AS text) AS tie,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN '' ELSE
            CASE CAST(@sort AS text) WHEN 'name' THEN m.name_key WHEN 'email' THEN m.email_key
                WHEN 'created_at' THEN CAST(m.created_at AS text) WHEN 'updated_at' THEN CAST(m.updated_at AS text)
                ELSE m.username_key END
        END AS text) AS up,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN
            CASE CAST(@sort AS text) WHEN 'name' THEN m.name_key WHEN 'email' THEN m.email_key
                WHEN 'created_at' THEN CAST(m.created_at AS text) WHEN 'updated_at' THEN CAST(m.updated_at AS text)
                ELSE m.username_key END
        ELSE '' END AS text) AS down
    FROM organization_members m
    WHERE m.organization_id = @organization_id AND m.username_key >= @from_key AND m.username_key < @before_key
      AND (CAST(@query AS text) = '' OR instr(m.search_key, @query) > 0)
      AND (CAST(@sources AS text) = '' OR EXISTS (
          SELECT 1 FROM member_roles x
          WHERE x.organization_id = m.organization_id AND x.username_key = m.username_key AND instr(@sources, ' ' || x.source || ' ') > 0))
      AND (m.next_end < sqlc.narg(ends_before) OR sqlc.narg(ends_before) IS NULL)
      AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || m.status || ' ') > 0)
      AND (CAST(@roles AS text) = '' OR EXISTS (
          SELECT 1 FROM member_roles r
          WHERE r.organization_id = m.organization_id AND r.username_key = m.username_key AND instr(@roles, ' ' || r.role || ' ') > 0))
      AND (CAST(@site_roles AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles s WHERE s.user_id = m.user_id AND instr(@site_roles, ' ' || s.role || ' ') > 0))
      AND (NOT CAST(@by_account AS boolean) OR EXISTS (
          SELECT 1 FROM users a WHERE a.id = m.user_id AND (CAST(@name AS text) = '' OR instr(substr(a.search_key, length(a.username) + 2), @name) BETWEEN 1 AND instr(substr(a.search_key, length(a.username) + 2), '
'))
            AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || a.login_type || ' ') > 0)
            AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN a.login_type = 'none' AND a.email = '' THEN 'true' ELSE 'false' END) > 0)
            AND (a.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
            AND (a.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
            AND (a.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
            AND (a.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)))
) f
ORDER BY f.up, f.down DESC, f.tie, f.username_key DESC
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: ListMembersByName :many
-- A page of everybody by name. Whoever comes before it is skipped in the index alone.
SELECT m.user_id FROM (
    SELECT o.organization_id, o.username_key, o.name_key FROM organization_members o WHERE o.organization_id = @organization_id
    ORDER BY o.name_key, o.username_key LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint)
) p JOIN organization_members m ON m.organization_id = p.organization_id AND m.username_key = p.username_key
ORDER BY p.name_key, p.username_key;

-- name: ListMembersByNameDescending :many
-- ListMembersByName from its end.
SELECT m.user_id FROM (
    SELECT o.organization_id, o.username_key, o.name_key FROM organization_members o WHERE o.organization_id = @organization_id
    ORDER BY o.name_key DESC, o.username_key DESC LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint)
) p JOIN organization_members m ON m.organization_id = p.organization_id AND m.username_key = p.username_key
ORDER BY p.name_key DESC, p.username_key DESC;

-- name: ListMembersByEmail :many
-- The same by e-mail address.
SELECT m.user_id FROM (
    SELECT o.organization_id, o.username_key, o.email_key FROM organization_members o WHERE o.organization_id = @organization_id
    ORDER BY o.email_key, o.username_key LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint)
) p JOIN organization_members m ON m.organization_id = p.organization_id AND m.username_key = p.username_key
ORDER BY p.email_key, p.username_key;

-- name: ListMembersByEmailDescending :many
-- ListMembersByEmail from its end.
SELECT m.user_id FROM (
    SELECT o.organization_id, o.username_key, o.email_key FROM organization_members o WHERE o.organization_id = @organization_id
    ORDER BY o.email_key DESC, o.username_key DESC LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint)
) p JOIN organization_members m ON m.organization_id = p.organization_id AND m.username_key = p.username_key
ORDER BY p.email_key DESC, p.username_key DESC;

-- name: ListMembersByAge :many
-- The same by the time of joining.
SELECT m.user_id FROM (
    SELECT o.organization_id, o.username_key, o.created_at FROM organization_members o WHERE o.organization_id = @organization_id
    ORDER BY o.created_at, o.username_key LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint)
) p JOIN organization_members m ON m.organization_id = p.organization_id AND m.username_key = p.username_key
ORDER BY p.created_at, p.username_key;

-- name: ListMembersByAgeDescending :many
-- ListMembersByAge from its end.
SELECT m.user_id FROM (
    SELECT o.organization_id, o.username_key, o.created_at FROM organization_members o WHERE o.organization_id = @organization_id
    ORDER BY o.created_at DESC, o.username_key DESC LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint)
) p JOIN organization_members m ON m.organization_id = p.organization_id AND m.username_key = p.username_key
ORDER BY p.created_at DESC, p.username_key DESC;

-- name: FindMembersOfRole :many
-- Members that hold one role and match, by username, walking along the holders: of several records of one the first counts.
SELECT m.user_id, m.username_key FROM member_roles h
JOIN organization_members m ON m.organization_id = h.organization_id AND m.username_key = h.username_key
WHERE h.organization_id = @organization_id AND h.role = @role AND h.username_key >= @from_key AND h.username_key < @before_key
  AND NOT EXISTS (
      SELECT 1 FROM member_roles e
      WHERE e.organization_id = h.organization_id AND e.role = h.role AND e.username_key = h.username_key AND e.source < h.source)
  AND (CAST(@query AS text) = '' OR instr(m.search_key, @query) > 0)
  AND (CAST(@sources AS text) = '' OR EXISTS (
      SELECT 1 FROM member_roles x
      WHERE x.organization_id = m.organization_id AND x.username_key = m.username_key AND instr(@sources, ' ' || x.source || ' ') > 0))
  AND (m.next_end < sqlc.narg(ends_before) OR sqlc.narg(ends_before) IS NULL)
  AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || m.status || ' ') > 0)
  AND (CAST(@site_roles AS text) = '' OR EXISTS (
      SELECT 1 FROM user_roles s WHERE s.user_id = m.user_id AND instr(@site_roles, ' ' || s.role || ' ') > 0))
  AND (NOT CAST(@by_account AS boolean) OR EXISTS (
      SELECT 1 FROM users a WHERE a.id = m.user_id AND (CAST(@name AS text) = '' OR instr(substr(a.search_key, length(a.username) + 2), @name) BETWEEN 1 AND instr(substr(a.search_key, length(a.username) + 2), '
'))
        AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || a.login_type || ' ') > 0)
        AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN a.login_type = 'none' AND a.email = '' THEN 'true' ELSE 'false' END) > 0)
        AND (a.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
        AND (a.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
        AND (a.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
        AND (a.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)))
ORDER BY h.username_key
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: CountMembersOfRole :one
SELECT count(*) FROM (
    SELECT 1 FROM member_roles h
    JOIN organization_members m ON m.organization_id = h.organization_id AND m.username_key = h.username_key
    WHERE h.organization_id = @organization_id AND h.role = @role AND h.username_key >= @from_key AND h.username_key < @before_key
      AND NOT EXISTS (
          SELECT 1 FROM member_roles e
          WHERE e.organization_id = h.organization_id AND e.role = h.role AND e.username_key = h.username_key AND e.source < h.source)
      AND (CAST(@query AS text) = '' OR instr(m.search_key, @query) > 0)
      AND (CAST(@sources AS text) = '' OR EXISTS (
          SELECT 1 FROM member_roles x
          WHERE x.organization_id = m.organization_id AND x.username_key = m.username_key AND instr(@sources, ' ' || x.source || ' ') > 0))
      AND (m.next_end < sqlc.narg(ends_before) OR sqlc.narg(ends_before) IS NULL)
      AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || m.status || ' ') > 0)
      AND (CAST(@site_roles AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles s WHERE s.user_id = m.user_id AND instr(@site_roles, ' ' || s.role || ' ') > 0))
      AND (NOT CAST(@by_account AS boolean) OR EXISTS (
          SELECT 1 FROM users a WHERE a.id = m.user_id AND (CAST(@name AS text) = '' OR instr(substr(a.search_key, length(a.username) + 2), @name) BETWEEN 1 AND instr(substr(a.search_key, length(a.username) + 2), '
'))
            AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || a.login_type || ' ') > 0)
            AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN a.login_type = 'none' AND a.email = '' THEN 'true' ELSE 'false' END) > 0)
            AND (a.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
            AND (a.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
            AND (a.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
            AND (a.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)))
    LIMIT CAST(@max_rows AS bigint)
) f;

-- name: GetRoleCount :one
SELECT CAST(coalesce(max(members), 0) AS bigint) AS members FROM member_role_counts WHERE organization_id = @organization_id AND role = @role;

-- name: CountSearched :one
-- How many accounts may have a text of three letters or more, up to a limit.
-- reads all on PostgreSQL: without an extension it has no index of texts.
SELECT count(*) FROM (SELECT 1 FROM user_search(search_pattern(CAST(@query AS text))) LIMIT CAST(@max_rows AS bigint)) f;

-- name: SearchMembers :many
-- Members that match, in any order, walking along the accounts that may have the text, three letters of it or more, and how many
-- match in all. No index serves the usernames, or both engines would expect a range of them to hold few members, and walk
-- along the organization. AS MATERIALIZED does not keep them from it, and sqlc does not parse it.
-- reads all on PostgreSQL: without an extension it has no index of texts.
SELECT f.user_id, CAST(count(*) OVER () AS bigint) AS total FROM (
    SELECT m.user_id, m.username_key, CAST(CASE WHEN CAST(@descending AS boolean) THEN '' ELSE m.username_key END AS text) AS tie,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN '' ELSE
            CASE CAST(@sort AS text) WHEN 'name' THEN m.name_key WHEN 'email' THEN m.email_key
                WHEN 'created_at' THEN CAST(m.created_at AS text) WHEN 'updated_at' THEN CAST(m.updated_at AS text)
                ELSE m.username_key END
        END AS text) AS up,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN
            CASE CAST(@sort AS text) WHEN 'name' THEN m.name_key WHEN 'email' THEN m.email_key
                WHEN 'created_at' THEN CAST(m.created_at AS text) WHEN 'updated_at' THEN CAST(m.updated_at AS text)
                ELSE m.username_key END
        ELSE '' END AS text) AS down
    FROM user_search(search_pattern(CAST(@query AS text))) s JOIN users u ON u.seq = s.rowid
    JOIN organization_members m ON m.user_id = u.id
    WHERE m.organization_id = @organization_id
      AND (CAST(@before_key AS text) = '' OR m.username_key >= @from_key AND m.username_key < @before_key)
      AND (CAST(@query AS text) = '' OR instr(m.search_key, @query) > 0)
      AND (CAST(@sources AS text) = '' OR EXISTS (
          SELECT 1 FROM member_roles x
          WHERE x.organization_id = m.organization_id AND x.username_key = m.username_key AND instr(@sources, ' ' || x.source || ' ') > 0))
      AND (m.next_end < sqlc.narg(ends_before) OR sqlc.narg(ends_before) IS NULL)
      AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || m.status || ' ') > 0)
      AND (CAST(@roles AS text) = '' OR EXISTS (
          SELECT 1 FROM member_roles r
          WHERE r.organization_id = m.organization_id AND r.username_key = m.username_key AND instr(@roles, ' ' || r.role || ' ') > 0))
      AND (CAST(@site_roles AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles s WHERE s.user_id = m.user_id AND instr(@site_roles, ' ' || s.role || ' ') > 0))
      AND (NOT CAST(@by_account AS boolean) OR EXISTS (
          SELECT 1 FROM users a WHERE a.id = m.user_id AND (CAST(@name AS text) = '' OR instr(substr(a.search_key, length(a.username) + 2), @name) BETWEEN 1 AND instr(substr(a.search_key, length(a.username) + 2), '
'))
            AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || a.login_type || ' ') > 0)
            AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN a.login_type = 'none' AND a.email = '' THEN 'true' ELSE 'false' END) > 0)
            AND (a.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
            AND (a.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
            AND (a.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
            AND (a.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)))
) f
ORDER BY f.up, f.down DESC, f.tie, f.username_key DESC
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: SearchMembersByUsername :many
-- The same, all of them and in no order, with the usernames to order them by. It reads nothing of a membership that does
-- not stand in the index by account.
-- reads all on PostgreSQL: without an extension it has no index of texts.
SELECT m.user_id, m.username_key
FROM user_search(search_pattern(CAST(@query AS text))) s JOIN users u ON u.seq = s.rowid
JOIN organization_members m ON m.user_id = u.id
WHERE instr(u.search_key, @query) > 0
  AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || u.status || ' ') > 0)
  AND m.organization_id = @organization_id
  AND (CAST(@sources AS text) = '' OR EXISTS (
      SELECT 1 FROM member_roles x
      WHERE x.organization_id = m.organization_id AND x.username_key = m.username_key AND instr(@sources, ' ' || x.source || ' ') > 0))
  AND (NOT CAST(@by_end AS boolean) OR EXISTS (
      SELECT 1 FROM organization_members e
      WHERE e.organization_id = m.organization_id AND e.username_key = m.username_key AND e.next_end < sqlc.narg(ends_before)))
  AND (CAST(@before_key AS text) = '' OR m.username_key >= @from_key AND m.username_key < @before_key)
  AND (CAST(@roles AS text) = '' OR EXISTS (
      SELECT 1 FROM member_roles r
      WHERE r.organization_id = m.organization_id AND r.username_key = m.username_key AND instr(@roles, ' ' || r.role || ' ') > 0))
  AND (CAST(@site_roles AS text) = '' OR EXISTS (
      SELECT 1 FROM user_roles s WHERE s.user_id = m.user_id AND instr(@site_roles, ' ' || s.role || ' ') > 0))
  AND (NOT CAST(@by_account AS boolean) OR EXISTS (
      SELECT 1 FROM users a WHERE a.id = m.user_id AND (CAST(@name AS text) = '' OR instr(substr(a.search_key, length(a.username) + 2), @name) BETWEEN 1 AND instr(substr(a.search_key, length(a.username) + 2), '
'))
        AND (CAST(@login_types AS text) = '' OR instr(@login_types, ' ' || a.login_type || ' ') > 0)
        AND (CAST(@service_account AS text) = '' OR instr(@service_account, CASE WHEN a.login_type = 'none' AND a.email = '' THEN 'true' ELSE 'false' END) > 0)
        AND (a.created_at < sqlc.narg(created_before) OR sqlc.narg(created_before) IS NULL)
        AND (a.created_at > sqlc.narg(created_after) OR sqlc.narg(created_after) IS NULL)
        AND (a.last_seen_at < sqlc.narg(seen_before) OR sqlc.narg(seen_before) IS NULL)
        AND (a.last_seen_at > sqlc.narg(seen_after) OR sqlc.narg(seen_after) IS NULL)));

-- name: CountMemberRoles :many
-- How many members hold each role of an organization.
SELECT role, members FROM member_role_counts WHERE organization_id = @organization_id AND members > 0;

-- name: HasActiveHolder :one
-- Whether an active account of a person, other than one, holds a role in an organization without an end.
SELECT CAST(EXISTS (
    SELECT 1 FROM member_roles r
    JOIN organization_members m ON m.organization_id = r.organization_id AND m.username_key = r.username_key
    WHERE r.organization_id = @organization_id AND r.role = @role AND r.ends_at IS NULL
      AND m.status = 'active' AND (EXISTS (
        SELECT 1 FROM users p WHERE p.id = m.user_id AND p.login_type = 'password' AND p.password_hash <> ''
          AND (CAST(@passwords AS text) = 'all' OR CAST(@passwords AS text) = 'owners' AND EXISTS (
              SELECT 1 FROM user_roles o WHERE o.user_id = p.id AND o.role = 'owner' AND o.ends_at IS NULL)))
      OR m.login_type <> 'none' AND EXISTS (
        SELECT 1 FROM user_identities i WHERE i.user_id = m.user_id
          AND (CAST(@providers AS text) = '*' OR instr(@providers, ' ' || i.provider || ' ') > 0))
      OR m.login_type <> 'none' AND EXISTS (SELECT 1 FROM passkeys k WHERE k.user_id = m.user_id)) AND r.user_id <> @except_user
      AND EXISTS (
          SELECT 1 FROM member_roles b WHERE b.organization_id = r.organization_id AND b.role = 'organization-member'
            AND b.username_key = r.username_key AND b.ends_at IS NULL)
) AS boolean) AS found;

-- name: InsertMember :exec
-- A membership is not older than the account.
-- unit: organization, site
INSERT INTO organization_members (
    organization_id, user_id, version, created_at, updated_at,
    username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, site_roles, site_next_end)
SELECT o.id, u.id, 1,
    CASE WHEN u.created_at > @now THEN u.created_at ELSE @now END, CASE WHEN u.created_at > @now THEN u.created_at ELSE @now END,
    u.username, u.username_key, u.email, u.email_key, u.name, u.name_key, u.search_key, u.avatar_url, u.status, u.login_type, u.roles, u.next_end
FROM users u JOIN organizations o ON o.id = @organization_id
WHERE u.id = @user_id;

-- name: DeleteMember :exec
-- unit: organization, site
DELETE FROM organization_members WHERE organization_id = @organization_id AND user_id = @user_id;

-- name: TouchMember :exec
-- unit: organization, site
UPDATE organization_members SET version = version + 1, updated_at = @now
WHERE organization_id = @organization_id AND username_key = @username_key;

-- name: ListHolderKeys :many
-- Every so many-th of those who hold a role, by username, and the last of them.
SELECT h.username_key FROM (
    SELECT r.username_key, row_number() OVER (ORDER BY r.username_key) AS place, count(*) OVER () AS holders
    FROM (SELECT x.username_key FROM member_roles x WHERE x.organization_id = @organization_id AND x.role = @role GROUP BY x.username_key) r
) h
WHERE h.place % CAST(@step AS bigint) = 0 OR h.place = h.holders
ORDER BY h.username_key;

-- name: TouchHolders :exec
-- Memberships that hold a role, before it is taken away from all: without it already. They are written in pieces: SQLite
-- looks up all that it is to write before it writes the first, and should still have them at hand then.
-- unit: organization
UPDATE organization_members SET version = version + 1, updated_at = @now,
    roles = trim(replace(' ' || roles || ' ', ' ' || CAST(@role AS text) || ' ', ' '))
WHERE organization_members.organization_id = @organization_id AND organization_members.username_key IN (
    SELECT h.username_key FROM member_roles h
    WHERE h.organization_id = @organization_id AND h.role = @role AND h.username_key > @after_key AND h.username_key <= @last_key);

-- name: InsertMemberRole :exec
-- A record of a role, or of the membership. One of the same source that has ended, and was not taken away yet, is renewed.
-- unit: organization, site
INSERT INTO member_roles (
    organization_id, role, username_key, source, user_id, source_ref, reason, given_by, given_by_name, given_at, ends_at)
VALUES (
    @organization_id, @role, @username_key, @source, @user_id, @source_ref, @reason, sqlc.narg(given_by), @given_by_name, @now,
    sqlc.narg(ends_at))
ON CONFLICT (organization_id, role, username_key, source) DO UPDATE SET
    source_ref = excluded.source_ref, reason = excluded.reason, given_by = excluded.given_by,
    given_by_name = excluded.given_by_name, given_at = excluded.given_at, ends_at = excluded.ends_at;

-- name: InsertMembership :exec
-- The record of a membership that is stored already.
-- unit: organization, site
INSERT INTO member_roles (
    organization_id, role, username_key, source, user_id, source_ref, reason, given_by, given_by_name, given_at, ends_at)
SELECT m.organization_id, 'organization-member', m.username_key, CAST(@source AS text), m.user_id, CAST(@source_ref AS text),
    CAST(@reason AS text), sqlc.narg(given_by), CAST(@given_by_name AS text), @now, sqlc.narg(ends_at)
FROM organization_members m WHERE m.organization_id = @organization_id AND m.user_id = @user_id;

-- name: ListRecords :many
-- The records of a member, by role and source; those of the membership too.
SELECT * FROM member_roles WHERE organization_id = @organization_id AND username_key = @username_key
ORDER BY role, source;

-- name: ListRecordsOf :many
-- The records of some accounts in a range of organizations, which is all or one.
SELECT * FROM member_roles
WHERE organization_id BETWEEN @first_id AND @last_id AND user_id IN (sqlc.slice('user_ids'));

-- name: ListSourcesOf :many
-- Where the records of some members come from, whether they have ended or not, with repetitions. One index has it all.
SELECT username_key, CAST(string_agg(source, ' ') AS text) AS sources FROM member_roles
WHERE organization_id = @organization_id AND username_key IN (sqlc.slice('username_keys'))
GROUP BY username_key;

-- name: ListEndingRecords :many
-- What of the roles that the members of an organization have ends within some time and is not given by something else beyond
-- that, what ends first before the rest.
SELECT r.user_id, r.role, r.reason, r.ends_at, u.username, u.name, u.login_type
FROM member_roles r JOIN users u ON u.id = r.user_id
WHERE r.organization_id = @organization_id AND r.ends_at > @now AND r.ends_at < @ends_before
  AND NOT EXISTS (
      SELECT 1 FROM member_roles x
      WHERE x.organization_id = r.organization_id AND x.username_key = r.username_key AND x.role = r.role
        AND (x.ends_at IS NULL OR x.ends_at > r.ends_at OR x.ends_at = r.ends_at AND x.source < r.source))
ORDER BY r.ends_at, r.role, r.username_key LIMIT CAST(@max_rows AS bigint);

-- name: ListRecordsOfUser :many
-- The records of an account in all its organizations.
SELECT * FROM member_roles WHERE user_id = @user_id ORDER BY organization_id, role, source;

-- name: DeleteMemberRole :exec
-- All records of a role, whatever gave it.
-- unit: organization
DELETE FROM member_roles WHERE organization_id = @organization_id AND role = @role AND username_key = @username_key;

-- name: DeleteMemberRecord :exec
-- unit: organization, site
DELETE FROM member_roles
WHERE organization_id = @organization_id AND role = @role AND username_key = @username_key AND source = @source;

-- name: DeleteRoleCount :exec
-- A role that is not counted is being taken away from all: the trigger leaves the memberships alone.
-- unit: organization
DELETE FROM member_role_counts WHERE organization_id = @organization_id AND role = @role;

-- name: DeleteRoleFromMembers :exec
-- unit: organization
DELETE FROM member_roles WHERE organization_id = @organization_id AND role = @role;

-- name: ListHoldings :many
-- What each member holds, by username, from a place onwards: enough to decide about all of them.
SELECT user_id, username_key, roles, site_roles, status, next_end, site_next_end FROM organization_members
WHERE organization_id = @organization_id AND username_key > @after_key
ORDER BY username_key
LIMIT CAST(@max_rows AS bigint);

-- name: ListHoldingGroups :many
-- What the members of a range of organizations hold, and how many hold it: a row for each set of roles and status that
-- occurs, and none for a member; due is how many of them hold a record that has ended. It reads the index by holding alone.
SELECT organization_id, roles, site_roles, status, count(*) AS members,
    count(CASE WHEN next_end <= @now OR site_next_end <= @now THEN 1 END) AS due
FROM organization_members
WHERE organization_id BETWEEN @first_id AND @last_id
GROUP BY organization_id, roles, site_roles, status;

-- name: ListKeysOfGroup :many
-- The first of those members who hold exactly this, by username.
SELECT username_key FROM organization_members
WHERE organization_id = @organization_id AND roles = @roles AND site_roles = @site_roles AND status = @status
ORDER BY username_key
LIMIT CAST(@max_rows AS bigint);

-- name: ListMemberIDs :many
-- Who has these places among the members of an organization, in any order.
SELECT user_id, username_key FROM organization_members
WHERE organization_id = @organization_id AND username_key IN (sqlc.slice('keys'));

-- name: ListHoldingsOf :many
-- What these accounts hold, in each organization that they belong to.
SELECT organization_id, user_id, username_key, roles, site_roles, status, next_end, site_next_end FROM organization_members
WHERE user_id IN (sqlc.slice('user_ids'));

-- name: ListDueHoldings :many
-- The same of the members of an organization with records that have ended, there or on the site, by username.
SELECT h.organization_id, h.user_id, h.username_key, h.roles, h.site_roles, h.status, h.next_end, h.site_next_end
FROM organization_members h WHERE h.organization_id = @organization_id AND h.next_end <= @now
UNION
SELECT m.organization_id, m.user_id, m.username_key, m.roles, m.site_roles, m.status, m.next_end, m.site_next_end
FROM users u JOIN organization_members m ON m.organization_id = @organization_id AND m.username_key = u.username_key
WHERE u.next_end <= @now
ORDER BY username_key;

-- name: ListOutsiders :many
-- What each account holds that does not belong to an organization and is not suspended, by username, from a place onwards.
-- Whose membership has ended does not belong to it, swept or not. The records are counted: if it were asked whether there is
-- one, PostgreSQL would read all of them first.
SELECT u.id, u.username_key, u.roles, u.next_end FROM users u
WHERE u.username_key > @after_key AND u.status <> 'suspended' AND NOT EXISTS (
    SELECT 1 FROM organization_members m WHERE m.organization_id = @organization_id AND m.username_key = u.username_key
      AND (m.next_end IS NULL OR m.next_end > @now OR (
          SELECT count(*) FROM member_roles b WHERE b.organization_id = m.organization_id AND b.role = 'organization-member'
            AND b.username_key = m.username_key AND (b.ends_at IS NULL OR b.ends_at > @now)) > 0))
ORDER BY u.username_key
LIMIT CAST(@max_rows AS bigint);

-- name: ListOutsidersByID :many
-- The same of these accounts, in any order.
SELECT u.id, u.username_key, u.roles, u.next_end FROM users u
WHERE u.status <> 'suspended' AND NOT EXISTS (
    SELECT 1 FROM organization_members m WHERE m.organization_id = @organization_id AND m.username_key = u.username_key
      AND (m.next_end IS NULL OR m.next_end > @now OR (
          SELECT count(*) FROM member_roles b WHERE b.organization_id = m.organization_id AND b.role = 'organization-member'
            AND b.username_key = m.username_key AND (b.ends_at IS NULL OR b.ends_at > @now)) > 0))
  AND u.id IN (sqlc.slice('ids'));

-- name: ListHoldersOutside :many
-- The first of all those accounts, by username, that hold a role of the site.
-- reads all: the accounts that hold one are few of many, and most of those belong to the organization.
SELECT u.id, u.username_key, u.roles, u.next_end FROM users u
WHERE u.status <> 'suspended' AND NOT EXISTS (
    SELECT 1 FROM organization_members m WHERE m.organization_id = @organization_id AND m.username_key = u.username_key
      AND (m.next_end IS NULL OR m.next_end > @now OR (
          SELECT count(*) FROM member_roles b WHERE b.organization_id = m.organization_id AND b.role = 'organization-member'
            AND b.username_key = m.username_key AND (b.ends_at IS NULL OR b.ends_at > @now)) > 0))
  AND u.id IN (SELECT h.user_id FROM user_roles h)
ORDER BY u.username_key
LIMIT CAST(@max_rows AS bigint);

-- name: ListHoldersElsewhere :many
-- Which of some roles some accounts hold in any other organization, by records that count: of the role and of the
-- membership. The names of roles stand between spaces.
SELECT DISTINCT r.user_id, r.role FROM member_roles r
WHERE CAST(@roles AS text) LIKE '% ' || r.role || ' %' AND r.organization_id <> @organization_id
  AND (r.ends_at IS NULL OR r.ends_at > @now) AND EXISTS (
      SELECT 1 FROM member_roles b WHERE b.organization_id = r.organization_id AND b.role = 'organization-member'
        AND b.username_key = r.username_key AND (b.ends_at IS NULL OR b.ends_at > @now))
  AND r.user_id IN (sqlc.slice('user_ids'))
ORDER BY r.user_id, r.role;

-- name: ListAllHoldersElsewhere :many
-- The same of all accounts.
-- reads all: SQLite looks into one organization after the other, PostgreSQL has an index that begins with the role.
SELECT DISTINCT r.user_id FROM member_roles r
WHERE r.role = @role AND r.organization_id IN (SELECT o.id FROM organizations o WHERE o.id <> @organization_id)
  AND (r.ends_at IS NULL OR r.ends_at > @now) AND EXISTS (
      SELECT 1 FROM member_roles b WHERE b.organization_id = r.organization_id AND b.role = 'organization-member'
        AND b.username_key = r.username_key AND (b.ends_at IS NULL OR b.ends_at > @now));

-- name: ListHoldersOfRole :many
-- Who holds a role, and what else, by username, from a place onwards.
SELECT m.user_id, m.username, m.username_key, m.roles, m.site_roles, m.next_end, m.site_next_end FROM (
    SELECT r.organization_id, r.username_key FROM member_roles r
    WHERE r.organization_id = @organization_id AND r.role = @role AND r.username_key > @after_key
    GROUP BY r.organization_id, r.username_key ORDER BY r.username_key LIMIT CAST(@max_rows AS bigint)
) h JOIN organization_members m ON m.organization_id = h.organization_id AND m.username_key = h.username_key
ORDER BY h.username_key;

-- name: ListPeopleOfRole :many
-- Who holds a role, with what a list of people shows, by username, from a place onwards.
SELECT m.user_id, m.username_key, m.username, m.name, m.email, m.roles, m.site_roles, m.status, m.next_end, m.site_next_end FROM (
    SELECT r.organization_id, r.username_key FROM member_roles r
    WHERE r.organization_id = @organization_id AND r.role = @role AND r.username_key > @after_key
    GROUP BY r.organization_id, r.username_key ORDER BY r.username_key LIMIT CAST(@max_rows AS bigint)
) h JOIN organization_members m ON m.organization_id = h.organization_id AND m.username_key = h.username_key
ORDER BY h.username_key;

-- name: ListPeopleOfSiteRole :many
-- The same of those members who hold a role of the site, by id, each once, however many sources give it.
SELECT m.user_id, m.username_key, m.username, m.name, m.email, m.roles, m.site_roles, m.status, m.next_end, m.site_next_end FROM user_roles h
JOIN organization_members m ON m.user_id = h.user_id
WHERE h.role = @role AND h.user_id > @after_user AND m.organization_id = @organization_id AND NOT EXISTS (
    SELECT 1 FROM user_roles x WHERE x.user_id = h.user_id AND x.role = h.role AND x.source < h.source)
ORDER BY h.user_id
LIMIT CAST(@max_rows AS bigint);

-- name: ListPeople :many
-- The same of all members, by username, from a place onwards.
SELECT user_id, username_key, username, name, email, roles, site_roles, status, next_end, site_next_end FROM organization_members
WHERE organization_id = @organization_id AND username_key > @after_key
ORDER BY username_key
LIMIT CAST(@max_rows AS bigint);

-- name: ListPeopleByID :many
-- The same of those of some accounts who are members.
SELECT user_id, username_key, username, name, email, roles, site_roles, status, next_end, site_next_end FROM organization_members
WHERE organization_id BETWEEN @organization_id AND @organization_id AND user_id IN (sqlc.slice('user_ids'));

-- name: ListHoldersOfSiteRole :many
-- The same of a role of the site, by id.
SELECT u.id, u.username, u.roles, u.next_end FROM (
    SELECT r.user_id FROM user_roles r WHERE r.role = @role AND r.user_id > @after_user
    GROUP BY r.user_id ORDER BY r.user_id LIMIT CAST(@max_rows AS bigint)
) h JOIN users u ON u.id = h.user_id
ORDER BY h.user_id;

-- name: ListActiveHolders :many
-- Active accounts that hold a role, and what else, from the last username to the first, from a place onwards; those alone
-- that hold it, and belong to the organization, without an end, if that is asked. Who holds it by two records may come twice.
SELECT m.user_id, m.username_key, m.roles, m.site_roles, m.next_end, m.site_next_end FROM member_roles h
JOIN organization_members m ON m.organization_id = h.organization_id AND m.username_key = h.username_key
WHERE h.organization_id = @organization_id AND h.role = @role AND h.username_key < @before_key
  AND m.status = 'active' AND (EXISTS (
        SELECT 1 FROM users p WHERE p.id = m.user_id AND p.login_type = 'password' AND p.password_hash <> ''
          AND (CAST(@passwords AS text) = 'all' OR CAST(@passwords AS text) = 'owners' AND EXISTS (
              SELECT 1 FROM user_roles o WHERE o.user_id = p.id AND o.role = 'owner' AND o.ends_at IS NULL)))
      OR m.login_type <> 'none' AND EXISTS (
        SELECT 1 FROM user_identities i WHERE i.user_id = m.user_id
          AND (CAST(@providers AS text) = '*' OR instr(@providers, ' ' || i.provider || ' ') > 0))
      OR m.login_type <> 'none' AND EXISTS (SELECT 1 FROM passkeys k WHERE k.user_id = m.user_id))
  AND (NOT CAST(@endless AS boolean) OR h.ends_at IS NULL AND EXISTS (
      SELECT 1 FROM member_roles b WHERE b.organization_id = h.organization_id AND b.role = 'organization-member'
        AND b.username_key = h.username_key AND b.ends_at IS NULL))
ORDER BY h.username_key DESC
LIMIT CAST(@max_rows AS bigint);

-- name: ListActiveMembersOfSiteRole :many
-- The same of those members who hold a role of the site, by id.
SELECT m.user_id, m.roles, m.site_roles, m.next_end, m.site_next_end FROM user_roles h
JOIN organization_members m ON m.user_id = h.user_id
WHERE h.role = @role AND h.user_id > @after_user AND m.organization_id = @organization_id
  AND m.status = 'active' AND (EXISTS (
        SELECT 1 FROM users p WHERE p.id = m.user_id AND p.login_type = 'password' AND p.password_hash <> ''
          AND (CAST(@passwords AS text) = 'all' OR CAST(@passwords AS text) = 'owners' AND EXISTS (
              SELECT 1 FROM user_roles o WHERE o.user_id = p.id AND o.role = 'owner' AND o.ends_at IS NULL)))
      OR m.login_type <> 'none' AND EXISTS (
        SELECT 1 FROM user_identities i WHERE i.user_id = m.user_id
          AND (CAST(@providers AS text) = '*' OR instr(@providers, ' ' || i.provider || ' ') > 0))
      OR m.login_type <> 'none' AND EXISTS (SELECT 1 FROM passkeys k WHERE k.user_id = m.user_id))
ORDER BY h.user_id
LIMIT CAST(@max_rows AS bigint);

-- name: ListEndedMembers :many
-- Members of an organization with records that have ended.
SELECT DISTINCT user_id FROM member_roles
WHERE organization_id = @organization_id AND ends_at <= @now
LIMIT CAST(@max_rows AS bigint);

-- name: ListDuePeople :many
-- Accounts with records that have ended, anywhere, those that ended first before others; one may come twice.
SELECT m.user_id FROM (
    SELECT r.user_id FROM member_roles r WHERE r.ends_at <= @now ORDER BY r.ends_at LIMIT CAST(@max_rows AS bigint)
) m
UNION ALL
SELECT u.user_id FROM (
    SELECT r.user_id FROM user_roles r WHERE r.ends_at <= @now ORDER BY r.ends_at LIMIT CAST(@max_rows AS bigint)
) u;

-- name: DeleteEndedRecords :exec
-- unit: organization
DELETE FROM member_roles WHERE organization_id = @organization_id AND username_key = @username_key AND ends_at <= @now;
