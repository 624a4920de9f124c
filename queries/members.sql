-- name: ListMembers :many
-- By username, from a place onwards: after ('', nil) and an offset for a page, after the last row seen for a stream.
-- The page is cut from the covering index first; only its rows are joined.
SELECT r.*
FROM (
    SELECT m.organization_id, m.user_id, m.username_key
    FROM organization_members m
    WHERE m.organization_id = @organization_id
      AND m.username_key >= @after_key
      AND (m.username_key > @after_key OR m.user_id > @after_id)
    ORDER BY m.username_key, m.user_id
    LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint)
) p
JOIN member_rows r ON r.organization_id = p.organization_id AND r.user_id = p.user_id
ORDER BY p.username_key, p.user_id;

-- name: ListMembersByID :many
SELECT * FROM member_rows
WHERE organization_id = @organization_id AND user_id IN (sqlc.slice('user_ids'));

-- name: GetMember :one
SELECT * FROM member_rows WHERE organization_id = @organization_id AND user_id = @user_id;

-- name: FindMembers :many
-- The ids of the members that match, in the order asked for, and how many match in all.
-- Lists of names come with a space before and after each; '' matches everybody. One of two sort keys is always ''.
SELECT f.user_id, CAST(count(*) OVER () AS bigint) AS total
FROM (
    SELECT
        m.user_id,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN '' ELSE
            CASE CAST(@sort AS text) WHEN 'name' THEN u.name_key WHEN 'email' THEN u.email_key
                WHEN 'created_at' THEN CAST(m.created_at AS text) WHEN 'updated_at' THEN CAST(m.updated_at AS text)
                ELSE m.username_key END
        END AS text) AS up,
        CAST(CASE WHEN CAST(@descending AS boolean) THEN
            CASE CAST(@sort AS text) WHEN 'name' THEN u.name_key WHEN 'email' THEN u.email_key
                WHEN 'created_at' THEN CAST(m.created_at AS text) WHEN 'updated_at' THEN CAST(m.updated_at AS text)
                ELSE m.username_key END
        ELSE '' END AS text) AS down
    FROM organization_members m
    JOIN users u ON u.id = m.user_id
    WHERE m.organization_id = @organization_id
      AND (m.user_id = sqlc.narg(only_user) OR sqlc.narg(only_user) IS NULL)
      AND (CAST(@query AS text) = '' OR instr(u.search_key, @query) > 0)
      AND (CAST(@statuses AS text) = '' OR instr(@statuses, ' ' || u.status || ' ') > 0)
      AND (CAST(@roles AS text) = '' OR EXISTS (
          SELECT 1 FROM member_roles r
          WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id AND instr(@roles, ' ' || r.role || ' ') > 0))
      AND (CAST(@site_roles AS text) = '' OR EXISTS (
          SELECT 1 FROM user_roles s WHERE s.user_id = m.user_id AND instr(@site_roles, ' ' || s.role || ' ') > 0))
) f
ORDER BY f.up, f.down DESC, f.user_id
LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: CountMemberRoles :many
-- How many members hold each role of an organization.
SELECT role, count(*) AS members FROM member_roles WHERE organization_id = @organization_id GROUP BY role;

-- name: CountActiveHolders :one
-- Active accounts of people, other than one, that hold a role in an organization.
SELECT count(*) FROM member_roles r JOIN users u ON u.id = r.user_id
WHERE r.organization_id = @organization_id AND r.role = @role AND u.status = 'active' AND u.login_type <> 'none' AND r.user_id <> @except_user;

-- name: InsertMember :exec
INSERT INTO organization_members (organization_id, user_id, username_key, version, created_at, updated_at)
VALUES (@organization_id, @user_id, @username_key, 1, @now, @now);

-- name: DeleteMember :exec
DELETE FROM organization_members WHERE organization_id = @organization_id AND user_id = @user_id;

-- name: TouchMember :exec
UPDATE organization_members SET version = version + 1, updated_at = @now
WHERE organization_id = @organization_id AND user_id = @user_id;

-- name: TouchHolders :exec
-- The memberships that hold a role, before it is taken away with its role.
UPDATE organization_members SET version = version + 1, updated_at = @now
WHERE organization_members.organization_id = @organization_id AND organization_members.user_id IN (
    SELECT r.user_id FROM member_roles r WHERE r.organization_id = @organization_id AND r.role = @role);

-- name: RenameMemberships :exec
UPDATE organization_members SET username_key = @username_key WHERE user_id = @user_id;

-- name: InsertMemberRole :exec
INSERT INTO member_roles (organization_id, user_id, role) VALUES (@organization_id, @user_id, @role);

-- name: DeleteMemberRole :exec
DELETE FROM member_roles WHERE organization_id = @organization_id AND user_id = @user_id AND role = @role;

-- name: DeleteRoleFromMembers :exec
DELETE FROM member_roles WHERE organization_id = @organization_id AND role = @role;

-- name: ListHoldings :many
-- What each member holds, by username, from a place onwards: what a pass over everybody needs to decide.
SELECT m.user_id, m.username_key,
    CAST(coalesce((
        SELECT group_concat(r.role, ' ') FROM member_roles r
        WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id
    ), '') AS text) AS roles,
    CAST(coalesce((
        SELECT group_concat(s.role, ' ') FROM user_roles s WHERE s.user_id = m.user_id
    ), '') AS text) AS site_roles
FROM organization_members m
WHERE m.organization_id = @organization_id
  AND m.username_key >= @after_key
  AND (m.username_key > @after_key OR m.user_id > @after_id)
ORDER BY m.username_key, m.user_id
LIMIT CAST(@max_rows AS bigint);

-- name: ListHoldersElsewhere :many
-- Who holds a role in any other organization.
SELECT user_id, organization_id FROM member_roles WHERE role = @role AND organization_id <> @organization_id;

-- name: ListHolders :many
SELECT user_id FROM member_roles WHERE role = @role AND organization_id = @organization_id ORDER BY user_id;

-- name: ListSiteHolders :many
SELECT user_id FROM user_roles WHERE role = @role ORDER BY user_id;
