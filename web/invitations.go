package web

import (
	"net/http"
	"slices"
	"time"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

const (
	pathInvitation  = "/invitations/{invitation}" // an id; for GET and POST, the secret from a link
	pathInvitations = pathOrganization + "/invitations"
)

// invitationRoutes is the part of the table about invitations.
var invitationRoutes = []Route{
	{http.MethodGet, pathInvitations, SignedIn, API | Page, "list the invitations into an organization", (*Server).listInvitations},
	{http.MethodPost, pathInvitations, SignedIn, API | Page | Body | Upload, "invite into an organization", (*Server).createInvitations},
	{http.MethodGet, pathOrganization + "/invite", SignedIn, Page, "ask whom to invite", (*Server).newInvitation},
	{http.MethodDelete, pathInvitations + "/{invitation}", SignedIn, API | Page, "revoke an invitation into an organization", (*Server).revokeInvitation},
	{http.MethodPost, pathInvitations + "/{invitation}/resend", SignedIn, API | Page | Body, "make another link for an invitation into an organization", (*Server).resendInvitation},
	{http.MethodGet, "/invitations", SignedIn, API | Page, "list the invitations of the site", (*Server).listInvitations},
	{http.MethodPost, "/invitations", SignedIn, API | Body, "invite into several organizations", (*Server).createInvitations},
	{http.MethodGet, pathInvitation, Public, API | Page, "show what an invitation offers", (*Server).openInvitation},
	{http.MethodPost, pathInvitation, Public, API | Page | Body, "accept an invitation", (*Server).acceptInvitation},
	{http.MethodPost, pathInvitation + "/with/{provider}", Public, Page, "accept an invitation with a sign-in provider", (*Server).acceptWith},
	{http.MethodDelete, pathInvitation, SignedIn, API | Page, "revoke an invitation", (*Server).revokeInvitation},
	{http.MethodPost, pathInvitation + "/resend", SignedIn, API | Page | Body, "make another link for an invitation", (*Server).resendInvitation},
}

// listInvitations answers with the invitations into an organization, or those of the site.
func (s *Server) listInvitations(c *call) (reply, error) {
	f, err := c.invitationFilter()
	if err != nil {
		return reply{}, err
	}
	list, err := s.invitationList(c, f)
	if err != nil {
		return reply{}, err
	}
	return reply{
		json: client.InvitationPage{Count: list.Count, Invitations: each(list.Invitations, c.wireInvitation)},
		html: show(s.invitationsPage(c, views.Invitations{List: list, Filter: f})),
	}, nil
}

func (s *Server) invitationList(c *call, f org.InvitationFilter) (org.InvitationList, error) {
	if c.organization() == "" {
		return s.invites.AllInvitations(c.ctx, c.actor, f)
	}
	return s.invites.Invitations(c.ctx, c.actor, c.organization(), f)
}

// invitationFilter reads which invitations are wanted; by default a page shows the open ones.
func (c *call) invitationFilter() (f org.InvitationFilter, err error) {
	q := c.query()
	if states := q.oneOf("state", append(slices.Clone(org.InvitationStates), org.InvitationsOpen)); len(states) > 0 {
		f.State = states[0]
	}
	f.Limit, f.Offset = c.page(q)
	if f.State == "" && c.as != asJSON {
		f.State = org.InvitationsOpen
	}
	return f, q.problem()
}

func (s *Server) invitationsPage(c *call, v views.Invitations) page {
	v.Now, v.Base = c.now(), c.base()
	active := "members"
	if c.organization() == "" {
		active = "invitations"
	} else {
		v.SeesRemoved = c.mayReadRemoved(v.List.Organization.ID)
	}
	return page{title: "Invitations", active: active, body: views.InvitationsPage(v)}
}

// openInvitations makes the list of the open invitations, with the other content in v.
func (s *Server) openInvitations(c *call, v views.Invitations) (p page, err error) {
	v.Filter = org.InvitationFilter{State: org.InvitationsOpen, Limit: views.PageSize}
	v.List, err = s.invitationList(c, v.Filter)
	return s.invitationsPage(c, v), err
}

// newInvitation shows the form for inviting people.
func (s *Server) newInvitation(c *call) (reply, error) {
	p, err := s.invitePage(c, views.Invite{Emails: c.query().text("email")})
	return reply{html: show(p)}, err
}

func (s *Server) invitePage(c *call, v views.Invite) (p page, err error) {
	roles, err := s.tenant.Roles(c.ctx, c.actor, c.scope())
	if err != nil {
		return p, err
	}
	v.Roles, v.Organization, v.Base = roles.Roles, roles.Organization, c.base()
	if err := s.invites.MayInvite(c.actor, v.Organization.ID); err != nil {
		return p, err
	}
	v.SendsMail = s.invites.SendsMail()
	v.Send = v.SendsMail
	if v.Err != nil || len(v.Refused) > 0 {
		o, _ := c.object() // unreadable: an empty form
		v.Send = o.flag("send")
		v.Chosen, v.Terms, v.Expires = o.texts("roles", maxRoles), c.sentTerms(), o.text("expires_in")
		if v.Err != nil { // otherwise the addresses that were left out are entered again
			v.Emails = o.text("emails")
		}
	}
	return page{title: "Invite people", active: "members", crumbs: []views.Crumb{membersCrumb(c.members())}, body: views.InvitePage(v)}, nil
}

// createInvitations invites people into one organization, or into several. The links are only in the answer or in
// mails.
func (s *Server) createInvitations(c *call) (reply, error) {
	var made org.Invited
	var err error
	if c.organization() == "" {
		made, err = s.invites.CreateInMany(c.ctx, c.actor, decode(c, readManyInvitations))
	} else {
		made, err = s.invites.Create(c.ctx, c.actor, c.organization(), decode(c, readInvitations))
	}
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.invitePage(c, views.Invite{Err: e}) })
	}
	return reply{
		status: http.StatusCreated, made: views.InvitationsURL(c.organization()), noStore: true,
		json: client.Invited{Invitations: each(made.Invitations, c.wireInvitation), Refused: each(made.Refused, wireInvitationRefusal)},
		html: func() (page, error) {
			if len(made.Refused) > 0 {
				return s.invitePage(c, views.Invite{Made: made.Invitations, Refused: made.Refused})
			}
			return s.openInvitations(c, views.Invitations{Made: made.Invitations})
		},
	}, nil
}

// readInvitations reads whom to invite to the organization in the path. In a form the addresses are one text, or a
// file.
func readInvitations(o object) org.NewInvitations {
	into := []org.NewInvitedInto{{Roles: o.texts("roles", maxRoles)}}
	in := org.NewInvitations{Into: into, Send: o.flag("send")}
	in.Lifetime = o.duration("expires_in")
	in.Terms = o.terms()
	if !o.form {
		for _, email := range o.texts("emails", maxItems) {
			in.Invitees = append(in.Invitees, org.Invitee{Email: email})
		}
		return in
	}
	in.Invitees = readAddresses(o.text("emails"))
	file, problem := readInviteeFile(o.text("upload"))
	if problem != "" {
		o.addError("upload", problem)
	}
	in.Invitees = append(in.Invitees, file...)
	return in
}

// readManyInvitations is like readInvitations, but with the organizations in the body.
func readManyInvitations(o object) org.NewInvitations {
	in := readInvitations(o)
	if o.has("roles") {
		o.addError("roles", "must be given in organizations")
	}
	in.Into = nil
	for _, one := range o.objects("organizations") {
		in.Into = append(in.Into, org.NewInvitedInto{Organization: one.text("id"), Roles: one.texts("roles", maxRoles)})
	}
	return in
}

// duration reads a text like 168h; missing is 0.
func (o object) duration(name string) time.Duration {
	text := o.text(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		o.addError(name, "must be a duration from 1h to 720h, like 168h")
	}
	return d
}

// resendInvitation makes a new link, which is shown only once or sent by mail.
func (s *Server) resendInvitation(c *call) (reply, error) {
	send, err := optional(c, readResend)
	if err != nil {
		return reply{}, err
	}
	made, err := s.invites.Resend(c.ctx, c.actor, c.organization(), c.param("invitation"), send)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			return s.openInvitations(c, views.Invitations{Err: e})
		})
	}
	return reply{json: c.wireInvitation(&made), noStore: true, html: func() (page, error) {
		return s.openInvitations(c, views.Invitations{Made: []org.Invitation{made}, Renewed: true})
	}}, nil
}

// readResend reads whether to send the new link by mail.
func readResend(o object) bool { return o.flag("send") }

func (s *Server) revokeInvitation(c *call) (reply, error) {
	if err := s.invites.Revoke(c.ctx, c.actor, c.organization(), c.param("invitation")); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent, next: to(views.InvitationsURL(c.organization()), "The invitation was revoked. Its link no longer works.")}, nil
}

func (c *call) wireInvitation(i *org.Invitation) client.Invitation {
	w := client.Invitation{
		ID: i.ID, Email: i.Email, Name: i.Name, State: i.State, Roles: i.RoleNames(),
		Organizations: each(i.Into, wireInvitedInto), Until: optionalTime(i.Until), Reason: i.Reason,
		CreatedBy: client.InvitationUser{ID: i.MakerID, Username: i.Maker},
		CreatedAt: wireTime(i.CreatedAt), ExpiresAt: wireTime(i.ExpiresAt),
		Sent: i.Mail == org.MailSent, SendError: i.SendError,
	}
	if i.Secret != "" {
		w.Link = c.absolute(views.InvitationURL(i.Secret))
	}
	return w
}

func wireInvitedInto(i *org.InvitedInto) client.InvitedOrganization {
	names := make([]string, len(i.Roles))
	for n, r := range i.Roles {
		names[n] = r.Name
	}
	return client.InvitedOrganization{ID: i.Organization.ID, Name: i.Organization.Name, DisplayName: i.Organization.DisplayName, Roles: names}
}

func wireInvitationRefusal(r *org.InvitationRefusal) client.InvitationRefusal {
	return client.InvitationRefusal(*r)
}

// optionalTime returns a time that may be missing.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = wireTime(t)
	return &t
}
