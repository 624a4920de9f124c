package client

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Impact is the result of a dry run: whom a change would affect, and how.
type Impact struct {
	DryRun   bool `json:"dry_run"`  // always true
	Members  int  `json:"members"`  // whose roles, or whose roles' permissions, would change
	Affected int  `json:"affected"` // of them, those who would gain or lose a permission
	Roleless int  `json:"roleless"` // left without any role in the organization

	// Usernames of some of those affected, and of those left without roles; see [NamesOf].
	AffectedSample []string `json:"affected_sample"`
	RolelessSample []string `json:"roleless_sample"`

	Warning string       `json:"warning,omitempty"` // about what only a site owner may do
	Gains   []ImpactLine `json:"gains"`
	Losses  []ImpactLine `json:"losses"`
	Keeps   []ImpactLine `json:"keeps"`          // taken from one role, but given by another
	Ends    []ImpactEnd  `json:"ends,omitempty"` // what the change gives until some moment only
}

// ImpactLine is a permission that members would gain, lose or keep.
type ImpactLine struct {
	ResourceType string   `json:"resource_type"`
	Action       string   `json:"action"`
	Own          bool     `json:"own"` // on their own objects only
	Members      int      `json:"members"`
	Sample       []string `json:"sample"` // usernames of some of them; see [NamesOf]
}

// The lists of an Impact that NamesOf can name people of. Everyone affected, and everyone without a role, is one line; the other
// lists have a line for each permission.
const (
	ImpactAffected = "affected"
	ImpactRoleless = "roleless"
	ImpactGains    = "gains"
	ImpactLosses   = "losses"
	ImpactKeeps    = "keeps"
)

// NamesOf makes a dry run name up to 200 people of one line of its Impact, instead of 20: those after a username, or the first
// ones after "". In the last three lists l says which line; the first two have one line each, and l is ignored.
func NamesOf(list string, l ImpactLine, after string) Option {
	line := list
	if list != ImpactAffected && list != ImpactRoleless {
		line += ":" + l.ResourceType + ":" + l.Action
		if l.Own {
			line += ":own"
		}
	}
	return func(r *call) {
		query := url.Values{}
		maps.Copy(query, r.query)
		query.Set("names_of", line)
		if after != "" {
			query.Set("names_after", after)
		}
		r.query = query
	}
}

// ImpactEnd is a role that members would hold until some time. The role organization-member of an organization is the membership.
type ImpactEnd struct {
	Role    RoleRef   `json:"role"`
	Until   time.Time `json:"until"`
	Members int       `json:"members"`
}

// The actions of a BulkRequest.
const (
	BulkAdd        = "add"    // make users members
	BulkRemove     = "remove" // end memberships
	BulkAddRole    = "add-role"
	BulkRemoveRole = "remove-role"

	BulkReplaceRole = "replace-role" // one role instead of another, for those who have the other
)

// BulkRequest changes many members in the same way.
type BulkRequest struct {
	Action string   `json:"action"`
	Role   string   `json:"role,omitempty"`   // of BulkAddRole, BulkRemoveRole and BulkReplaceRole, which takes it away
	With   string   `json:"with,omitempty"`   // of BulkReplaceRole: the role to give instead
	Users  []string `json:"users,omitempty"`  // by username or id; for BulkAdd also by e-mail address
	All    bool     `json:"all,omitempty"`    // instead of Users: all members that the query selects; not for BulkAdd
	Except []string `json:"except,omitempty"` // with All: members to leave out
	Expect *int     `json:"expect,omitempty"` // the expected number of members; any other is refused with 409

	// Of BulkAdd, BulkAddRole and BulkReplaceRole: what is added, and not what is held already.
	Until  *time.Time `json:"until,omitempty"` // nil: no end; of BulkReplaceRole: that of the role that is replaced
	Reason string     `json:"reason,omitempty"`
}

// BulkResult is the outcome of a BulkRequest for each member.
type BulkResult struct {
	Done      []MemberWithUser `json:"done"`
	Unchanged []MemberWithUser `json:"unchanged"`
	Refused   []BulkRefusal    `json:"refused"`
	Users     []User           `json:"users,omitempty"` // of UndoBatch: accounts that have their status again
}

// BulkRefusal is a user that a BulkRequest did not change because a rule forbids it.
type BulkRefusal struct {
	User   string     `json:"user"` // as in the request
	UserID *uuid.UUID `json:"user_id,omitempty"`
	Reason string     `json:"reason"`
}

// The actions of a UserBulkRequest.
const (
	BulkSuspend  = "suspend"
	BulkActivate = "activate"
	BulkDelete   = "delete"
)

// UserBulkRequest changes many accounts in the same way.
type UserBulkRequest struct {
	Action string   `json:"action"`
	Users  []string `json:"users,omitempty"`  // by username or id
	All    bool     `json:"all,omitempty"`    // instead of Users: all accounts that the query selects
	Except []string `json:"except,omitempty"` // with All: accounts to leave out
	Expect *int     `json:"expect,omitempty"` // the expected number of accounts; any other is refused with 409
}

// UserBulkResult is the outcome of a UserBulkRequest for each account.
type UserBulkResult struct {
	DryRun    bool          `json:"dry_run,omitempty"` // nothing was changed: it would be
	Done      []User        `json:"done"`
	Unchanged []User        `json:"unchanged"` // had the status already
	Refused   []BulkRefusal `json:"refused"`
}

// ChangeUsers suspends, activates or deletes many accounts in one transaction, at most 1,000. Accounts that a rule protects
// stay as they are and are listed with the reason. With r.All, q selects the accounts; its Sort, Limit and Offset are ignored.
func (c *Client) ChangeUsers(ctx context.Context, q UserQuery, r UserBulkRequest) (UserBulkResult, error) {
	return fetch[UserBulkResult](ctx, c, send(http.MethodPost, r, "users", "selection").with(q.filter()))
}

// PreviewChangeUsers is the dry run of ChangeUsers.
func (c *Client) PreviewChangeUsers(ctx context.Context, q UserQuery, r UserBulkRequest) (UserBulkResult, error) {
	return fetch[UserBulkResult](ctx, c, send(http.MethodPost, r, "users", "selection").with(q.filter()).dryRun())
}

// BulkImpact is the result of the dry run of a BulkRequest.
type BulkImpact struct {
	Impact
	BulkResult
}

// ChangeMembers changes many members in one transaction. Members that a rule protects stay as they are and are listed with
// the reason. With r.All, q selects the members; its Sort, Limit and Offset are ignored.
func (c *Client) ChangeMembers(ctx context.Context, organization string, q MemberQuery, r BulkRequest) (BulkResult, error) {
	return fetch[BulkResult](ctx, c, send(http.MethodPost, r, memberships(organization)...).with(q.filter()))
}

// PreviewChangeMembers is the dry run of ChangeMembers.
func (c *Client) PreviewChangeMembers(ctx context.Context, organization string, q MemberQuery, r BulkRequest) (BulkImpact, error) {
	return fetch[BulkImpact](ctx, c, send(http.MethodPost, r, memberships(organization)...).with(q.filter()).dryRun())
}
