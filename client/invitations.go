package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Invitation offers memberships and roles to the owner of an address.
type Invitation struct {
	ID            uuid.UUID             `json:"id"`
	Email         string                `json:"email"`
	Name          string                `json:"name"`
	State         string                `json:"state"` // pending, accepted, expired or revoked
	Roles         []string              `json:"roles"` // names, of all the organizations
	Organizations []InvitedOrganization `json:"organizations"`
	Until         *time.Time            `json:"until"` // when what it gives ends; nil: not by itself
	Reason        string                `json:"reason"`
	CreatedBy     InvitationUser        `json:"created_by"`
	CreatedAt     time.Time             `json:"created_at"`
	ExpiresAt     time.Time             `json:"expires_at"`
	Sent          bool                  `json:"sent"`                 // the mail server has taken the mail
	SendError     string                `json:"send_error,omitempty"` // why the last try to send it failed
	Link          string                `json:"link,omitempty"`       // only when it has just been made, and is not mailed
}

// InvitedOrganization is what an invitation gives in one organization.
type InvitedOrganization struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	DisplayName string    `json:"display_name"`
	Roles       []string  `json:"roles"`
}

// InvitationUser names an account, such as the one that made an invitation. The zero id is the operator.
type InvitationUser struct {
	ID       uuid.UUID `json:"id"`
	Username string    `json:"username"`
}

// InvitationPage is a page of a list of invitations.
type InvitationPage struct {
	Count       int          `json:"count"` // of all that match
	Invitations []Invitation `json:"invitations"`
}

// Invited says which addresses were invited, and which were not.
type Invited struct {
	Invitations []Invitation        `json:"invitations"`
	Refused     []InvitationRefusal `json:"refused"`
}

// InvitationRefusal is an address that was not invited, and why.
type InvitationRefusal struct {
	Email  string `json:"email"`
	Detail string `json:"detail"`
}

// CreateInvitations asks to invite addresses, at most 100.
type CreateInvitations struct {
	Emails        []string             `json:"emails"`
	Roles         []string             `json:"roles,omitempty"`         // names, with InviteTo
	Organizations []InviteOrganization `json:"organizations,omitempty"` // with Invite
	Until         *time.Time           `json:"until,omitempty"`         // when what they give ends
	Reason        string               `json:"reason,omitempty"`
	ExpiresIn     string               `json:"expires_in,omitempty"` // like 168h, which is the default
	Send          bool                 `json:"send,omitempty"`       // by mail, if the server can; else the links are answered
}

// InviteOrganization says what invitations give in one organization.
type InviteOrganization struct {
	ID    string   `json:"id"` // or name
	Roles []string `json:"roles,omitempty"`
}

// InvitationQuery selects invitations. Its zero value selects all, the newest first.
type InvitationQuery struct {
	State         string // pending, accepted, expired, revoked, or open: pending or expired
	Limit, Offset int
}

func (q InvitationQuery) values() url.Values {
	v := url.Values{}
	setText(v, "state", q.State)
	setNumber(v, "limit", int64(q.Limit))
	setNumber(v, "offset", int64(q.Offset))
	return v
}

// ResendInvitation says how another link is sent.
type ResendInvitation struct {
	Send bool `json:"send,omitempty"` // by mail, if the server can; else it is answered
}

// InvitationOffer is an invitation as those who follow its link see it.
type InvitationOffer struct {
	Email         string                `json:"email"`
	Name          string                `json:"name"`
	Organizations []InvitedOrganization `json:"organizations"`
	Until         *time.Time            `json:"until"`
	Reason        string                `json:"reason"`
	InvitedBy     string                `json:"invited_by"` // username
	ExpiresAt     time.Time             `json:"expires_at"`
}

// AcceptInvitation makes an account for the address of an invitation. It is empty for the account of the caller.
type AcceptInvitation struct {
	Username string `json:"username,omitempty"`
	Name     string `json:"name,omitempty"`
	Password string `json:"password,omitempty"`
}

// AcceptedInvitation is who has accepted an invitation, and what for.
type AcceptedInvitation struct {
	User          InvitationUser        `json:"user"`
	Organizations []InvitedOrganization `json:"organizations"`
}

// InviteTo invites addresses into an organization. Only this answer has the links.
func (c *Client) InviteTo(ctx context.Context, organization string, r CreateInvitations) (Invited, error) {
	return fetch[Invited](ctx, c, send(http.MethodPost, r, "organizations", organization, "invitations"))
}

// Invite invites addresses into several organizations.
func (c *Client) Invite(ctx context.Context, r CreateInvitations) (Invited, error) {
	return fetch[Invited](ctx, c, send(http.MethodPost, r, "invitations"))
}

// InvitationsTo returns invitations into an organization, without their links.
func (c *Client) InvitationsTo(ctx context.Context, organization string, q InvitationQuery) (InvitationPage, error) {
	return fetch[InvitationPage](ctx, c, get("organizations", organization, "invitations").with(q.values()))
}

// Invitations returns invitations of the site: those that the caller has made, or all for those who may invite anywhere.
func (c *Client) Invitations(ctx context.Context, q InvitationQuery) (InvitationPage, error) {
	return fetch[InvitationPage](ctx, c, get("invitations").with(q.values()))
}

// ResendInvitationTo gives an invitation into an organization another link and another end.
func (c *Client) ResendInvitationTo(ctx context.Context, organization string, id uuid.UUID, r ResendInvitation) (Invitation, error) {
	return fetch[Invitation](ctx, c, send(http.MethodPost, r, "organizations", organization, "invitations", id.String(), "resend"))
}

// ResendInvitation gives an invitation another link and another end.
func (c *Client) ResendInvitation(ctx context.Context, id uuid.UUID, r ResendInvitation) (Invitation, error) {
	return fetch[Invitation](ctx, c, send(http.MethodPost, r, "invitations", id.String(), "resend"))
}

// RevokeInvitationTo ends what an invitation gives in an organization.
func (c *Client) RevokeInvitationTo(ctx context.Context, organization string, id uuid.UUID, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, "organizations", organization, "invitations", id.String()), nil, opts...)
}

// RevokeInvitation ends an invitation.
func (c *Client) RevokeInvitation(ctx context.Context, id uuid.UUID, opts ...Option) error {
	return c.do(ctx, send(http.MethodDelete, nil, "invitations", id.String()), nil, opts...)
}

// OpenInvitation returns what an invitation offers, given the last part of its link. It does not use the invitation up.
func (c *Client) OpenInvitation(ctx context.Context, secret string) (InvitationOffer, error) {
	return fetch[InvitationOffer](ctx, c, get("invitations", secret))
}

// AcceptInvitation takes an invitation, for the account of the client's token or for a new one.
func (c *Client) AcceptInvitation(ctx context.Context, secret string, r AcceptInvitation) (AcceptedInvitation, error) {
	return fetch[AcceptedInvitation](ctx, c, send(http.MethodPost, r, "invitations", secret))
}
