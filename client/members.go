package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Member is a membership in an organization, with the organization's roles that it holds.
type Member struct {
	UserID         uuid.UUID `json:"user_id"`
	OrganizationID uuid.UUID `json:"organization_id"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"` // also set by a change of roles
	Roles          []RoleRef `json:"roles"`
}

// MemberWithUser is a membership with the account that it belongs to.
type MemberWithUser struct {
	Member
	Username  string    `json:"username"`
	Name      string    `json:"name"`
	AvatarURL string    `json:"avatar_url"`
	Email     string    `json:"email"`
	SiteRoles []RoleRef `json:"global_roles"`
}

// MemberPage is a part of a list of members.
type MemberPage struct {
	Count   int              `json:"count"` // of all that match, on whichever page
	Members []MemberWithUser `json:"members"`
}

// MemberRoles is the roles of a member, and all that there are to choose from.
type MemberRoles struct {
	Roles   []RoleRef        `json:"roles"`
	Choices []AssignableRole `json:"choices"`
}

// UpdateRoles is the roles that an account holds from now on.
type UpdateRoles struct {
	Roles []string `json:"roles"` // names; empty takes all
}

// MemberQuery selects members. Its zero value selects all, by username.
type MemberQuery struct {
	Text      string   // part of a username, name or e-mail address, in any case
	Roles     []string // holds any of these roles of the organization
	SiteRoles []string // holds any of these roles of the site
	Statuses  []Status // the account is in any of these states
	Sort      string   // username, name, email, created_at or updated_at; with "-" in front: descending
	Limit     int      // 0: all
	Offset    int
}

func (q MemberQuery) values() url.Values {
	v := q.filter()
	setText(v, "sort", q.Sort)
	setNumber(v, "limit", int64(q.Limit))
	setNumber(v, "offset", int64(q.Offset))
	return v
}

// filter is the part of a query that decides who matches.
func (q MemberQuery) filter() url.Values {
	v := url.Values{}
	setText(v, "q", q.Text)
	for name, list := range map[string][]string{"role": q.Roles, "site_role": q.SiteRoles} {
		if len(list) > 0 {
			v[name] = list
		}
	}
	for _, s := range q.Statuses {
		v.Add("status", string(s))
	}
	return v
}

// memberships is the path of an organization's members, or of what is below.
func memberships(organization string, below ...string) []string {
	return append([]string{"organizations", organization, "members"}, below...)
}

// Members lists members of an organization. A caller who may not read them gets its own membership alone.
func (c *Client) Members(ctx context.Context, organization string, q MemberQuery) ([]MemberWithUser, error) {
	return fetch[[]MemberWithUser](ctx, c, get(memberships(organization)...).with(q.values()))
}

// MembersPage lists members like Members, and counts all that match.
func (c *Client) MembersPage(ctx context.Context, organization string, q MemberQuery) (MemberPage, error) {
	return fetchOne[MemberPage](ctx, c, get("organizations", organization, "paginated-members").with(q.values()))
}

// Member returns one member.
func (c *Client) Member(ctx context.Context, organization, user string, opts ...Option) (MemberWithUser, error) {
	return fetch[MemberWithUser](ctx, c, get(memberships(organization, user)...), opts...)
}

// AddMember makes a user a member of an organization.
func (c *Client) AddMember(ctx context.Context, organization, user string) (Member, error) {
	return fetch[Member](ctx, c, send(http.MethodPost, nil, memberships(organization, user)...))
}

// RemoveMember ends a membership, and with it the roles that it holds.
func (c *Client) RemoveMember(ctx context.Context, organization, user string, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, memberships(organization, user)...), nil, opts...)
}

// PreviewRemoveMember is the dry run of RemoveMember.
func (c *Client) PreviewRemoveMember(ctx context.Context, organization, user string, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodDelete, nil, memberships(organization, user)...).dryRun(), opts...)
}

// MemberRoles returns the roles of a member, and those that there are to choose from.
func (c *Client) MemberRoles(ctx context.Context, organization, user string, opts ...Option) (MemberRoles, error) {
	return fetch[MemberRoles](ctx, c, get(memberships(organization, user, "roles")...), opts...)
}

// SetMemberRoles replaces the roles that a member holds in the organization. No roles takes all.
func (c *Client) SetMemberRoles(ctx context.Context, organization, user string, roles []string, opts ...Option) (Member, error) {
	return fetch[Member](ctx, c, send(http.MethodPut, UpdateRoles{roles}, memberships(organization, user, "roles")...), opts...)
}

// PreviewMemberRoles is the dry run of SetMemberRoles.
func (c *Client) PreviewMemberRoles(ctx context.Context, organization, user string, roles []string, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPut, UpdateRoles{roles}, memberships(organization, user, "roles")...).dryRun(), opts...)
}
