package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// OrganizationMember is the name of the membership itself among the records of a member.
const OrganizationMember = "organization-member"

// Assignment is one record: one source gives an account one role, or the membership in an organization. Several sources may
// give the same role; it is held until the last of them ends.
type Assignment struct {
	Role           string     `json:"role"`
	DisplayName    string     `json:"display_name"`
	OrganizationID string     `json:"organization_id,omitempty"` // "": of the site
	Source         string     `json:"source"`                    // manual, invite, default, operator, oidc:<provider> or scim:<directory>
	SourceRef      string     `json:"source_ref"`                // the rule, group or invitation that it comes from
	Rule           string     `json:"rule,omitempty"`            // the value of the claim, or the name of the group, that gives it
	Reason         string     `json:"reason"`
	Until          *time.Time `json:"until"`    // nil: it has no end
	GivenBy        *Giver     `json:"given_by"` // nil: a program, or someone whom the caller may not see
	GivenAt        time.Time  `json:"given_at"`
	Managed        bool       `json:"managed"` // a sign-in provider or a directory gives it, and only that can remove it
}

// Manager is a sign-in provider or a directory that decides what a person holds, or the names of an account. Only it can
// change that.
type Manager struct {
	Source         string    `json:"source"`                   // oidc:<provider> or scim:<directory>
	Name           string    `json:"name,omitempty"`           // of a directory
	OrganizationID uuid.UUID `json:"organization_id,omitzero"` // whose directory it is
	Rules          []string  `json:"rules,omitempty"`          // of a member: Assignment.Rule of what it gives
}

// Giver is the account that made a record.
type Giver struct {
	ID       uuid.UUID `json:"id"`
	Username string    `json:"username"`
}

// Terms are what PutMemberRole and PutUserRole say about a record. A nil field stays as stored; a new record then has no end
// and no reason.
type Terms struct {
	Until  *time.Time // the zero time: no end
	Reason *string
}

// MarshalJSON writes no end as null, and omits fields that stay.
func (t Terms) MarshalJSON() ([]byte, error) {
	fields := map[string]any{}
	if t.Reason != nil {
		fields["reason"] = *t.Reason
	}
	switch {
	case t.Until == nil:
	case t.Until.IsZero():
		fields["until"] = nil
	default:
		fields["until"] = t.Until
	}
	return json.Marshal(fields)
}

// PutMemberRole gives a member one role, or changes until when and why it holds it. The record is by hand, and replaces
// what other people or an invitation gave of that role; what a provider or directory gives stays beside it. With
// OrganizationMember it is about the membership.
func (c *Client) PutMemberRole(ctx context.Context, organization, user, role string, t Terms, opts ...Option) (Assignment, error) {
	return fetch[Assignment](ctx, c, send(http.MethodPut, t, memberships(organization, user, "roles", role)...), opts...)
}

// PreviewPutMemberRole is the dry run of PutMemberRole.
func (c *Client) PreviewPutMemberRole(ctx context.Context, organization, user, role string, t Terms, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPut, t, memberships(organization, user, "roles", role)...).dryRun(), opts...)
}

// EndMemberRole ends what people and invitations gave a member of one role. The status is 404 if there is no such record.
// With OrganizationMember it is about the membership.
func (c *Client) EndMemberRole(ctx context.Context, organization, user, role string, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, memberships(organization, user, "roles", role)...), nil, opts...)
}

// PreviewEndMemberRole is the dry run of EndMemberRole.
func (c *Client) PreviewEndMemberRole(ctx context.Context, organization, user, role string, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodDelete, nil, memberships(organization, user, "roles", role)...).dryRun(), opts...)
}

// PutUserRole is PutMemberRole for a role of the site.
func (c *Client) PutUserRole(ctx context.Context, user, role string, t Terms, opts ...Option) (Assignment, error) {
	return fetch[Assignment](ctx, c, send(http.MethodPut, t, "users", user, "roles", role), opts...)
}

// PreviewPutUserRole is the dry run of PutUserRole.
func (c *Client) PreviewPutUserRole(ctx context.Context, user, role string, t Terms, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodPut, t, "users", user, "roles", role).dryRun(), opts...)
}

// EndUserRole is EndMemberRole for a role of the site.
func (c *Client) EndUserRole(ctx context.Context, user, role string, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, "users", user, "roles", role), nil, opts...)
}

// PreviewEndUserRole is the dry run of EndUserRole.
func (c *Client) PreviewEndUserRole(ctx context.Context, user, role string, opts ...Option) (Impact, error) {
	return fetch[Impact](ctx, c, send(http.MethodDelete, nil, "users", user, "roles", role).dryRun(), opts...)
}
