-- Lets the oldest entries of the audit trail go once they are in a file: notes how far each chain was cut, and with which
-- hash it goes on.

-- +goose Up
CREATE TABLE audit_prunes (
    seq      bigint           NOT NULL PRIMARY KEY,
    time     timestamptz      NOT NULL,
    boundary timestamptz      NOT NULL, -- what went is older
    up_to    bigint           NOT NULL, -- the number of the newest entry that went: all up to it are gone, or are going
    entries  bigint           NOT NULL, -- how many went
    file     bytea            NOT NULL, -- SHA-256 of the file that they are in
    root     text COLLATE "C" NOT NULL, -- the root of that file
    hash     bytea            NOT NULL  -- SHA-256 of all that, of the ends below, and of the hash of the prune before
);
-- The newest entry that went of each chain that lost some.
CREATE TABLE audit_prune_heads (
    prune_seq       bigint NOT NULL REFERENCES audit_prunes (seq),
    organization_id uuid   NOT NULL,
    chain_seq       bigint NOT NULL,
    hash            bytea  NOT NULL,
    PRIMARY KEY (prune_seq, organization_id)
);
CREATE INDEX audit_prune_heads_by_chain ON audit_prune_heads (organization_id, prune_seq);

-- +goose StatementBegin
CREATE FUNCTION audit_logs_pruned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seq > (SELECT coalesce(max(p.up_to), 0) FROM audit_prunes p) THEN
        RAISE EXCEPTION 'the audit log is append-only';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd
DROP TRIGGER audit_logs_kept ON audit_logs;
CREATE TRIGGER audit_logs_kept BEFORE UPDATE OR TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_kept();
CREATE TRIGGER audit_logs_pruned BEFORE DELETE ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION audit_logs_pruned();
CREATE TRIGGER audit_prunes_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_prunes
    FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_kept();
CREATE TRIGGER audit_prune_heads_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_prune_heads
    FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_kept();

-- +goose Down
DROP TRIGGER audit_logs_pruned ON audit_logs;
DROP TRIGGER audit_logs_kept ON audit_logs;
DROP FUNCTION audit_logs_pruned;
CREATE TRIGGER audit_logs_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_kept();
DROP TABLE audit_prune_heads;
DROP TABLE audit_prunes;
