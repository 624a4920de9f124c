-- name: GetSentForm :one
SELECT request, answer, created_at FROM sent_forms WHERE user_id = @user_id AND id = @id AND created_at > @after;

-- name: InsertSentForm :exec
-- The answer is what its answer is made of.
-- unit: organization, site, signin
INSERT INTO sent_forms (user_id, id, request, answer, created_at) VALUES (@user_id, @id, @request, @answer, @now);

-- name: DeleteOldSentForms :exec
-- unit: organization, site, signin
DELETE FROM sent_forms WHERE user_id = @user_id AND created_at <= @before;
