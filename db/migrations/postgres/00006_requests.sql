-- Notes requests with an Idempotency-Key beside forms, each with what it asked and what it was answered.

-- +goose Up
ALTER TABLE sent_forms ADD COLUMN request bytea; -- hash of what was asked; null for a form, whose id is new in each
ALTER TABLE sent_forms ADD COLUMN answer bytea; -- null for a form, and until there is one
CREATE INDEX sent_forms_by_age ON sent_forms (user_id, created_at);

-- +goose Down
DROP INDEX sent_forms_by_age;
ALTER TABLE sent_forms DROP COLUMN answer;
ALTER TABLE sent_forms DROP COLUMN request;
