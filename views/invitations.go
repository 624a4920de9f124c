package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Invite is the form for inviting people into an organization, filled as it was sent.
type Invite struct {
	Organization org.Organization
	Roles        []org.Role
	Emails       string
	Chosen       []string  // names of the ticked roles
	Terms        TermsForm // of what the invitations give
	Expires      string
	Made         []org.Invitation // the invitations that were made for the other addresses
	Refused      []org.InvitationRefusal
	SendsMail    bool   // the server can send them by mail
	Send         bool   // that is chosen
	Base         string // the part of a link before its path
	Err          *org.Error
}

// invitationLifetimes are the choices for how long a link works.
var invitationLifetimes = []ui.Option{{Value: "24h", Label: "1 day"}, {Value: "168h", Label: "7 days"}, {Value: "720h", Label: "30 days"}}

func (v Invite) lifetime() string { return ui.FirstOf(v.Expires, "168h") }

func (v Invite) ticked(name string) bool {
	return slices.Contains(v.Chosen, name)
}

// terms returns the fields of what the invitations give.
func (v Invite) terms() TermsForm {
	v.Terms.Label, v.Terms.Err = "Membership ends", v.Err
	return v.Terms
}

// Invitations is the list of invitations, with those that have just been made.
type Invitations struct {
	List    org.InvitationList
	Filter  org.InvitationFilter
	Made    []org.Invitation
	Renewed bool // it is a new link for an existing invitation
	Base    string
	Now     time.Time
	Err     *org.Error

	SeesRemoved bool // the caller may see who was removed from the organization
}

func (v Invitations) name() string { return v.List.Organization.Name }

func (v Invitations) paging() ui.Paging {
	return ui.Paging{
		List: ui.URL(InvitationsURL(v.name()), v.query()), Limit: v.Filter.Limit, Offset: v.Filter.Offset,
		Shown: len(v.List.Invitations), Count: v.List.Count,
	}
}

func (v Invitations) query() url.Values {
	q := url.Values{}
	if v.Filter.State != org.InvitationsOpen {
		q.Set("state", v.Filter.State)
	}
	return q
}

// InvitationsURL returns the list of invitations into an organization, or those of the site for "".
func InvitationsURL(organization string) string {
	if organization == "" {
		return "/invitations"
	}
	return OrganizationURL(organization) + "/invitations"
}

// NewInvitationURL returns the form for inviting, with an address filled in unless it is "".
func NewInvitationURL(organization, email string) string {
	q := url.Values{}
	if email != "" {
		q.Set("email", email)
	}
	return ui.URL(OrganizationURL(organization)+"/invite", q)
}

func invitationURL(organization string, i org.Invitation) string {
	return InvitationsURL(organization) + "/" + i.ID.String()
}

// InvitationURL returns the page that a link leads to; POST accepts.
func InvitationURL(secret string) string { return "/invitations/" + url.PathEscape(secret) }

// mailed returns those that are sent by mail.
func mailed(made []org.Invitation) (list []org.Invitation) {
	for _, i := range made {
		if i.Secret == "" {
			list = append(list, i)
		}
	}
	return list
}

// linked returns those whose link is shown.
func linked(made []org.Invitation) (list []org.Invitation) {
	for _, i := range made {
		if i.Secret != "" {
			list = append(list, i)
		}
	}
	return list
}

// addressed returns their addresses for a sentence.
func addressed(made []org.Invitation) string {
	var list []string
	for _, i := range made {
		list = append(list, i.Email)
	}
	return ui.Join(list)
}

// allLinks returns every link with its address, to be copied at once.
func allLinks(base string, made []org.Invitation) string {
	var lines []string
	for _, i := range made {
		if i.Secret != "" {
			lines = append(lines, i.Email+"\t"+base+InvitationURL(i.Secret))
		}
	}
	return strings.Join(lines, "\n")
}

func linkID(n int) string { return "link-" + strconv.Itoa(n) }

// invitees returns the text to put into the field again: the addresses that were refused.
func invitees(refused []org.InvitationRefusal) string {
	var list []string
	for _, r := range refused {
		list = append(list, r.Email)
	}
	return strings.Join(list, "\n")
}

// InvitationTo is the page that a link leads to.
type InvitationTo struct {
	org.InvitationOffer
	Link           string // the secret in the path
	Username, Name string
	User           string           // who is signed in
	Providers      []SignInProvider // that may confirm the address
	NoPassword     bool             // no one may sign in with a password
	NoAccount      bool             // nor with one that is set here
	Err            *org.Error
}

// withURL returns the URL that begins accepting with a provider.
func (v InvitationTo) withURL(provider string) string {
	return InvitationURL(v.Link) + "/with/" + url.PathEscape(provider)
}

// into names the organizations of an invitation for a sentence.
func (v InvitationTo) into() string {
	var names []string
	for _, i := range v.Into {
		names = append(names, i.Organization.Label())
	}
	return ui.Join(names)
}

// inviter names the person who invites. An account may have the same name as the operator.
func (v InvitationTo) inviter() string {
	if v.MakerID == uuid.Nil {
		return "The operator of this site"
	}
	return v.Maker
}
