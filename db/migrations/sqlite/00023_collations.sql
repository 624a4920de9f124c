-- A number for what PostgreSQL needs: SQLite compares text byte by byte as it is.

-- +goose Up
SELECT 1;

-- +goose Down
SELECT 1;
