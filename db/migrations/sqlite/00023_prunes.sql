-- Lets the oldest entries of the audit trail go once they are in a file: notes how far each chain was cut, and with which
-- hash it goes on.

-- +goose Up
CREATE TABLE audit_prunes (
    seq      bigint    NOT NULL PRIMARY KEY,
    time     timestamp NOT NULL,
    boundary timestamp NOT NULL, -- what went is older
    up_to    bigint    NOT NULL, -- the number of the newest entry that went: all up to it are gone, or are going
    entries  bigint    NOT NULL, -- how many went
    file     blob      NOT NULL, -- SHA-256 of the file that they are in
    root     text      NOT NULL, -- the root of that file
    hash     blob      NOT NULL  -- SHA-256 of all that, of the ends below, and of the hash of the prune before
) WITHOUT ROWID;
-- The newest entry that went of each chain that lost some.
CREATE TABLE audit_prune_heads (
    prune_seq       bigint NOT NULL REFERENCES audit_prunes (seq),
    organization_id uuid   NOT NULL,
    chain_seq       bigint NOT NULL,
    hash            blob   NOT NULL,
    PRIMARY KEY (prune_seq, organization_id)
) WITHOUT ROWID;
CREATE INDEX audit_prune_heads_by_chain ON audit_prune_heads (organization_id, prune_seq);

DROP TRIGGER audit_logs_kept;
-- +goose StatementBegin
CREATE TRIGGER audit_logs_kept BEFORE DELETE ON audit_logs
WHEN OLD.seq > (SELECT coalesce(max(p.up_to), 0) FROM audit_prunes p) BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_prunes_unchanged BEFORE UPDATE ON audit_prunes BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_prunes_kept BEFORE DELETE ON audit_prunes BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_prune_heads_unchanged BEFORE UPDATE ON audit_prune_heads BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_prune_heads_kept BEFORE DELETE ON audit_prune_heads BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_logs_kept;
-- +goose StatementBegin
CREATE TRIGGER audit_logs_kept BEFORE DELETE ON audit_logs BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
DROP TABLE audit_prune_heads;
DROP TABLE audit_prunes;
