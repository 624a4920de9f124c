package web

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/views"
)

// accountPage makes the page of the caller's own account; form is the form that e refused, "" if it was none of them.
func (s *Server) accountPage(c *call, form string, e *org.Error) (p page, err error) {
	a := views.Account{Passkeys: s.hasPasskeys(c), Providers: len(s.Providers.List()) > 0, Confirm: c.query().text("confirm") == "signout", Err: e, Failed: form, Now: c.now()}
	if a.UserView, err = s.account.UserView(c.ctx, c.actor, "me"); err != nil {
		return p, err
	}
	if a.Sessions, err = s.account.Sessions(c.ctx, c.actor); err != nil {
		return p, err
	}
	if a.ReadTokens {
		list, err := s.account.Tokens(c.ctx, c.actor, "me", org.TokenFilter{Kind: org.TokensEnding})
		if err != nil {
			return p, err
		}
		a.Ending = views.TokensTold(list, a.Now)
	}
	if e != nil {
		o, _ := c.object() // unreadable: an empty form
		a.Username, a.Name = o.text("username"), o.text("name")
	}
	return page{title: "Account", active: "account", body: views.AccountPage(a)}, nil
}

// endSession ends one of the caller's sessions, usually that of another browser. Kept answers are dropped too: one may
// hold a secret.
func (s *Server) endSession(c *call) (reply, error) {
	if err := s.account.EndSession(c.ctx, c.actor, c.param("id")); err != nil {
		return reply{}, err
	}
	s.repeats.forget(c.actor.ID())
	return reply{next: to(views.AccountURL, "The session has ended.")}, nil
}

// endSessions ends every session of the caller, the one of this request included, so it leads to the page to sign in.
func (s *Server) endSessions(c *call) (reply, error) {
	if err := s.account.EndSessions(c.ctx, c.actor); err != nil {
		return reply{}, err
	}
	s.repeats.forget(c.actor.ID())
	if c.session {
		s.writeSession(c, "", time.Time{})
	}
	return reply{next: to(views.LoginURL, "")}, nil
}

// newPassword answers a link to set a password. The secret in its path is never logged, and the next page never learns
// it: the browser sends at most the origin, which the check for forms from other sites needs.
func (s *Server) newPassword(c *call) (reply, error) {
	c.keepSecret()
	link, err := s.account.OpenPasswordLink(c.ctx, c.param("secret"))
	return reply{html: show(passwordPage(c, link, nil))}, err
}

// keepSecret keeps the secret in the path out of caches and out of the Referer of the next request. It is set before the
// use case runs, so that refusals have the headers too.
func (c *call) keepSecret() {
	c.header("Referrer-Policy", "strict-origin")
	c.header("Cache-Control", "no-store")
}

func passwordPage(c *call, link org.PasswordLink, e *org.Error) page {
	link.Secret = c.param("secret")
	return page{title: "Set your password", body: views.SetPasswordPage(views.SetPassword{PasswordLink: link, Err: e})}
}

// usePasswordLink sets the password by a link. It starts no session and leads to the sign-in page.
func (s *Server) usePasswordLink(c *call) (reply, error) {
	c.keepSecret()
	err := s.account.UsePasswordLink(c.ctx, c.origin(), c.param("secret"), decode(c, readPassword))
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			link, err := s.account.OpenPasswordLink(c.ctx, c.param("secret"))
			return passwordPage(c, link, e), err
		})
	}
	return reply{next: to(views.SignedOutURL, "")}, nil
}
