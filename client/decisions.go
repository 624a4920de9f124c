package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

// Question is whether an action on things of a type is allowed.
type Question struct {
	Action       string
	ResourceType string
	Owner        string // "me": things of the member's own; "": anybody's
}

func (q Question) values() url.Values {
	v := url.Values{"action": {q.Action}, "resource_type": {q.ResourceType}}
	setText(v, "owner", q.Owner)
	return v
}

// AuthCheckRequest is many questions about what one account may do.
type AuthCheckRequest struct {
	User   string           `json:"user,omitempty"` // "": the caller; anybody else needs checks in one organization
	Checks map[string]Check `json:"checks"`         // by keys of your choice
}

// Check is one question of an AuthCheckRequest.
type Check struct {
	Action string      `json:"action"`
	Object CheckObject `json:"object"`
}

// CheckObject is what a check is about: any thing of a type, or of one owner, or in one organization, or one thing.
type CheckObject struct {
	ResourceType   string `json:"resource_type"`
	OwnerID        string `json:"owner_id,omitempty"` // an id, or "me"
	OrganizationID string `json:"organization_id,omitempty"`
	ResourceID     string `json:"resource_id,omitempty"`
	AnyOrg         bool   `json:"any_org,omitempty"` // allowed in any organization of the caller
}

// AuthCheckResponse has the answer to each check under the check's key, and the explanations if they were asked for.
type AuthCheckResponse struct {
	Answers      map[string]bool
	Explanations map[string]Explanation // nil: not asked for
}

// explanationsKey is the key of the explanations. They stand beside the answers.
const explanationsKey = "explanations"

// MarshalJSON lays the explanations beside the answers, as the API does.
func (r AuthCheckResponse) MarshalJSON() ([]byte, error) {
	fields := make(map[string]any, len(r.Answers)+1)
	for key, answer := range r.Answers {
		fields[key] = answer
	}
	if r.Explanations != nil {
		fields[explanationsKey] = r.Explanations
	}
	return json.Marshal(fields)
}

// UnmarshalJSON tells the explanations from the answer to a check that has their name: that one is true or false.
func (r *AuthCheckResponse) UnmarshalJSON(raw []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	r.Answers, r.Explanations = map[string]bool{}, nil
	for key, field := range fields {
		var answer bool
		err := json.Unmarshal(field, &answer)
		switch {
		case err == nil:
			r.Answers[key] = answer
		case key != explanationsKey:
			return fmt.Errorf("the answer %q: %w", key, err)
		default:
			if err := json.Unmarshal(field, &r.Explanations); err != nil {
				return err
			}
		}
	}
	return nil
}

// EffectivePermission is whether a member may do one thing, and which roles decide it.
type EffectivePermission struct {
	Area         string    `json:"area"`
	ResourceType string    `json:"resource_type"`
	Action       string    `json:"action"`
	Allowed      bool      `json:"allowed"`     // on anybody's things
	AllowedOwn   bool      `json:"allowed_own"` // on the member's own things
	Denied       bool      `json:"denied"`      // a deny decides; else what is not allowed is merely not set
	Implied      bool      `json:"implied"`     // every member has it
	Roles        []RoleRef `json:"roles"`       // where the decision comes from
}

// WhoCan is the answer to who may do something.
type WhoCan struct {
	Action       string   `json:"action"`
	ResourceType string   `json:"resource_type"`
	Own          bool     `json:"own"`
	Count        int      `json:"count"`     // members who may
	Total        int      `json:"total"`     // all members
	Suspended    int      `json:"suspended"` // members who might but for their suspension
	Members      []Able   `json:"members"`
	Outside      *Outside `json:"outside"` // nil: the caller may not read the accounts of the site
}

// Outside is the accounts that may do something without belonging to the organization.
type Outside struct {
	Count int        `json:"count"`
	Users []AbleUser `json:"users"`
}

// Reason is how a yes came about.
type Reason struct {
	Level   string    `json:"level"`
	Roles   []RoleRef `json:"allowed_by"`
	Because string    `json:"because"`
}

// Able is a member who may do something.
type Able struct {
	MemberWithUser
	Status Status `json:"status"`
	Reason
}

// AbleUser is an account outside the organization that may do something.
type AbleUser struct {
	ID        uuid.UUID `json:"id"`
	Username  string    `json:"username"`
	Name      string    `json:"name"`
	AvatarURL string    `json:"avatar_url"`
	Email     string    `json:"email"`
	Status    Status    `json:"status"`
	Reason
}

// WhoCanPage is a part of the answer to who may do something.
type WhoCanPage struct {
	Limit   int // 0: all
	Offset  int
	Outside bool // pages the accounts outside the organization, and lists no members
}

// Finding is something in the roles of an organization that does nothing, or not what it seems to.
type Finding struct {
	Rule       string      `json:"rule"`
	Role       *RoleRef    `json:"role,omitempty"`
	Username   string      `json:"username,omitempty"`
	Permission *Permission `json:"permission,omitempty"`
	Message    string      `json:"message"`
	Fix        string      `json:"fix"`
	URL        string      `json:"url"` // the page where it can be put right
}

// AuthCheck asks what the caller, or another user, may do.
func (c *Client) AuthCheck(ctx context.Context, r AuthCheckRequest) (AuthCheckResponse, error) {
	return fetch[AuthCheckResponse](ctx, c, send(http.MethodPost, r, "authcheck"))
}

// ExplainChecks asks what AuthCheck asks, and why each answer is what it is.
func (c *Client) ExplainChecks(ctx context.Context, r AuthCheckRequest) (AuthCheckResponse, error) {
	return fetch[AuthCheckResponse](ctx, c, send(http.MethodPost, r, "authcheck").with(url.Values{"explain": {"1"}}))
}

// ExplainMember tells why a member may or may not do something, and what would change it.
func (c *Client) ExplainMember(ctx context.Context, organization, user string, q Question) (MemberExplained, error) {
	v := q.values()
	v.Set("explain", "1")
	return fetch[MemberExplained](ctx, c, get(memberships(organization, user)...).with(v))
}

// EffectivePermissions lists everything that there is to be allowed, and whether a member may do it.
func (c *Client) EffectivePermissions(ctx context.Context, organization, user string) ([]EffectivePermission, error) {
	return fetch[[]EffectivePermission](ctx, c, get(memberships(organization, user, "permissions")...))
}

// WhoCan lists who may do something in an organization.
func (c *Client) WhoCan(ctx context.Context, organization string, q Question, page WhoCanPage) (WhoCan, error) {
	v := q.values()
	setNumber(v, "limit", int64(page.Limit))
	setNumber(v, "offset", int64(page.Offset))
	if page.Outside {
		v.Set("outside", "1")
	}
	return fetch[WhoCan](ctx, c, get("organizations", organization, "who-can").with(v))
}

// Lint lists what does nothing in the roles of an organization, or not what it seems to.
func (c *Client) Lint(ctx context.Context, organization string) ([]Finding, error) {
	return fetch[[]Finding](ctx, c, get("organizations", organization, "lint"))
}
