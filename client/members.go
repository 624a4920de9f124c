package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Member is a membership in an organization, with the roles that the member holds there.
type Member struct {
	UserID         uuid.UUID `json:"user_id"`
	OrganizationID uuid.UUID `json:"organization_id"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"` // also set by a change of roles
	Roles          []RoleRef `json:"roles"`
}

// MemberWithUser is a membership with its account.
type MemberWithUser struct {
	Member
	Username  string    `json:"username"`
	Name      string    `json:"name"`
	AvatarURL string    `json:"avatar_url"`
	Email     string    `json:"email"`
	SiteRoles []RoleRef `json:"global_roles"`

	// Of the account.
	Status           Status    `json:"status"`
	LoginType        string    `json:"login_type"`
	LastSeenAt       time.Time `json:"last_seen_at"` // zero: never
	UserCreatedAt    time.Time `json:"user_created_at"`
	UserUpdatedAt    time.Time `json:"user_updated_at"`
	IsServiceAccount bool      `json:"is_service_account,omitempty"` // made as one, without an e-mail address
	HasAISeat        bool      `json:"has_ai_seat"`                  // always false
	NextEnd          time.Time `json:"next_end,omitzero"`            // when the first of its roles, or the membership, ends

	ManagedBy   []Manager    `json:"managed_by,omitempty"`  // the providers and directories that give the membership, or a role
	Assignments []Assignment `json:"assignments,omitempty"` // of Member alone: what gives the roles, and the membership itself
}

// MemberPage is a page of a list of members.
type MemberPage struct {
	Count   int              `json:"count"` // of all matching members
	Members []MemberWithUser `json:"members"`
}

// MemberRoles holds the roles of a member, and all roles of the organization.
type MemberRoles struct {
	Roles   []RoleRef        `json:"roles"`
	Choices []AssignableRole `json:"choices"`

	Assignments []Assignment `json:"assignments"` // what gives them, and the membership itself
}

// UpdateRoles replaces the roles of a member or an account.
type UpdateRoles struct {
	Roles  []string   `json:"roles"`            // names; none takes all roles away
	Until  *time.Time `json:"until,omitempty"`  // of what is added; nil: no end
	Reason string     `json:"reason,omitempty"` // of what is added
}

// MemberQuery selects members. Its zero value selects all, by username.
type MemberQuery struct {
	Text      string    // part of a username, name or e-mail address, in any case; or terms like status:active and name:"Ada Webb"
	Roles     []string  // holding any of these roles of the organization
	SiteRoles []string  // holding any of these roles of the site
	Statuses  []Status  // whose account is in any of these states
	Sources   []string  // with a role or the membership from any of these, as Assignment.Source names them
	Ending    string    // with a role or the membership that ends as soon: a number of days or hours, "30d" or "12h"
	AfterID   uuid.UUID // continue after this member; only in the order of usernames
	Sort      string    // username, name, email, created_at or updated_at; with "-" in front: descending
	Limit     int       // 0: all
	Offset    int
}

func (q MemberQuery) values() url.Values {
	v := q.filter()
	setText(v, "sort", q.Sort)
	setNumber(v, "limit", int64(q.Limit))
	setNumber(v, "offset", int64(q.Offset))
	if q.AfterID != uuid.Nil {
		v.Set("after_id", q.AfterID.String())
	}
	return v
}

// filter returns the parameters that decide who matches.
func (q MemberQuery) filter() url.Values {
	v := url.Values{}
	setText(v, "q", q.Text)
	for name, list := range map[string][]string{"role": q.Roles, "site_role": q.SiteRoles, "source": q.Sources} {
		if len(list) > 0 {
			v[name] = list
		}
	}
	for _, s := range q.Statuses {
		v.Add("status", string(s))
	}
	setText(v, "ending", q.Ending)
	return v
}

// memberships returns the path of an organization's members, or one below it.
func memberships(organization string, below ...string) []string {
	return append([]string{"organizations", organization, "members"}, below...)
}

// Members returns members of an organization. Callers without the right to read them get their own membership only.
func (c *Client) Members(ctx context.Context, organization string, q MemberQuery) ([]MemberWithUser, error) {
	return fetch[[]MemberWithUser](ctx, c, get(memberships(organization)...).with(q.values()))
}

// MembersPage returns members like Members, and counts all that match.
func (c *Client) MembersPage(ctx context.Context, organization string, q MemberQuery) (MemberPage, error) {
	return fetchOne[MemberPage](ctx, c, get("organizations", organization, "paginated-members").with(q.values()))
}

// Member returns one member of an organization.
func (c *Client) Member(ctx context.Context, organization, user string, opts ...Option) (MemberWithUser, error) {
	return fetch[MemberWithUser](ctx, c, get(memberships(organization, user)...), opts...)
}

// AddMember makes a user a member of an organization.
func (c *Client) AddMember(ctx context.Context, organization, user string) (Member, error) {
	return fetch[Member](ctx, c, send(http.MethodPost, nil, memberships(organization, user)...))
}

// RemoveMember ends a membership and takes the roles of the organization from the member.
func (c *Client) RemoveMember(ctx context.Context, organization, user string, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, memberships(organization, user)...), nil, opts...)
}

// PreviewRemoveMember is the dry run of RemoveMember.
func (c *Client) PreviewRemoveMember(ctx context.Context, organization, user string, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodDelete, nil, memberships(organization, user)...).dryRun(), opts...)
}

// MemberRoles returns the roles of a member, and all roles of the organization.
func (c *Client) MemberRoles(ctx context.Context, organization, user string, opts ...Option) (MemberRoles, error) {
	return fetch[MemberRoles](ctx, c, get(memberships(organization, user, "roles")...), opts...)
}

// SetMemberRoles replaces the roles that a member holds in the organization. No names takes all roles away.
func (c *Client) SetMemberRoles(ctx context.Context, organization, user string, roles []string, opts ...Option) (Member, error) {
	return fetch[Member](ctx, c, send(http.MethodPut, UpdateRoles{Roles: roles}, memberships(organization, user, "roles")...), opts...)
}

// PreviewMemberRoles is the dry run of SetMemberRoles.
func (c *Client) PreviewMemberRoles(ctx context.Context, organization, user string, roles []string, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPut, UpdateRoles{Roles: roles}, memberships(organization, user, "roles")...).dryRun(), opts...)
}
