-- Notes of each API token whether the audit trail tells of its end. The trail begins to tell of them with this version: what
-- had expired before stays out of it, since its entry would bear a time at which nothing happened.

-- +goose Up
ALTER TABLE api_keys ADD COLUMN expiry_noted boolean NOT NULL DEFAULT false;
UPDATE api_keys SET expiry_noted = true WHERE expires_at <= CURRENT_TIMESTAMP;
CREATE INDEX api_keys_to_note ON api_keys (expires_at) WHERE login_type = 'token' AND NOT expiry_noted;

-- +goose Down
DROP INDEX api_keys_to_note;
ALTER TABLE api_keys DROP COLUMN expiry_noted;
