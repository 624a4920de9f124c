-- Lets a search find a name however it is typed: without its accents, with any kind of apostrophe. The key that a search
-- looks into is folded anew, where that changes it. Triggers bring it to the index of texts and to the memberships. What
-- is unique, and what lists are ordered by, stays.

-- +goose Up
UPDATE users SET search_key = search_fold(search_key) WHERE search_fold(search_key) <> search_key;

-- +goose Down
UPDATE users SET search_key = username_key || char(10) || name_key || char(10) || iif(email = '', '', email_key)
WHERE search_key <> username_key || char(10) || name_key || char(10) || iif(email = '', '', email_key);
