package web

import (
	"errors"
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

type credentials struct{ email, password, code, next, kept string }

func readCredentials(o object) credentials {
	in := credentials{email: o.text("email"), password: o.text("password"), code: o.text("otp")}
	if o.form {
		in.next, in.kept = o.text("next"), o.text(fieldKept)
	}
	return in
}

// newLogin shows the sign-in form. A caller that is already signed in is redirected to the next page.
func (s *Server) newLogin(c *call) (reply, error) {
	next := localPath(c.query().text("next"), views.HomeURL)
	if err := s.authenticate(c); err == nil {
		return reply{next: to(next, "")}, nil
	}
	q := c.query()
	return reply{html: show(s.loginPage(c, views.Login{Next: next, PasswordSet: q.text("password") == "set", Ended: q.text("ended") != ""}))}, nil
}

func (s *Server) loginPage(c *call, l views.Login) page {
	l.Providers, l.Now = s.loginProviders(c), c.now()
	l.Passkeys = s.hasPasskeys(c)
	l.NoPassword = s.account.PasswordPolicy() == org.PasswordsForNobody
	return page{title: "Sign in", passkeys: l.Passkeys, body: views.LoginPage(l)}
}

// login starts a session by a password. If another person set the password, and the account has more rights by now, it
// leads to a form for a new one.
func (s *Server) login(c *call) (reply, error) {
	in, err := decode(c, readCredentials).Read()
	if err != nil {
		return reply{}, err
	}
	next := localPath(in.next, views.HomeURL)
	err = s.signIn(c, false, func(begin org.BeginSession) error {
		_, err := s.account.Login(c.ctx, c.origin(), in.email, in.password, begin)
		return err
	})
	if err != nil {
		return s.notSignedIn(c, err, views.Login{Next: next, Email: in.email, Kept: in.kept})
	}
	return s.welcomeBack(c, next, in.kept), nil
}

// notSignedIn leads to what is missing, a new password or a code, or shows the form again.
func (s *Server) notSignedIn(c *call, err error, l views.Login) (reply, error) {
	if choose, ok := errors.AsType[*org.ChoosePasswordError](err); ok {
		return reply{next: to(views.PasswordURL(choose.Secret), ""), noStore: true}, nil
	}
	if needed, ok := errors.AsType[*org.CodeNeededError](err); ok && c.as != asJSON {
		l.Challenge = needed.Challenge
		return reply{html: func() (page, error) { return s.codePage(c, l) }, noStore: true}, nil
	}
	return c.again(err, func(e *org.Error) (page, error) {
		if l.Err = e; l.Challenge != "" {
			if p, err := s.codePage(c, l); org.KindOf(err) != org.Unauthenticated {
				return p, err
			}
			l.Challenge = ""
		}
		return s.loginPage(c, l), nil
	})
}

// codePage makes the second step of a sign-in whose password was right. Unauthenticated: the first step has expired.
func (s *Server) codePage(c *call, l views.Login) (page, error) {
	step, err := s.account.SecondStep(c.ctx, l.Challenge)
	l.Email, l.App, l.Passkeys = step.Email, step.App, step.Passkeys && s.hasPasskeys(c)
	return page{title: "Second step", passkeys: l.Passkeys, body: views.CodePage(l)}, err
}

// logout ends the session here, whatever happens to the one at its provider.
func (s *Server) logout(c *call) (reply, error) {
	provider, idToken, err := s.Service.SignIn.BeganWith(c.ctx, c.actor.Session)
	if err != nil {
		return reply{}, err
	}
	if err := s.signOut(c); err != nil {
		return reply{}, err
	}
	return reply{next: s.leaving(c, provider, idToken)}, nil
}

// createLoginToken signs programs in. It sets no cookie, so a page of another site gains nothing by it.
func (s *Server) createLoginToken(c *call) (reply, error) {
	in, err := decode(c, readCredentials).Read()
	if err != nil {
		return reply{}, err
	}
	token, err := s.account.LoginToken(c.ctx, c.origin(), in.email, in.password, in.code)
	if choose, ok := errors.AsType[*org.ChoosePasswordError](err); ok {
		e, _ := errors.AsType[*org.Error](choose)
		extended := *e
		extended.Detail += " Sign in at " + c.absolute(views.LoginURL) + " to replace it."
		err = &extended
	}
	return reply{status: http.StatusCreated, made: keyPath("me", token), json: client.LoginResponse{SessionToken: token}, noStore: true}, err
}

func (s *Server) deleteLoginToken(c *call) (reply, error) {
	return reply{json: client.Message{Message: "Logged out!"}}, s.signOut(c)
}
