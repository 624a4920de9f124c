package org

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The states of an invitation.
const (
	InvitationPending  = "pending"
	InvitationAccepted = "accepted"
	InvitationExpired  = "expired"
	InvitationRevoked  = "revoked"
)

// InvitationStates lists the states of an invitation.
var InvitationStates = []string{InvitationPending, InvitationAccepted, InvitationExpired, InvitationRevoked}

// InvitationsOpen selects those that are not accepted and not revoked, expired or not.
const InvitationsOpen = "open"

// Who may invite.
const (
	InvitationsByOrganization = "organization-admins" // who may add members and give the roles
	InvitationsBySite         = "site"                // of those, who may create accounts too
	InvitationsOff            = "off"
)

// InvitationPolicies lists who may invite, the default first.
var InvitationPolicies = []string{InvitationsByOrganization, InvitationsBySite, InvitationsOff}

// How long an invitation can be accepted.
const (
	InvitationLifetime    = 7 * Day // unless another one is asked for
	MinInvitationLifetime = time.Hour
	MaxInvitationLifetime = 30 * Day
)

// MaxInvited is the most addresses that one request may invite.
const MaxInvited = 100

// Invitation offers memberships and roles to the owner of an address.
type Invitation struct {
	ID          uuid.UUID
	Email, Name string
	State       string
	Into        []InvitedInto
	Reason      string
	Until       time.Time // when what it gives ends; zero: not by itself
	MakerID     uuid.UUID // by whose rights it stands; uuid.Nil for the operator
	Maker       string
	CreatedAt   time.Time
	ExpiresAt   time.Time
	AcceptedAt  time.Time // zero until then
	Resent      int
	Secret      string // stands in its link; "" unless it has just been made, and is not mailed

	Mail      string    // MailNone, MailWaiting, MailSent or MailFailed
	SentAt    time.Time // when the mail server took the mail
	SendError string    // why the last try failed, "" if it did not
}

// InvitedInto is what an invitation gives in one organization.
type InvitedInto struct {
	Organization Organization
	Roles        []RoleRef
}

// RoleNames returns the names of the roles that it gives. A role that it gives in several organizations is listed once.
func (i *Invitation) RoleNames() []string {
	names := []string{}
	for _, into := range i.Into {
		for _, r := range into.Roles {
			if !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
		}
	}
	return names
}

// InvitationOffer is an invitation as those who follow its link see it.
type InvitationOffer struct {
	Invitation
	SignedIn bool   // the caller has an account
	Fits     bool   // the invitation is for that account
	Masked   string // the address, for callers whose it is not
}

// InvitationList is one page of invitations.
type InvitationList struct {
	Organization Organization // zero for those of the site
	Invitations  []Invitation
	Count        int  // of all that match
	CanInvite    bool // the caller may make more
	SendsMail    bool // the server can send them by mail
}

// InvitationFilter selects invitations. State is one of InvitationStates or InvitationsOpen, "" is any.
type InvitationFilter struct {
	State         string
	Limit, Offset int
}

// NewInvitations asks for an invitation for each of some addresses.
type NewInvitations struct {
	Invitees []Invitee
	Into     []NewInvitedInto // with a path that names an organization: that one alone, without its name
	Terms
	Lifetime time.Duration // 0 is InvitationLifetime
	Send     bool          // by mail, if the server can; else the maker gets the links
}

// Invitee is an address that is invited.
type Invitee struct {
	Email, Name string
	Roles       []string // besides those that all get
}

// NewInvitedInto is what an invitation should give in one organization.
type NewInvitedInto struct {
	Organization string // as in a path
	Roles        []string
}

// Invited is the result for some addresses.
type Invited struct {
	Organization Organization // zero for several
	Invitations  []Invitation
	Refused      []InvitationRefusal
}

// InvitationRefusal is an address that was not invited, and why.
type InvitationRefusal struct{ Email, Detail string }

// Check finds what is wrong with the request as such, and fills in defaults. It accepts a bad address, which is refused
// by itself.
func (n *NewInvitations) Check(now time.Time) error {
	var bad FieldErrors
	switch {
	case len(n.Invitees) == 0:
		bad.Add("emails", "must name an address")
	case len(n.Invitees) > MaxInvited:
		bad.Add("emails", fmt.Sprintf("must have at most %d entries", MaxInvited))
	}
	if len(n.Into) == 0 {
		bad.Add("organizations", "must name an organization")
	}
	if n.Lifetime == 0 {
		n.Lifetime = InvitationLifetime
	}
	if n.Lifetime < MinInvitationLifetime || n.Lifetime > MaxInvitationLifetime {
		bad.Add("expires_in", "must be a duration from 1h to 720h, like 168h")
	}
	n.Terms.Check(now, &bad)
	return bad.Err("Validation failed.")
}

// Problem says what is wrong with an address, "" if nothing is.
func (i *Invitee) Problem() string {
	if i.Email = strings.TrimSpace(i.Email); len(i.Email) > 254 || EmailProblem(i.Email) != "" {
		return "is no e-mail address"
	}
	if problem := TextProblem(i.Name, 128); problem != "" {
		return "its name " + problem
	}
	return ""
}

// MaskEmail shortens an address so that its owner recognizes it, and no one else learns it.
func MaskEmail(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 1 {
		return "…"
	}
	for i := range email[:at] {
		if i > 0 {
			return email[:i] + "…" + email[at:]
		}
	}
	return email[:at] + "…" + email[at:]
}

// NewInvited is the account that a new person creates to accept an invitation. Its address is that of the invitation.
type NewInvited struct {
	Username, Name, Password string
}
