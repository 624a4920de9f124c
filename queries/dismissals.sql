-- name: ListDismissals :many
-- Those of an organization that have not ended, the newest first, with what whoever made each is called now.
SELECT d.id, d.reason, d.dismissed_by_name, d.created_at, d.ends_at, d.gives, u.username, u.name
FROM finding_dismissals d LEFT JOIN users u ON u.id = d.dismissed_by
WHERE d.organization_id = @organization_id AND d.ends_at > @now
ORDER BY d.id DESC;

-- name: ListDismissedFindings :many
-- What those are about.
SELECT f.finding, f.dismissal_id, f.rule, f.user_id, f.roles, f.people
FROM finding_dismissals d JOIN dismissed_findings f ON f.dismissal_id = d.id
WHERE d.organization_id = @organization_id AND d.ends_at > @now;

-- name: GetDismissal :one
SELECT d.*, u.username, u.name, (SELECT count(*) FROM dismissed_findings f WHERE f.dismissal_id = d.id) AS findings
FROM finding_dismissals d LEFT JOIN users u ON u.id = d.dismissed_by
WHERE d.id = @id AND d.organization_id = @organization_id AND d.ends_at > @now;

-- name: CountDismissedFindings :one
SELECT count(*) FROM dismissed_findings WHERE organization_id = @organization_id;

-- name: InsertDismissal :exec
-- unit: organization
INSERT INTO finding_dismissals (id, organization_id, reason, dismissed_by, dismissed_by_name, created_at, ends_at, gives)
VALUES (@id, @organization_id, @reason, @dismissed_by, @dismissed_by_name, @now, @ends_at, @gives);

-- name: InsertDismissedFinding :exec
-- A finding that was dismissed before is dismissed again.
-- unit: organization
INSERT INTO dismissed_findings (organization_id, finding, dismissal_id, rule, role_id, user_id, roles, people)
VALUES (@organization_id, @finding, @dismissal_id, @rule, @role_id, @user_id, @roles, @people)
ON CONFLICT (organization_id, finding) DO UPDATE
SET dismissal_id = excluded.dismissal_id, roles = excluded.roles, people = excluded.people;

-- name: DeleteDismissal :exec
-- unit: organization
DELETE FROM finding_dismissals WHERE id = @id;

-- name: DeleteEndedDismissals :exec
-- unit: organization
DELETE FROM finding_dismissals WHERE organization_id = @organization_id AND ends_at <= @now;
