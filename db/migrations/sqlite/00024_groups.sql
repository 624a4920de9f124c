-- Finds the first members by username who hold exactly the same: the index by holding keeps each group in that order.

-- +goose Up
DROP INDEX organization_members_by_holding;
CREATE INDEX organization_members_by_holding ON organization_members (organization_id, roles, site_roles, status, username_key, next_end, site_next_end);

-- +goose Down
DROP INDEX organization_members_by_holding;
CREATE INDEX organization_members_by_holding ON organization_members (organization_id, roles, site_roles, status, next_end, site_next_end);
