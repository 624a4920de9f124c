-- Keeps with which token a change was made, whose end was told of the tokens of directories, and mails that tell people what
-- became of their account.

-- +goose Up
-- The id of the API token or the token of a directory, '' for none. The hash of an entry covers it where there is one.
ALTER TABLE audit_logs ADD COLUMN token_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE scim_tokens ADD COLUMN end_told bigint NOT NULL DEFAULT 0; -- the days before its end that were told of last; 0: none

ALTER TABLE mails ALTER COLUMN invitation_id DROP NOT NULL; -- it is the mail of an invitation
ALTER TABLE mails ADD COLUMN user_id uuid REFERENCES users (id) ON DELETE CASCADE; -- or whom it tells something
ALTER TABLE mails ADD COLUMN email text COLLATE "C" NOT NULL DEFAULT ''; -- the address that they had then: who takes an account over cannot turn it aside
ALTER TABLE mails ADD COLUMN notice text COLLATE "C" NOT NULL DEFAULT ''; -- what it tells, as JSON
ALTER TABLE mails ADD CHECK ((invitation_id IS NULL) <> (user_id IS NULL));
CREATE INDEX mails_of_users ON mails (user_id) WHERE user_id IS NOT NULL;

-- +goose Down
-- Entries that name a token can't be verified without it.
DELETE FROM mails WHERE invitation_id IS NULL;
DROP INDEX mails_of_users;
ALTER TABLE mails DROP COLUMN notice;
ALTER TABLE mails DROP COLUMN email;
ALTER TABLE mails DROP COLUMN user_id;
ALTER TABLE mails ALTER COLUMN invitation_id SET NOT NULL;
ALTER TABLE scim_tokens DROP COLUMN end_told;
ALTER TABLE audit_logs DROP COLUMN token_id;
