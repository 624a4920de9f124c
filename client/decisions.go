package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Question asks whether an action on objects of a type is allowed.
type Question struct {
	Action       string
	ResourceType string
	Owner        string // "me": the member's own objects; "": all objects
}

func (q Question) values() url.Values {
	v := url.Values{"action": {q.Action}, "resource_type": {q.ResourceType}}
	setText(v, "owner", q.Owner)
	return v
}

// AuthCheckRequest asks what one account may do.
type AuthCheckRequest struct {
	User    string           `json:"user,omitempty"`     // an id, a username or an e-mail address; "": the caller
	Strict  *bool            `json:"strict,omitempty"`   // whether checks that make no sense are Errors; nil: if there is a User
	AtLeast string           `json:"at_least,omitempty"` // what X-Rolecall-Revision said of a write that the answer has to know of
	Checks  map[string]Check `json:"checks"`             // under keys of your choice
}

// SubjectsRequest asks what each of several accounts may do.
type SubjectsRequest struct {
	Subjects []string         `json:"subjects"` // ids, usernames or e-mail addresses; at most 100
	Strict   *bool            `json:"strict,omitempty"`
	AtLeast  string           `json:"at_least,omitempty"`
	Checks   map[string]Check `json:"checks"`
}

// SubjectsResponse holds the answers about each subject, as it was written in the request.
type SubjectsResponse struct {
	Answers      map[string]map[string]bool        `json:"answers"`
	Errors       map[string]map[string]CheckError  `json:"errors,omitempty"` // of checks that could not be answered; their answer is no
	Explanations map[string]map[string]Explanation `json:"explanations,omitempty"`
}

// Check is one question of an AuthCheckRequest.
type Check struct {
	Action string      `json:"action"`
	Object CheckObject `json:"object"`
}

// CheckObject is the object of a check. Each field narrows it further: to an owner, an organization, a single object.
type CheckObject struct {
	ResourceType   string `json:"resource_type"`
	OwnerID        string `json:"owner_id,omitempty"`        // an id, or "me": of the account asked about; with User, Strict or AtLeast also a name
	OrganizationID string `json:"organization_id,omitempty"` // an id; with User, Strict or AtLeast also a name, or "default"
	ResourceID     string `json:"resource_id,omitempty"`
	AnyOrg         bool   `json:"any_org,omitempty"` // an object of any organization of the caller
}

// AuthCheckResponse holds the answer to each check under its key, and the explanations from ExplainChecks.
type AuthCheckResponse struct {
	Answers      map[string]bool
	Errors       map[string]CheckError  // why checks could not be answered; their answer is no. nil: all could be
	Explanations map[string]Explanation // nil: not asked for
}

// CheckError is why a check could not be answered.
type CheckError struct {
	Code    string `json:"code"` // not_found, suspended, unknown_permission, no_owner, site_type, organization_needed or invalid_id
	Message string `json:"message"`
}

// The keys next to those of the answers.
const (
	errorsKey       = "errors"
	explanationsKey = "explanations"
)

// MarshalJSON puts errors and explanations next to the answers, as the API does.
func (r AuthCheckResponse) MarshalJSON() ([]byte, error) {
	fields := make(map[string]any, len(r.Answers)+2)
	for key, answer := range r.Answers {
		fields[key] = answer
	}
	if len(r.Errors) > 0 {
		fields[errorsKey] = r.Errors
	}
	if r.Explanations != nil {
		fields[explanationsKey] = r.Explanations
	}
	return json.Marshal(fields)
}

// UnmarshalJSON separates the answers, which are booleans, from errors and explanations. A check may have one of those names.
func (r *AuthCheckResponse) UnmarshalJSON(raw []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	*r = AuthCheckResponse{Answers: map[string]bool{}}
	for key, field := range fields {
		var answer bool
		err := json.Unmarshal(field, &answer)
		switch {
		case err == nil:
			r.Answers[key] = answer
		case key == errorsKey:
			err = json.Unmarshal(field, &r.Errors)
		case key == explanationsKey:
			err = json.Unmarshal(field, &r.Explanations)
		}
		if err != nil {
			return fmt.Errorf("the answer %q: %w", key, err)
		}
	}
	return nil
}

// EffectivePermission is whether a member has one permission, and which roles decide that.
type EffectivePermission struct {
	Area         string    `json:"area"`
	ResourceType string    `json:"resource_type"`
	Action       string    `json:"action"`
	Allowed      bool      `json:"allowed"`     // on all objects
	AllowedOwn   bool      `json:"allowed_own"` // on the member's own objects
	Denied       bool      `json:"denied"`      // by a deny; otherwise no role mentions it
	Implied      bool      `json:"implied"`     // every member has it, without a role
	Roles        []RoleRef `json:"roles"`       // the roles that decide

	ManagedBy []Manager `json:"managed_by,omitempty"` // the providers and directories that give these roles
}

// WhoCan lists who may do something.
type WhoCan struct {
	Action       string   `json:"action"`
	ResourceType string   `json:"resource_type"`
	Own          bool     `json:"own"`
	Count        int      `json:"count"`     // members who may
	Total        int      `json:"total"`     // all members
	Suspended    int      `json:"suspended"` // members who could if they were not suspended
	Members      []Able   `json:"members"`
	Held         []Able   `json:"suspended_members,omitempty"` // those, where they were asked for
	Outside      *Outside `json:"outside"`                     // nil: the caller may not read the accounts of the site
}

// Outside lists accounts that may do something without being members of the organization.
type Outside struct {
	Count int        `json:"count"`
	Users []AbleUser `json:"users"`
}

// Reason explains why something is allowed.
type Reason struct {
	Level     string    `json:"level"`
	AllowedBy []RoleRef `json:"allowed_by"`
	Because   string    `json:"because"`
}

// Able is a member who may do what was asked.
type Able struct {
	MemberWithUser
	Until *time.Time `json:"until,omitempty"` // when the permission ends
	Reason
}

// AbleUser is an account outside the organization that may do what was asked.
type AbleUser struct {
	ID        uuid.UUID  `json:"id"`
	Username  string     `json:"username"`
	Name      string     `json:"name"`
	AvatarURL string     `json:"avatar_url"`
	Email     string     `json:"email"`
	Status    Status     `json:"status"`
	Until     *time.Time `json:"until,omitempty"` // when the permission ends
	Reason
}

// WhoCanPage selects a page of who may do something.
type WhoCanPage struct {
	Limit   int // 0: all
	Offset  int
	Outside bool // page the accounts outside the organization, without the members

	Suspended bool // page the suspended members who might, without the others
}

// Finding is a role, a permission or an assignment that has no effect, or not the expected one.
type Finding struct {
	Rule       string      `json:"rule"`
	Role       *RoleRef    `json:"role,omitempty"`
	Username   string      `json:"username,omitempty"`
	Permission *Permission `json:"permission,omitempty"`
	Message    string      `json:"message"`
	Fix        string      `json:"fix"`
	URL        string      `json:"url"` // the page to fix it on
	ID         string      `json:"id"`  // stays the same for as long as it is about the same thing
	Dismissal  *Dismissal  `json:"dismissal,omitempty"`
}

// Dismissal is a decision to leave some findings as they are for 90 days.
type Dismissal struct {
	ID          uuid.UUID `json:"id"`
	Reason      string    `json:"reason"`
	DismissedBy string    `json:"dismissed_by"` // username; "": an operator, or the account is gone
	DismissedAt time.Time `json:"dismissed_at"`
	Until       time.Time `json:"until"`
	Findings    int       `json:"findings"` // how many it covers
}

// DismissFindings names the findings to dismiss, and says why.
type DismissFindings struct {
	Findings []string `json:"findings"` // their ids, at most 1,000
	Reason   string   `json:"reason"`   // at most 500 characters
}

// AuthCheck asks what the caller, or another user, may do. The answer about anything that does not exist is no.
func (c *Client) AuthCheck(ctx context.Context, r AuthCheckRequest) (AuthCheckResponse, error) {
	return fetch[AuthCheckResponse](ctx, c, send(http.MethodPost, r, "authcheck"))
}

// ExplainChecks is AuthCheck with explanations of the answers, for fewer checks at once.
func (c *Client) ExplainChecks(ctx context.Context, r AuthCheckRequest) (AuthCheckResponse, error) {
	return fetch[AuthCheckResponse](ctx, c, send(http.MethodPost, r, "authcheck").with(url.Values{"explain": {"1"}}))
}

// ExplainMember explains why a member may or may not do something, and which changes would reverse that.
func (c *Client) ExplainMember(ctx context.Context, organization, user string, q Question) (MemberExplained, error) {
	v := q.values()
	v.Set("explain", "1")
	return fetch[MemberExplained](ctx, c, get(memberships(organization, user)...).with(v))
}

// EffectivePermissions returns every permission that exists, and whether a member has it.
func (c *Client) EffectivePermissions(ctx context.Context, organization, user string) ([]EffectivePermission, error) {
	return fetch[[]EffectivePermission](ctx, c, get(memberships(organization, user, "permissions")...))
}

// WhoCanPage returns who may do something in an organization, and by which roles: one page of it.
func (c *Client) WhoCanPage(ctx context.Context, organization string, q Question, page WhoCanPage) (WhoCan, error) {
	v := q.values()
	setNumber(v, "limit", int64(page.Limit))
	setNumber(v, "offset", int64(page.Offset))
	if page.Outside {
		v.Set("outside", "1")
	}
	if page.Suspended {
		v.Set("suspended", "1")
	}
	return fetch[WhoCan](ctx, c, get("organizations", organization, "who-can").with(v))
}

// Lint returns what is wrong or superfluous in the roles of an organization, without dismissed findings.
func (c *Client) Lint(ctx context.Context, organization string) ([]Finding, error) {
	return fetch[[]Finding](ctx, c, get("organizations", organization, "lint"))
}

// DismissedFindings returns the findings that are dismissed.
func (c *Client) DismissedFindings(ctx context.Context, organization string) ([]Finding, error) {
	return fetch[[]Finding](ctx, c, get("organizations", organization, "lint").with(url.Values{"dismissed": {"1"}}))
}

// DismissFindings leaves findings as they are for 90 days. One that gets worse is open again at once.
func (c *Client) DismissFindings(ctx context.Context, organization string, r DismissFindings, opts ...Option) (Dismissal, error) {
	return fetch[Dismissal](ctx, c, send(http.MethodPost, r, "organizations", organization, "lint", "dismissals"), opts...)
}

// BringBackFindings ends a dismissal: its findings are open again.
func (c *Client) BringBackFindings(ctx context.Context, organization string, dismissal uuid.UUID, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, "organizations", organization, "lint", "dismissals", dismissal.String()), nil, opts...)
}
