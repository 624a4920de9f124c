-- Finds the roles that an account holds in any organization by index. Two indexes that SQLite drops here stay: the server
-- reads one for holders everywhere, and the other for the entries of an actor.

-- +goose Up
CREATE INDEX member_roles_by_user ON member_roles (user_id, role);

-- +goose Down
DROP INDEX member_roles_by_user;
