package web

import (
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// factorRoutes is the part of the table about second factors.
var factorRoutes = []Route{
	{http.MethodDelete, pathUser + "/mfa", SignedIn, API | Page | Scoped, "remove the second factors of a user", (*Server).resetFactors},
	{http.MethodGet, views.SecurityURL, SignedIn, Page | WithoutFactor, "show how the caller signs in", (*Server).showSecurity},
	{http.MethodGet, views.FactorsURL, SignedIn, API | Page | WithoutFactor, "show the caller's second factors", (*Server).showFactors},
	{http.MethodPost, views.FactorAppURL, SignedIn, API | Page | Body | WithoutFactor, "begin to set up an authenticator app", (*Server).enrolApp},
	{http.MethodPost, views.FactorConfirmURL, SignedIn, API | Page | Body | WithoutFactor, "confirm an authenticator app by its first code", (*Server).confirmApp},
	{http.MethodPost, views.FactorRemoveURL, SignedIn, API | Page | Body, "remove an authenticator app", (*Server).removeApp},
	{http.MethodPost, views.FactorCodesURL, SignedIn, API | Page | Body, "make recovery codes", (*Server).newRecoveryCodes},
}

// errFactorNeeded refuses a session that still has to show a second factor.
var errFactorNeeded = &org.Error{
	Kind:    org.Unauthenticated,
	Message: "Your account needs a second factor.",
	Detail:  "Add a passkey or an authenticator app at " + views.SecurityURL + ", or sign in again with the one you have. Until then only that page can be used.",
}

// mustShowFactor reports whether the session of a request lacks the second factor that the policy requires of its
// account. It is never required of tokens.
func (s *Server) mustShowFactor(c *call) bool {
	return c.session && s.Factors.Covers(c.actor.User) && !c.route.Offers(WithoutFactor) && !s.sessions.GetBool(c.ctx, sessionFactor)
}

// showSecurity shows the page about how the caller signs in.
func (s *Server) showSecurity(c *call) (reply, error) {
	return reply{html: func() (page, error) { return s.factorsPage(c, views.Factors{}) }}, nil
}

// showFactors returns the second factors of the caller. The page has a different address.
func (s *Server) showFactors(c *call) (reply, error) {
	f, err := s.account.Factors(c.ctx, c.actor)
	return reply{json: s.wireFactors(c, f), next: to(views.SecurityURL, "")}, err
}

func (s *Server) wireFactors(c *call, f org.Factors) client.Factors {
	wire := client.Factors{App: !f.App.IsZero(), Passkeys: len(f.Passkeys), RecoveryCodes: f.RecoveryCodes, Required: s.Factors.Covers(c.actor.User)}
	if wire.App {
		wire.AppSince = &f.App
	}
	return wire
}

// factorsPage makes the page of the caller's second factors, with the other content in v.
func (s *Server) factorsPage(c *call, v views.Factors) (p page, err error) {
	v.Factors, err = s.account.Factors(c.ctx, c.actor)
	v.HasPassword, v.CanEnrol = c.actor.User.LoginType == org.LoginPassword, s.account.CanEnrol()
	v.Required, v.Shown, v.Now = s.Factors.Covers(c.actor.User), c.session && s.sessions.GetBool(c.ctx, sessionFactor), c.now()
	if err == nil && c.session && !v.Fresh {
		v.Fresh, err = s.account.Fresh(c.ctx, c.actor)
	}
	v.Offered, v.Providers = s.hasPasskeys(c), len(s.Providers.List()) > 0
	if v.Failed == views.FactorsPasskey {
		o, _ := c.object() // unreadable: an empty form
		v.Name = o.text("name")
	}
	return page{title: "Security", active: "account", passkeys: v.Offered, body: views.FactorsPage(v)}, err
}

// refusedFactors makes the page after one of its forms was refused.
func (s *Server) refusedFactors(c *call, v views.Factors) func(*org.Error) (page, error) {
	return func(e *org.Error) (page, error) {
		v.Err = e
		return s.factorsPage(c, v)
	}
}

func readOwnPassword(o object) string { return o.text("password") }

// enrolApp begins setting up an authenticator app, and shows its key only once.
func (s *Server) enrolApp(c *call) (reply, error) {
	password, err := decode(c, readOwnPassword).Read()
	if err != nil {
		return reply{}, err
	}
	if err := s.showsOwn(c); err != nil {
		return reply{}, err
	}
	told, err := s.account.EnrolApp(c.ctx, c.actor, s.issuer(), password)
	if err != nil {
		return c.again(err, s.refusedFactors(c, views.Factors{Failed: views.FactorsEnrol}))
	}
	return reply{
		json: client.Enrolment{Secret: told.Secret, URL: told.URL}, noStore: true,
		html: func() (page, error) { return s.factorsPage(c, views.Factors{Enrolment: &told}) },
	}, nil
}

// issuer returns the name that authenticator apps show for this site.
func (s *Server) issuer() string {
	if s.AccessURL != nil {
		return "rolecall " + s.AccessURL.Hostname()
	}
	return "rolecall"
}

// confirmApp takes the first code of an app. A browser gets a new session that has shown its factor, instead of its old
// one.
func (s *Server) confirmApp(c *call) (reply, error) {
	code, err := decode(c, func(o object) string { return o.text("code") }).Read()
	if err != nil {
		return reply{}, err
	}
	var codes []string
	confirm := func(begin org.BeginSession) (err error) {
		codes, err = s.account.ConfirmApp(c.ctx, c.actor, code, begin)
		return err
	}
	if c.session {
		err = s.signIn(c, true, confirm)
	} else {
		err = confirm(nil)
	}
	if err != nil {
		return c.again(err, s.refusedFactors(c, views.Factors{Failed: views.FactorsConfirm}))
	}
	return s.shownCodes(c, codes, c.session), nil
}

// shownCodes returns recovery codes, which are shown only once; fresh says whether the session has just begun.
func (s *Server) shownCodes(c *call, codes []string, fresh bool) reply {
	return reply{
		json: client.RecoveryCodes{RecoveryCodes: codes}, noStore: true,
		html: func() (page, error) { return s.factorsPage(c, views.Factors{Codes: codes, Fresh: fresh}) },
	}
}

// newRecoveryCodes makes new recovery codes and ends the old ones.
func (s *Server) newRecoveryCodes(c *call) (reply, error) {
	password, err := decode(c, readOwnPassword).Read()
	if err != nil {
		return reply{}, err
	}
	codes, err := s.account.NewRecoveryCodes(c.ctx, c.actor, password)
	if err != nil {
		return c.again(err, s.refusedFactors(c, views.Factors{Failed: views.FactorsCodes}))
	}
	return s.shownCodes(c, codes, false), nil
}

// removeApp removes the caller's authenticator app.
func (s *Server) removeApp(c *call) (reply, error) {
	password, err := decode(c, readOwnPassword).Read()
	if err != nil {
		return reply{}, err
	}
	if err := s.account.RemoveApp(c.ctx, c.actor, password, s.Factors); err != nil {
		return c.again(err, s.refusedFactors(c, views.Factors{Failed: views.FactorsRemove}))
	}
	return reply{status: http.StatusNoContent, next: to(views.SecurityURL, "The authenticator app was removed.")}, nil
}

// resetFactors removes the second factors of a person who has lost them.
func (s *Server) resetFactors(c *call) (reply, error) {
	if err := s.account.ResetFactors(c.ctx, c.actor, c.user()); err != nil {
		return c.again(err, s.refusedUser(c, ""))
	}
	return reply{status: http.StatusNoContent, next: to(c.userHome(c.user()), "The second factor was removed, and every session has ended.")}, nil
}

// loginCode continues a sign-in with a code.
func (s *Server) loginCode(c *call) (reply, error) {
	type sent struct{ challenge, code, next, kept string }
	in, err := decode(c, func(o object) sent {
		return sent{o.text("challenge"), o.text("otp"), o.text("next"), o.text(fieldKept)}
	}).Read()
	if err != nil {
		return reply{}, err
	}
	next := localPath(in.next, views.HomeURL)
	err = s.signIn(c, true, func(begin org.BeginSession) error {
		_, err := s.account.LoginCode(c.ctx, c.origin(), in.challenge, in.code, begin)
		return err
	})
	if err != nil {
		return s.notSignedIn(c, err, views.Login{Next: next, Challenge: in.challenge, Kept: in.kept})
	}
	return s.welcomeBack(c, next, in.kept), nil
}
