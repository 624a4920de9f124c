-- name: InsertInvitation :exec
-- unit: organization, site
INSERT INTO invitations (
    id, secret_hash, state, email, email_key, name, reason, ends_at, created_by, created_by_name, created_at,
    lifetime_seconds, expires_at, mail)
VALUES (
    @id, @secret_hash, 'open', @email, @email_key, @name, @reason, sqlc.narg(ends_at), sqlc.narg(created_by), @created_by_name,
    @now, @lifetime_seconds, @expires_at, @mail);

-- name: InsertInvitationGrant :exec
-- unit: organization, site
INSERT INTO invitation_grants (invitation_id, organization_id, role) VALUES (@invitation_id, @organization_id, @role);

-- name: GetInvitation :one
SELECT * FROM invitations WHERE id = @id;

-- name: ListInvitations :many
-- Those into an organization, the newest first; states has a space around each, '' is any.
SELECT i.* FROM invitation_grants g JOIN invitations i ON i.id = g.invitation_id
WHERE g.organization_id = @organization_id AND g.role = 'organization-member'
  AND (CAST(@states AS text) = '' OR instr(@states, ' ' || i.state || ' ') > 0)
  AND i.expires_at > @ends_after AND i.expires_at <= @ends_by
ORDER BY g.invitation_id DESC LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: CountInvitations :one
-- How many ListInvitations lists in all.
SELECT count(*) FROM invitation_grants g JOIN invitations i ON i.id = g.invitation_id
WHERE g.organization_id = @organization_id AND g.role = 'organization-member'
  AND (CAST(@states AS text) = '' OR instr(@states, ' ' || i.state || ' ') > 0)
  AND i.expires_at > @ends_after AND i.expires_at <= @ends_by;

-- name: ListInvitationsToMind :many
-- The open ones into an organization that still work, and how many there are: first those whose mail failed, then those that
-- end first.
SELECT sqlc.embed(i), count(*) OVER () AS total FROM invitation_grants g JOIN invitations i ON i.id = g.invitation_id
WHERE g.organization_id = @organization_id AND g.role = 'organization-member' AND i.state = 'open' AND i.expires_at > @now
ORDER BY CASE WHEN i.mail = 'failed' THEN 0 ELSE 1 END, i.expires_at, i.id LIMIT CAST(@max_rows AS bigint);

-- name: ListAllInvitations :many
-- Those of the site, the newest first, or of one maker.
-- reads all on PostgreSQL: along the key, until there are as many as are asked for.
SELECT * FROM invitations
WHERE (created_by = sqlc.narg(created_by) OR sqlc.narg(created_by) IS NULL)
  AND (CAST(@states AS text) = '' OR instr(@states, ' ' || state || ' ') > 0)
  AND expires_at > @ends_after AND expires_at <= @ends_by
ORDER BY id DESC LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: CountAllInvitations :one
-- How many ListAllInvitations lists in all.
-- reads all on PostgreSQL: each is counted.
SELECT count(*) FROM invitations
WHERE (created_by = sqlc.narg(created_by) OR sqlc.narg(created_by) IS NULL)
  AND (CAST(@states AS text) = '' OR instr(@states, ' ' || state || ' ') > 0)
  AND expires_at > @ends_after AND expires_at <= @ends_by;

-- name: ListInvitationGrants :many
-- What some invitations give, in the order in which it is given.
SELECT * FROM invitation_grants WHERE invitation_id IN (sqlc.slice('ids'))
ORDER BY invitation_id, organization_id, role;

-- name: ListInvited :many
-- Which of some addresses an open invitation into an organization has gone to.
SELECT i.email_key FROM invitations i JOIN invitation_grants g ON g.invitation_id = i.id
WHERE g.organization_id = @organization_id AND g.role = 'organization-member' AND i.state = 'open' AND i.expires_at > @now
  AND i.email_key IN (sqlc.slice('emails'));

-- name: RenewInvitation :exec
-- Another link. Whoever asked for it stands for it from now on.
-- unit: site
UPDATE invitations SET secret_hash = @secret_hash, expires_at = @expires_at,
    created_by = sqlc.narg(created_by), created_by_name = @created_by_name,
    resent = resent + 1, resent_at = @now, mail = @mail, sent_at = NULL, send_error = ''
WHERE id = @id;

-- name: AcceptInvitation :exec
-- unit: site
UPDATE invitations SET state = 'accepted', accepted_at = @now, accepted_by = @accepted_by WHERE id = @id;

-- name: RevokeInvitation :exec
-- unit: site
UPDATE invitations SET state = 'revoked', revoked_at = @now, revoked_by = sqlc.narg(revoked_by) WHERE id = @id;

-- name: DeleteInvitationGrants :exec
-- What an invitation gives in one organization.
-- unit: organization, site
DELETE FROM invitation_grants WHERE invitation_id = @invitation_id AND organization_id = @organization_id;

-- name: ApplyInvitationGrants :exec
-- unit: organization
UPDATE invitation_grants SET applied_at = @now WHERE invitation_id = @invitation_id AND organization_id = @organization_id;

-- name: FinishInvitation :exec
-- Once all that it gives is given.
-- unit: organization, signin
UPDATE invitations SET state = 'finished' WHERE invitations.id = @id AND state = 'accepted' AND NOT EXISTS (
    SELECT 1 FROM invitation_grants g WHERE g.invitation_id = @id AND g.applied_at IS NULL);

-- name: ListUnfinishedInvitations :many
-- Accepted ones of which something is still to be given, the oldest first.
SELECT * FROM invitations WHERE state = 'accepted' AND accepted_at <= @before
ORDER BY accepted_at LIMIT CAST(@max_rows AS bigint);

-- name: DeleteOldInvitations :exec
-- Those that ended long ago; the trail keeps what they were. One that is accepted goes once all is given.
-- unit: signin
DELETE FROM invitations WHERE expires_at <= @before AND state <> 'accepted';
