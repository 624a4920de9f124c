-- Keeps under which catalog the scopes of a token are meant, and of which tokens it was told that they end soon.

-- +goose Up
ALTER TABLE api_keys ADD COLUMN catalog bigint NOT NULL DEFAULT 0; -- the version that scopes were written under; 0: they have no pairs
ALTER TABLE api_keys ADD COLUMN allow_list text COLLATE "C" NOT NULL DEFAULT ''; -- as it was asked for; scopes have been cut by it
ALTER TABLE api_keys ADD COLUMN end_told bigint NOT NULL DEFAULT 0; -- how many days before its end that was told last; 0: never

-- +goose Down
ALTER TABLE api_keys DROP COLUMN end_told;
ALTER TABLE api_keys DROP COLUMN allow_list;
ALTER TABLE api_keys DROP COLUMN catalog;
