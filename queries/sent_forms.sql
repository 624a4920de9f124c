-- name: GetSentForm :one
SELECT request, answer, created_at FROM sent_forms WHERE user_id = @user_id AND id = @id AND created_at > @after;

-- name: InsertSentForm :exec
-- unit: organization, site, signin
INSERT INTO sent_forms (user_id, id, request, created_at) VALUES (@user_id, @id, @request, @now);

-- name: AnswerSentForm :exec
-- unit: signin
UPDATE sent_forms SET answer = @answer WHERE user_id = @user_id AND id = @id;

-- name: DeleteOldSentForms :exec
-- unit: organization, site, signin
DELETE FROM sent_forms WHERE user_id = @user_id AND created_at <= @before;
