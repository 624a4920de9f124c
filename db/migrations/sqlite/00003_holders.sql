-- Finds the roles that an account holds in any organization by index, and drops indexes that no query reads.

-- +goose Up
CREATE INDEX member_roles_by_user ON member_roles (user_id, role);
-- Holders everywhere are looked for in one organization after the other, in the primary key.
DROP INDEX member_roles_by_role;
-- A parameter that may be NULL keeps SQLite from using an index; PostgreSQL plans for its value.
DROP INDEX audit_logs_by_actor;

-- +goose Down
CREATE INDEX audit_logs_by_actor ON audit_logs (actor_id, seq);
CREATE INDEX member_roles_by_role ON member_roles (role, organization_id, user_id);
DROP INDEX member_roles_by_user;
