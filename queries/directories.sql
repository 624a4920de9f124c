-- name: GetDirectory :one
SELECT * FROM scim_directories WHERE organization_id = @organization_id;

-- name: CountDirectoriesNamed :one
-- Whether a slug is taken.
SELECT count(*) FROM scim_directories WHERE slug = @slug;

-- name: InsertDirectory :exec
-- unit: site
INSERT INTO scim_directories (organization_id, slug, name, fuse_people, fuse_percent, created_at, updated_at)
VALUES (@organization_id, @slug, @name, @fuse_people, @fuse_percent, @now, @now);

-- name: UpdateDirectory :exec
-- unit: organization, site
UPDATE scim_directories SET name = @name, fuse_people = @fuse_people, fuse_percent = @fuse_percent, held_at = sqlc.narg(held_at),
    version = version + 1, updated_at = @now
WHERE organization_id = @organization_id;

-- name: HoldDirectory :exec
-- unit: organization
UPDATE scim_directories SET held_at = @now WHERE organization_id = @organization_id AND held_at IS NULL;

-- name: GetManager :one
-- The directory that an account is managed by, and whether it has suspended the account.
SELECT d.organization_id, d.slug, d.name, u.directory_suspended FROM users u JOIN scim_directories d ON d.organization_id = u.managed_by
WHERE u.id = @user_id;

-- name: ManageAccount :exec
-- unit: site
UPDATE users SET managed_by = @organization_id WHERE id = @id;

-- name: NoteSuspension :exec
-- It was the directory that suspended the account. Another status takes that back.
-- unit: site
UPDATE users SET directory_suspended = true WHERE id = @id;

-- name: FollowDirectory :exec
-- What a managed account is called in its directory. Nobody has proved another address.
-- unit: site
UPDATE users
SET name = @name, name_key = @name_key, email_verified = CASE WHEN email_key = @email_key THEN email_verified ELSE false END,
    email = @email, email_key = @email_key, search_key = @search_key, version = version + 1, updated_at = @now
WHERE id = @id;

-- name: ListDirectoryTokens :many
SELECT * FROM scim_tokens WHERE organization_id = @organization_id ORDER BY created_at, id;

-- name: GetDirectoryToken :one
SELECT t.*, d.slug, d.name FROM scim_tokens t JOIN scim_directories d ON d.organization_id = t.organization_id WHERE t.id = @id;

-- name: InsertDirectoryToken :exec
-- unit: site
INSERT INTO scim_tokens (id, organization_id, secret_hash, created_by, created_by_name, created_at, expires_at, last_used)
VALUES (@id, @organization_id, @secret_hash, sqlc.narg(created_by), @created_by_name, @now, @expires_at, NULL);

-- name: DeleteDirectoryToken :exec
-- unit: organization, site
DELETE FROM scim_tokens WHERE id = @id AND organization_id = @organization_id;

-- name: DeleteEndedDirectoryTokens :exec
-- unit: organization, site
DELETE FROM scim_tokens WHERE organization_id = @organization_id AND expires_at <= @now;

-- name: ListDirectoryTokensToTell :many
-- Tokens of directories that end within so many days, were made to live longer, and of which that was not told yet: those that end
-- first.
-- reads all: a site has few of them, two for a directory at most.
SELECT t.id, t.organization_id, t.created_by, t.created_at, t.expires_at, d.name, o.name AS organization, o.display_name
FROM scim_tokens t JOIN scim_directories d ON d.organization_id = t.organization_id JOIN organizations o ON o.id = t.organization_id
WHERE t.expires_at > @now AND t.expires_at <= @until AND (t.end_told = 0 OR t.end_told > @days)
ORDER BY t.expires_at, t.id LIMIT CAST(@max_rows AS bigint);

-- name: NoteDirectoryEndTold :exec
-- unit: signin
UPDATE scim_tokens SET end_told = @days WHERE id = @id;

-- name: UseDirectoryToken :exec
-- unit: signin
UPDATE scim_tokens SET last_used = @now WHERE id = @id;

-- name: GetDirectoryUser :one
SELECT * FROM scim_users WHERE id = @id AND organization_id = @organization_id;

-- name: GetDirectoryUserNamed :one
SELECT * FROM scim_users WHERE organization_id = @organization_id AND user_name_key = @user_name_key;

-- name: GetDirectoryUserOfAccount :one
SELECT * FROM scim_users WHERE organization_id = @organization_id AND user_id = @user_id;

-- name: GetDirectoryUserByExternalID :one
SELECT * FROM scim_users WHERE organization_id = @organization_id AND external_id = @external_id AND external_id <> '';

-- name: ListAccountsOfDirectoryUsers :many
-- The accounts of some people, those who have access.
SELECT id, user_id, active FROM scim_users WHERE organization_id = @organization_id AND settled AND id IN (sqlc.slice('ids'));

-- name: ListDirectoryUsersDisplayed :many
-- Those of a display name.
SELECT * FROM scim_users WHERE organization_id = @organization_id AND display_name_key = @display_name_key AND settled
ORDER BY created_at, id;

-- name: ListDirectoryUsersAddressed :many
-- Those of an e-mail address.
SELECT u.* FROM scim_emails e JOIN scim_users u ON u.id = e.scim_user_id
WHERE e.organization_id = @organization_id AND e.email_key = @email_key AND u.settled
ORDER BY u.created_at, u.id;

-- name: ListDirectoryUsers :many
-- Those after a place, the oldest first.
SELECT * FROM scim_users
WHERE organization_id = @organization_id AND created_at >= @after_time AND (created_at > @after_time OR id > @after_id) AND settled
ORDER BY created_at, id LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: CountDirectoryUsers :one
SELECT count(*) FROM scim_users WHERE organization_id = @organization_id AND settled;

-- name: CountActiveDirectoryUsers :one
-- How many have access by a directory.
SELECT count(*) FROM scim_users WHERE organization_id = @organization_id AND settled AND active;

-- name: ListAccountsByExternalID :many
-- Who has an id of a directory, in any of them. Two are as good as many.
-- reads all on PostgreSQL: the directories, which are few; in each it is one look into an index, at the first sign-in of a person.
SELECT organization_id, user_id FROM scim_users
WHERE organization_id IN (SELECT d.organization_id FROM scim_directories d) AND external_id = @external_id AND external_id <> '' AND settled
LIMIT 2;

-- name: InsertDirectoryUser :exec
-- unit: organization, site
INSERT INTO scim_users (
    id, organization_id, user_id, user_name, user_name_key, display_name_key, external_id, active, settled, document, created_at, updated_at)
VALUES (
    @id, @organization_id, @user_id, @user_name, @user_name_key, @display_name_key, @external_id, @active, false, @document, @now, @now);

-- name: UpdateDirectoryUser :exec
-- unit: organization
UPDATE scim_users SET user_name = @user_name, user_name_key = @user_name_key, display_name_key = @display_name_key,
    external_id = @external_id, active = @active, document = @document, version = @version, updated_at = @now,
    created_at = CASE WHEN settled THEN created_at ELSE @now END, settled = true
WHERE id = @id;

-- name: DeleteDirectoryUser :exec
-- unit: organization, site
DELETE FROM scim_users WHERE id = @id;

-- name: InsertDirectoryEmail :exec
-- unit: organization
INSERT INTO scim_emails (scim_user_id, email_key, organization_id) VALUES (@scim_user_id, @email_key, @organization_id);

-- name: DeleteDirectoryEmails :exec
-- unit: organization
DELETE FROM scim_emails WHERE scim_user_id = @scim_user_id;

-- name: CountDirectoryLosses :one
-- How many people a directory has taken access from since a time, other than one.
SELECT count(*) FROM scim_losses WHERE organization_id = @organization_id AND lost_at > @since AND user_id <> @except_user;

-- name: InsertDirectoryLoss :exec
-- unit: organization
INSERT INTO scim_losses (organization_id, user_id, lost_at) VALUES (@organization_id, @user_id, @now)
ON CONFLICT (organization_id, user_id) DO UPDATE SET lost_at = excluded.lost_at;

-- name: DeleteDirectoryLosses :exec
-- Those up to a time.
-- unit: organization, site
DELETE FROM scim_losses WHERE organization_id = @organization_id AND lost_at <= @before;

-- name: GetDirectoryGroup :one
SELECT * FROM scim_groups WHERE id = @id AND organization_id = @organization_id;

-- name: GetDirectoryGroupNamed :one
SELECT * FROM scim_groups WHERE organization_id = @organization_id AND display_name_key = @display_name_key;

-- name: GetDirectoryGroupByExternalID :one
SELECT * FROM scim_groups WHERE organization_id = @organization_id AND external_id = @external_id AND external_id <> '';

-- name: ListDirectoryGroups :many
-- Those after a place, the oldest first.
SELECT * FROM scim_groups
WHERE organization_id = @organization_id AND created_at >= @after_time AND (created_at > @after_time OR id > @after_id)
ORDER BY created_at, id LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: CountDirectoryGroups :one
SELECT count(*) FROM scim_groups WHERE organization_id = @organization_id;

-- name: ListDirectoryGroupSizes :many
-- The groups of a directory by name, with how many people are in each.
SELECT g.id, g.display_name, g.external_id, (SELECT count(*) FROM scim_group_members m WHERE m.group_id = g.id) AS members
FROM scim_groups g WHERE g.organization_id = @organization_id
ORDER BY g.display_name_key LIMIT CAST(@max_rows AS bigint);

-- name: ListDirectoryUserNames :many
SELECT id, user_name FROM scim_users WHERE id IN (sqlc.slice('ids')) ORDER BY created_at, id;

-- name: ListGroupsOfDirectoryUsers :many
-- The groups of some people.
SELECT m.scim_user_id, g.id, g.display_name, g.external_id FROM scim_group_members m JOIN scim_groups g ON g.id = m.group_id
WHERE m.scim_user_id IN (sqlc.slice('ids'))
ORDER BY m.scim_user_id, g.created_at, g.id;

-- name: ListDirectoryGroupMembers :many
-- The people of some groups.
SELECT m.group_id, u.id, u.user_name FROM scim_group_members m JOIN scim_users u ON u.id = m.scim_user_id
WHERE m.group_id IN (sqlc.slice('ids'))
ORDER BY m.group_id, u.created_at, u.id;

-- name: ListDirectoryGroupsOfUser :many
-- The groups that somebody is in.
SELECT g.* FROM scim_group_members m JOIN scim_groups g ON g.id = m.group_id
WHERE m.scim_user_id = @scim_user_id AND g.organization_id = @organization_id
ORDER BY g.created_at, g.id;

-- name: InsertDirectoryGroup :exec
-- unit: organization
INSERT INTO scim_groups (id, organization_id, display_name, display_name_key, external_id, document, created_at, updated_at)
VALUES (@id, @organization_id, @display_name, @display_name_key, @external_id, @document, @now, @now);

-- name: UpdateDirectoryGroup :exec
-- unit: organization
UPDATE scim_groups SET display_name = @display_name, display_name_key = @display_name_key, external_id = @external_id,
    document = @document, version = version + 1, updated_at = @now
WHERE id = @id;

-- name: DeleteDirectoryGroup :exec
-- unit: organization
DELETE FROM scim_groups WHERE id = @id;

-- name: InsertDirectoryGroupMember :exec
-- unit: organization
INSERT INTO scim_group_members (group_id, scim_user_id) VALUES (@group_id, @scim_user_id) ON CONFLICT (group_id, scim_user_id) DO NOTHING;

-- name: DeleteDirectoryGroupMember :exec
-- unit: organization
DELETE FROM scim_group_members WHERE group_id = @group_id AND scim_user_id = @scim_user_id;

-- name: ListDirectoryRules :many
SELECT * FROM scim_rules WHERE organization_id = @organization_id ORDER BY matches, value, role;

-- name: ListMatchingDirectoryGroups :many
-- The groups of some names or external ids.
SELECT id FROM scim_groups WHERE organization_id = @organization_id
  AND (display_name_key IN (sqlc.slice('names')) OR external_id IN (sqlc.slice('external_ids')));

-- name: ListPeopleOfDirectoryGroups :many
-- Those in some groups who have access, each once.
SELECT DISTINCT u.id, u.user_id FROM scim_group_members m JOIN scim_users u ON u.id = m.scim_user_id
WHERE u.active AND u.settled AND m.group_id IN (sqlc.slice('ids'));

-- name: InsertDirectoryRule :exec
-- unit: organization
INSERT INTO scim_rules (organization_id, matches, value, role) VALUES (@organization_id, @matches, @value, @role);

-- name: DeleteDirectoryRule :exec
-- unit: organization
DELETE FROM scim_rules WHERE organization_id = @organization_id AND matches = @matches AND value = @value AND role = @role;

-- name: ListDirectoryRequests :many
-- The last ones, the newest first.
SELECT * FROM scim_requests WHERE organization_id = @organization_id ORDER BY id DESC LIMIT CAST(@max_rows AS bigint);

-- name: InsertDirectoryRequest :exec
-- unit: signin
INSERT INTO scim_requests (id, organization_id, request_id, at, took_us, method, path, status, body, answer)
VALUES (@id, @organization_id, @request_id, @at, @took_us, @method, @path, @status, @body, @answer);

-- name: DeleteOldDirectoryRequests :exec
-- Those of a directory up to the one that is so many places behind the newest.
-- unit: signin
DELETE FROM scim_requests WHERE scim_requests.organization_id = @organization_id AND scim_requests.id <= (
    SELECT r.id FROM scim_requests r WHERE r.organization_id = @organization_id ORDER BY r.id DESC LIMIT 1 OFFSET CAST(@kept AS bigint));

-- name: DeletePastDirectoryRequests :exec
-- unit: signin
DELETE FROM scim_requests WHERE at <= @before;
