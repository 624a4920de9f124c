package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// AuditList is a page of the audit trail, newest first.
type AuditList struct {
	Entries []AuditEntry `json:"audit_logs"`
	Count   int          `json:"count"` // of all matching entries
	Pruned  *AuditPruned `json:"pruned,omitempty"`
}

// AuditPruned tells what was removed from the trail, after it was exported to a file.
type AuditPruned struct {
	Before time.Time `json:"before"` // everything removed is older
	At     time.Time `json:"at"`     // when it was removed
	UpTo   int64     `json:"up_to"`  // the seq of the newest removed entry
}

// AuditEntry records one change, or one refused attempt.
type AuditEntry struct {
	Seq              int64                  `json:"seq"` // for AuditQuery.Before and After
	ID               uuid.UUID              `json:"id"`
	RequestID        string                 `json:"request_id"`
	Time             time.Time              `json:"time"`
	IP               string                 `json:"ip"`
	UserAgent        string                 `json:"user_agent"`
	ResourceType     string                 `json:"resource_type"`
	ResourceID       string                 `json:"resource_id"`
	ResourceTarget   string                 `json:"resource_target"` // its name at that time
	ResourceIcon     string                 `json:"resource_icon"`
	Action           string                 `json:"action"`
	Diff             map[string]AuditChange `json:"diff"` // by field
	StatusCode       int                    `json:"status_code"`
	AdditionalFields AuditFields            `json:"additional_fields"`
	Description      string                 `json:"description"` // {user} and {target} stand for the names
	ResourceLink     string                 `json:"resource_link"`
	Deleted          bool                   `json:"is_deleted"`
	OrganizationID   uuid.UUID              `json:"organization_id"` // uuid.Nil: of the site
	Organization     *AuditOrganization     `json:"organization,omitempty"`
	User             *User                  `json:"user"` // the actor; nil: the operator, or a caller that was not signed in
}

// AuditFields say more about an entry.
type AuditFields struct {
	Actor   string `json:"actor,omitempty"`    // what made the change if no person did: oidc:…, scim:… or system:expiry
	TokenID string `json:"token_id,omitempty"` // the API token, or the token of a directory, that it was made with
}

// AuditChange is a field before and after a change. Values of secrets are left out.
type AuditChange struct {
	Old    any  `json:"old"`
	New    any  `json:"new"`
	Secret bool `json:"secret"`
}

// AuditOrganization is the organization of an audit entry.
type AuditOrganization struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	DisplayName string    `json:"display_name"`
	Icon        string    `json:"icon"`
}

// AuditQuery selects audit entries. Its zero value selects all that the caller may read.
type AuditQuery struct {
	Query        string // words, or terms like username:grace and date_from:2026-11-01
	Organization string // "": all
	Before       int64  // the Seq of an entry: list what is older; then Offset does not count
	After        int64  // the Seq of an entry: list what is newer
	Limit        int    // 0: 100
	Offset       int
}

func (q AuditQuery) values() url.Values {
	v := url.Values{}
	setText(v, "q", q.Query)
	setText(v, "organization", q.Organization)
	setNumber(v, "before", q.Before)
	setNumber(v, "after", q.After)
	setNumber(v, "limit", int64(q.Limit))
	setNumber(v, "offset", int64(q.Offset))
	return v
}

// Undone is the membership, the account or the role that an undone change had changed. The other fields are nil.
type Undone struct {
	Member *Member
	User   *User
	Role   *Role // one that was deleted; no one has it
}

// UnmarshalJSON recognizes a membership by its field user_id and a role by its permissions, which an account does not have.
func (u *Undone) UnmarshalJSON(raw []byte) error {
	var kind struct {
		UserID      *uuid.UUID      `json:"user_id"`
		Permissions json.RawMessage `json:"organization_permissions"`
	}
	err := json.Unmarshal(raw, &kind)
	switch {
	case err != nil:
		return err
	case kind.Permissions != nil:
		return json.Unmarshal(raw, &u.Role)
	case kind.UserID == nil:
		return json.Unmarshal(raw, &u.User)
	}
	return json.Unmarshal(raw, &u.Member)
}

// Audit returns a page of the audit trail. Counting takes time in proportion to the length of the trail.
func (c *Client) Audit(ctx context.Context, q AuditQuery) (AuditList, error) {
	return fetch[AuditList](ctx, c, get("audit").with(q.values()))
}

// Undo reverts the change that an audit entry records: of a member's roles, a membership, the site roles of an account, or the
// deletion of a role.
func (c *Client) Undo(ctx context.Context, entry uuid.UUID) (Undone, error) {
	return fetch[Undone](ctx, c, send(http.MethodPost, nil, "audit", entry.String(), "undo"))
}

// PreviewUndo is the dry run of Undo.
func (c *Client) PreviewUndo(ctx context.Context, entry uuid.UUID) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPost, nil, "audit", entry.String(), "undo").dryRun())
}

// UndoBatch reverts all that a bulk action did to members, by any of its audit entries.
func (c *Client) UndoBatch(ctx context.Context, entry uuid.UUID) (BulkResult, error) {
	return fetch[BulkResult](ctx, c, send(http.MethodPost, nil, "audit", entry.String(), "undo", "batch"))
}
