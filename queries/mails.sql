-- name: InsertMail :exec
-- unit: organization, site
INSERT INTO mails (id, invitation_id, created_at, due_at, tries) VALUES (@id, @invitation_id, @now, @now, 0);

-- name: InsertMailNotice :exec
-- unit: organization, site, signin
INSERT INTO mails (id, user_id, email, notice, created_at, due_at, tries) VALUES (@id, @user_id, @email, @notice, @now, @now, 0);

-- name: ListDueMails :many
-- Those to be tried now, the one that has waited longest first.
SELECT * FROM mails WHERE due_at <= @now ORDER BY due_at LIMIT CAST(@max_rows AS bigint);

-- name: GetMail :one
SELECT * FROM mails WHERE id = @id;

-- name: GetNextMail :one
-- When the next mail is due.
-- reads all: along the index, the first row alone.
SELECT due_at FROM mails ORDER BY due_at LIMIT 1;

-- name: CountMails :one
-- How many wait to go out.
-- reads all: each is counted.
SELECT count(*) FROM mails;

-- name: ClaimMail :exec
-- Nobody else tries it until then.
-- unit: signin
UPDATE mails SET due_at = @due_at, tries = tries + 1 WHERE id = @id;

-- name: PostponeMail :exec
-- unit: signin
UPDATE mails SET due_at = @due_at WHERE id = @id;

-- name: DeleteMail :exec
-- unit: signin
DELETE FROM mails WHERE id = @id;

-- name: ListOldNotices :many
-- Those that no server has sent in their time, some at once.
SELECT id FROM mails WHERE user_id IS NOT NULL AND created_at <= @before ORDER BY created_at LIMIT CAST(@max_rows AS bigint);

-- name: DeleteMailsOf :exec
-- What an invitation would still send.
-- unit: site
DELETE FROM mails WHERE invitation_id = @invitation_id;

-- name: LinkInvitation :exec
-- The link that is about to go out.
-- unit: signin
UPDATE invitations SET secret_hash = @secret_hash WHERE id = @id;

-- name: NoteMail :exec
-- What became of the mail of an invitation.
-- unit: signin
UPDATE invitations SET mail = @mail, sent_at = sqlc.narg(sent_at), send_error = @send_error WHERE id = @id;
