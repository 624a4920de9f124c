package client

import (
	"context"
	"net/http"

	"github.com/google/uuid"
)

// Impact is whom a change would affect, as a dry run foresees it.
type Impact struct {
	DryRun   bool         `json:"dry_run"` // always true
	Members  int          `json:"members"` // who would hold other roles, or a changed role
	Affected int          `json:"affected"`
	Roleless int          `json:"roleless"`          // would be left without any role
	Warning  string       `json:"warning,omitempty"` // of what the numbers do not show
	Gains    []ImpactLine `json:"gains"`
	Losses   []ImpactLine `json:"losses"`
	Keeps    []ImpactLine `json:"keeps"` // would be taken, but other roles give it too
}

// ImpactLine is one permission, and who would gain or lose it.
type ImpactLine struct {
	ResourceType string   `json:"resource_type"`
	Action       string   `json:"action"`
	Own          bool     `json:"own"` // on one's own things alone
	Members      int      `json:"members"`
	Sample       []string `json:"sample"` // some of their usernames
}

// The actions of a BulkRequest.
const (
	BulkAdd        = "add"    // make users members
	BulkRemove     = "remove" // end memberships
	BulkAddRole    = "add-role"
	BulkRemoveRole = "remove-role"
)

// BulkRequest is one change of many members.
type BulkRequest struct {
	Action string   `json:"action"`
	Role   string   `json:"role,omitempty"`   // of BulkAddRole and BulkRemoveRole
	Users  []string `json:"users,omitempty"`  // by username or id; for BulkAdd also by e-mail address
	All    bool     `json:"all,omitempty"`    // instead of Users: all that the query selects; not for BulkAdd
	Except []string `json:"except,omitempty"` // with All: whom to leave alone
	Expect *int     `json:"expect,omitempty"` // with All: another number of members is refused with 409
}

// BulkResult is what became of each member of a BulkRequest.
type BulkResult struct {
	Done      []MemberWithUser `json:"done"`
	Unchanged []MemberWithUser `json:"unchanged"`
	Refused   []BulkRefusal    `json:"refused"`
}

// BulkRefusal is a user whom a BulkRequest left as it was, because a rule protects it.
type BulkRefusal struct {
	User   string     `json:"user"` // as the request named it
	UserID *uuid.UUID `json:"user_id,omitempty"`
	Reason string     `json:"reason"`
}

// BulkImpact is what the dry run of a BulkRequest foresees.
type BulkImpact struct {
	Impact
	BulkResult
}

// ChangeMembers changes many members in one transaction. Those whom a rule protects are left out, and listed with the
// reason. With r.All, q selects the members; its order and its page do not count.
func (c *Client) ChangeMembers(ctx context.Context, organization string, q MemberQuery, r BulkRequest) (BulkResult, error) {
	return fetch[BulkResult](ctx, c, send(http.MethodPost, r, memberships(organization)...).with(q.filter()))
}

// PreviewChangeMembers is the dry run of ChangeMembers.
func (c *Client) PreviewChangeMembers(ctx context.Context, organization string, q MemberQuery, r BulkRequest) (BulkImpact, error) {
	return fetch[BulkImpact](ctx, c, send(http.MethodPost, r, memberships(organization)...).with(q.filter()).dryRun())
}
