-- Keeps with which token a change was made, whose end was told of the tokens of directories, and mails that tell people what
-- became of their account.

-- +goose Up
-- The id of the API token or the token of a directory, '' for none. The hash of an entry covers it where there is one.
ALTER TABLE audit_logs ADD COLUMN token_id text NOT NULL DEFAULT '';
ALTER TABLE scim_tokens ADD COLUMN end_told bigint NOT NULL DEFAULT 0; -- the days before its end that were told of last; 0: none

CREATE TABLE new_mails (
    id            uuid      NOT NULL PRIMARY KEY,
    invitation_id uuid      REFERENCES invitations (id) ON DELETE CASCADE, -- that it is the mail of
    created_at    timestamp NOT NULL,
    due_at        timestamp NOT NULL, -- of the next try; while a server is at it, when another one may take over
    tries         bigint    NOT NULL,
    user_id       uuid      REFERENCES users (id) ON DELETE CASCADE,       -- or whom it tells something
    email         text      NOT NULL DEFAULT '', -- the address that they had then: who takes an account over cannot turn it aside
    notice        text      NOT NULL DEFAULT '', -- what it tells, as JSON
    CHECK ((invitation_id IS NULL) <> (user_id IS NULL))
) WITHOUT ROWID;
INSERT INTO new_mails (id, invitation_id, created_at, due_at, tries) SELECT id, invitation_id, created_at, due_at, tries FROM mails;
DROP TABLE mails;
ALTER TABLE new_mails RENAME TO mails;
-- An invitation has one mail at most, until it is sent or given up. A link stands in none: it is made when the mail goes out.
CREATE UNIQUE INDEX mails_of_invitations ON mails (invitation_id);
CREATE INDEX mails_of_users ON mails (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX mails_by_due ON mails (due_at);

-- +goose Down
-- Entries that name a token can't be verified without it.
CREATE TABLE old_mails (
    id            uuid      NOT NULL PRIMARY KEY,
    invitation_id uuid      NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    created_at    timestamp NOT NULL,
    due_at        timestamp NOT NULL,
    tries         bigint    NOT NULL
) WITHOUT ROWID;
INSERT INTO old_mails SELECT id, invitation_id, created_at, due_at, tries FROM mails WHERE invitation_id IS NOT NULL;
DROP TABLE mails;
ALTER TABLE old_mails RENAME TO mails;
CREATE UNIQUE INDEX mails_of_invitations ON mails (invitation_id);
CREATE INDEX mails_by_due ON mails (due_at);
ALTER TABLE scim_tokens DROP COLUMN end_told;
ALTER TABLE audit_logs DROP COLUMN token_id;
