-- name: ListSyncRules :many
-- All rule sets of a provider that are stored, those of organizations by their ids.
SELECT sqlc.embed(r), CAST(coalesce(o.name, '') AS text) AS organization_name, CAST(coalesce(o.display_name, '') AS text) AS organization_display_name
FROM sync_rules r LEFT JOIN organizations o ON o.id = r.organization_id
WHERE r.provider = @provider ORDER BY r.kind, r.organization_id;

-- name: GetSyncRulesOfSite :one
SELECT * FROM sync_rules WHERE provider = @provider AND kind = @kind AND organization_id IS NULL;

-- name: GetSyncRulesOfOrganization :one
SELECT * FROM sync_rules WHERE organization_id = @organization_id AND provider = @provider;

-- name: ListSyncMappings :many
-- What the rule sets of an organization map to its roles, of all providers.
SELECT mapping FROM sync_rules WHERE organization_id = @organization_id;

-- name: InsertSyncRules :exec
-- unit: organization, site
INSERT INTO sync_rules (id, provider, kind, organization_id, field, mapping, assign_default, version, updated_at)
VALUES (@id, @provider, @kind, sqlc.narg(organization_id), @field, @mapping, @assign_default, 1, @now);

-- name: UpdateSyncRules :exec
-- unit: organization, site
UPDATE sync_rules
SET field = @field, mapping = @mapping, assign_default = @assign_default, version = version + 1, updated_at = @now
WHERE id = @id;

-- name: ListClaims :many
-- What a provider said of people at their last sign-ins, the latest first.
SELECT issuer, subject, user_id, claims FROM user_identities WHERE provider = @provider AND last_login_at IS NOT NULL
ORDER BY last_login_at DESC, issuer DESC, subject DESC LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: ListClaimsOfMembers :many
-- The same of the members of an organization.
SELECT i.claims FROM organization_members m JOIN user_identities i ON i.user_id = m.user_id
WHERE m.organization_id = @organization_id AND (m.next_end > @now OR m.next_end IS NULL)
  AND i.provider = @provider AND i.last_login_at IS NOT NULL
ORDER BY i.last_login_at DESC, i.issuer DESC, i.subject DESC LIMIT CAST(@max_rows AS bigint) OFFSET CAST(@skip AS bigint);

-- name: ListClaimsOfUser :many
-- What each provider said of an account, the latest sign-in first.
SELECT provider, claims FROM user_identities WHERE user_id = @user_id AND last_login_at IS NOT NULL ORDER BY last_login_at DESC;
