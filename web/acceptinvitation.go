package web

import (
	"errors"
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
	"rolecall.example/web/oidc"
)

// openInvitation answers the link of an invitation. It changes nothing: mail servers and chats follow links before
// people do.
func (s *Server) openInvitation(c *call) (reply, error) {
	c.keepInvitation()
	if err := s.visitor(c); err != nil {
		return reply{}, err
	}
	offer, err := s.invites.Open(c.ctx, c.actor, c.param("invitation"))
	if err != nil {
		return s.noInvitation(c, err)
	}
	return reply{json: wireOffer(&offer), html: show(s.invitationPage(c, offer, nil))}, nil
}

// keepInvitation keeps the secret in the path out of caches, and out of the Referer sent to the next page.
func (c *call) keepInvitation() {
	c.header("Referrer-Policy", "no-referrer")
	c.header("Cache-Control", "no-store")
}

// visitor identifies the person who follows a link, who may be a stranger. A token or session that may not be used for
// this is refused.
func (s *Server) visitor(c *call) error {
	err := s.authenticate(c)
	switch {
	case org.KindOf(err) == org.Unauthenticated && len(tokensOf(c.request())) == 0:
		c.actor = nil
		return nil
	case err == nil:
		return s.reaches(c)
	}
	return err
}

// noInvitation returns the page for a link that does not work.
func (s *Server) noInvitation(c *call, err error) (reply, error) {
	e, ok := errors.AsType[*org.Error](err)
	if !ok || c.as == asJSON || e.Kind != org.NotFound && e.Kind != org.Conflict {
		return reply{}, err
	}
	return reply{status: e.Kind.Status(), html: show(page{title: "Invitation", body: views.InvitationGonePage(e)})}, nil
}

func (s *Server) invitationPage(c *call, offer org.InvitationOffer, e *org.Error) page {
	v := views.InvitationTo{InvitationOffer: offer, Link: c.param("invitation"), Name: offer.Name, Err: e, Providers: s.loginProviders(c)}
	policy := s.account.PasswordPolicy()
	v.NoPassword, v.NoAccount = policy == org.PasswordsForNobody, policy != org.PasswordsForAll
	if c.actor != nil {
		v.User = c.actor.User.Username
	}
	if e != nil {
		o, _ := c.object() // unreadable: an empty form
		v.Username, v.Name = o.text("username"), o.text("name")
	}
	return page{title: "Invitation", referrer: true, body: views.InvitationPage(v)}
}

// acceptWith leads to a provider. If the provider vouches for the address of the invitation, the invitation is
// accepted. It is a form, so that no other site can start it, and the answer is a page with a link, since a form may
// not lead to another site.
func (s *Server) acceptWith(c *call) (reply, error) {
	c.keepInvitation()
	provider, link := c.param("provider"), c.param("invitation")
	policy, err := s.Providers.Policy(provider)
	if err != nil {
		return reply{}, err
	}
	if err := s.visitor(c); err != nil {
		return reply{}, err
	}
	offer, err := s.invites.Open(c.ctx, c.actor, link)
	if err != nil {
		return s.noInvitation(c, err)
	}
	if c.actor != nil { // signed in meanwhile, in another window: the page says what to do
		return reply{next: to(views.InvitationURL(link), ""), noStore: true}, nil
	}
	where, keep, err := s.Providers.Begin(c.request(), provider, oidc.ModeInvite(offer.ID.String()), views.InvitationURL(link), false)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.invitationPage(c, offer, e), nil })
	}
	http.SetCookie(c.response(), keep)
	body := views.InvitationLeavingPage(views.Leaving{Provider: policy.Name, URL: where}, link)
	return reply{html: show(page{title: "Continue to " + policy.Name, referrer: true, body: body}), noStore: true}, nil
}

// acceptInvitation accepts an invitation for the caller, or for an account that a stranger makes.
func (s *Server) acceptInvitation(c *call) (reply, error) {
	c.keepInvitation()
	if err := s.visitor(c); err != nil {
		return reply{}, err
	}
	if c.actor == nil {
		return s.acceptAsStranger(c)
	}
	if _, err := optional(c, readNothing); err != nil {
		return reply{}, err
	}
	user, into, err := s.invites.Accept(c.ctx, c.actor, c.param("invitation"))
	if err != nil {
		return s.refusedInvitation(c, err)
	}
	return reply{json: wireAccepted(&user, into), next: to(joined(into), "You are a member now.")}, nil
}

// acceptAsStranger makes an account, and begins a session in a browser.
func (s *Server) acceptAsStranger(c *call) (reply, error) {
	input := decode(c, readNewInvited)
	user, into, err := s.invites.AcceptNew(c.ctx, c.origin(), c.param("invitation"), input)
	if err != nil {
		return s.refusedInvitation(c, err)
	}
	r := reply{json: wireAccepted(&user, into), next: to(joined(into), ""), noStore: true}
	if c.as == asJSON {
		return r, nil
	}
	in, _ := input.Read() // it was read before
	err = s.signIn(c, false, func(begin org.BeginSession) error {
		_, err := s.account.Login(c.ctx, c.origin(), user.Email, in.Password, begin)
		return err
	})
	if err != nil { // too many sign in at once; the account exists
		r.next = to(views.LoginURL, "")
	}
	return r, nil
}

// joined returns the page to go to after an invitation was accepted.
func joined(into []org.InvitedInto) string {
	if len(into) == 1 {
		return views.MembersURL(into[0].Organization.Name, org.MemberFilter{})
	}
	return views.HomeURL
}

// refusedInvitation shows the page again, if there is still something to accept.
func (s *Server) refusedInvitation(c *call, err error) (reply, error) {
	offer, gone := s.invites.Open(c.ctx, c.actor, c.param("invitation"))
	if gone != nil {
		return s.noInvitation(c, err)
	}
	return c.again(err, func(e *org.Error) (page, error) { return s.invitationPage(c, offer, e), nil })
}

func readNewInvited(o object) org.NewInvited {
	return org.NewInvited{Username: o.text("username"), Name: o.text("name"), Password: o.text("password")}
}

// readNothing refuses the fields that only a stranger fills in.
func readNothing(o object) (none struct{}) {
	for _, name := range []string{"username", "name", "password"} {
		if o.text(name) != "" {
			o.addError(name, "must be empty, since you are signed in")
		}
	}
	return none
}

// optional reads a body that may be missing.
func optional[T any](c *call, read func(object) T) (T, error) {
	if b := c.receive(); len(b.data) == 0 && !b.tooLarge {
		var none T
		return none, nil
	}
	return decode(c, read).Read()
}

func wireOffer(o *org.InvitationOffer) client.InvitationOffer {
	w := client.InvitationOffer{
		Email: o.Email, Name: o.Name, Organizations: each(o.Into, wireInvitedInto), Until: optionalTime(o.Until), Reason: o.Reason,
		InvitedBy: o.Maker, ExpiresAt: wireTime(o.ExpiresAt),
	}
	if o.SignedIn && !o.Fits {
		w.Email = o.Masked
	}
	return w
}

func wireAccepted(u *org.User, into []org.InvitedInto) client.AcceptedInvitation {
	return client.AcceptedInvitation{User: client.InvitationUser{ID: u.ID, Username: u.Username}, Organizations: each(into, wireInvitedInto)}
}
