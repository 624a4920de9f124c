-- Keeps whether an organization's list of first steps is hidden.

-- +goose Up
ALTER TABLE organizations ADD COLUMN checklist_hidden boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE organizations DROP COLUMN checklist_hidden;
