-- Finds the roles that were deleted lately without reading the rest of the audit trail.

-- +goose Up
CREATE INDEX audit_logs_by_deleted_role ON audit_logs (chain, chain_seq)
WHERE resource_type = 'custom_role' AND action = 'delete' AND status_code < 400;

-- +goose Down
DROP INDEX audit_logs_by_deleted_role;
