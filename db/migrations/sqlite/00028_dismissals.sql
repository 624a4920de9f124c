-- Keeps which findings about roles were dismissed, by whom, why and until when.

-- +goose Up
CREATE TABLE finding_dismissals (
    id                uuid      NOT NULL PRIMARY KEY,
    organization_id   uuid      NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    reason            text      NOT NULL,
    dismissed_by      uuid      REFERENCES users (id) ON DELETE SET NULL, -- NULL: the operator, or an account that is gone
    dismissed_by_name text      NOT NULL,
    created_at        timestamp NOT NULL,
    ends_at           timestamp NOT NULL,
    gives             text      NOT NULL -- JSON: what each role that it is about gave then; a role that gives more brings it back
) WITHOUT ROWID;
CREATE INDEX finding_dismissals_of_organizations ON finding_dismissals (organization_id);
CREATE INDEX finding_dismissals_by_user ON finding_dismissals (dismissed_by) WHERE dismissed_by IS NOT NULL;

CREATE TABLE dismissed_findings (
    organization_id uuid   NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    finding         text   NOT NULL, -- its id, a hash of what it is about
    dismissal_id    uuid   NOT NULL REFERENCES finding_dismissals (id) ON DELETE CASCADE,
    rule            text   NOT NULL,
    role_id         uuid   REFERENCES roles (id) ON DELETE CASCADE, -- a custom role that it is about
    user_id         uuid   REFERENCES users (id) ON DELETE CASCADE, -- a member that it is about
    roles           text   NOT NULL, -- the roles by which it can get worse, with spaces between
    people          bigint NOT NULL, -- how many hold the role of a finding that gets worse with them, else 0
    PRIMARY KEY (organization_id, finding)
) WITHOUT ROWID;
CREATE INDEX dismissed_findings_of_dismissals ON dismissed_findings (dismissal_id);
CREATE INDEX dismissed_findings_of_roles ON dismissed_findings (role_id) WHERE role_id IS NOT NULL;
CREATE INDEX dismissed_findings_of_users ON dismissed_findings (user_id) WHERE user_id IS NOT NULL;

-- +goose Down
DROP TABLE dismissed_findings;
DROP TABLE finding_dismissals;
