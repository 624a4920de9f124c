-- Keeps what is to go out by mail, and whether the mails of invitations did.

-- +goose Up
ALTER TABLE invitations ADD COLUMN mail text COLLATE "C" NOT NULL DEFAULT '' CHECK (mail IN ('', 'waiting', 'sent', 'failed')); -- '': its link was shown instead
ALTER TABLE invitations ADD COLUMN sent_at timestamptz; -- the mail server took the mail
ALTER TABLE invitations ADD COLUMN send_error text COLLATE "C" NOT NULL DEFAULT ''; -- of the last try, in words for people

-- An invitation has one mail at most, until it is sent or given up. A link stands in none: it is made when the mail goes out.
CREATE TABLE mails (
    id            uuid        NOT NULL PRIMARY KEY,
    invitation_id uuid        NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    created_at    timestamptz NOT NULL,
    due_at        timestamptz NOT NULL, -- of the next try; while a server is at it, when another one may take over
    tries         bigint      NOT NULL
);
CREATE UNIQUE INDEX mails_of_invitations ON mails (invitation_id);
CREATE INDEX mails_by_due ON mails (due_at);

-- +goose Down
DROP TABLE mails;
ALTER TABLE invitations DROP COLUMN send_error;
ALTER TABLE invitations DROP COLUMN sent_at;
ALTER TABLE invitations DROP COLUMN mail;
