-- Keeps what a custom role is for, in a line that people write, and from which version a version was restored.

-- +goose Up
ALTER TABLE roles ADD COLUMN description text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE role_versions ADD COLUMN description text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE role_versions ADD COLUMN restored_from bigint NOT NULL DEFAULT 0; -- a version of the same role; 0: none

-- +goose Down
ALTER TABLE role_versions DROP COLUMN restored_from;
ALTER TABLE role_versions DROP COLUMN description;
ALTER TABLE roles DROP COLUMN description;
