-- name: CountSentForms :one
SELECT count(*) FROM sent_forms WHERE user_id = @user_id AND id = @id;

-- name: InsertSentForm :exec
-- unit: organization, site, signin
INSERT INTO sent_forms (user_id, id, created_at) VALUES (@user_id, @id, @now);

-- name: DeleteOldSentForms :exec
-- unit: organization, site, signin
DELETE FROM sent_forms WHERE user_id = @user_id AND created_at <= @before;
