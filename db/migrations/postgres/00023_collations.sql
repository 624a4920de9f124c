-- Compares what roles are for byte by byte, as all other text.

-- +goose Up
ALTER TABLE roles ALTER COLUMN description TYPE text COLLATE "C";
ALTER TABLE role_versions ALTER COLUMN description TYPE text COLLATE "C";

-- +goose Down
ALTER TABLE role_versions ALTER COLUMN description TYPE text;
ALTER TABLE roles ALTER COLUMN description TYPE text;
