package web

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/views"
)

// accountPage is the page of the caller's own account; form is the one that e refused, "" if it was none of them.
func (s *Server) accountPage(c *call, form string, e *org.Error) (p page, err error) {
	a := views.Account{Providers: len(s.Providers.List()) > 0, Shortcuts: c.shortcuts(), Confirm: c.query().text("confirm") == "signout", Err: e, Failed: form, Now: time.Now()}
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

// endSession ends one of the caller's sessions, of another browser as a rule. Kept answers go with it: one may hold a
// secret.
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

const (
	keysCookie = "keys"
	keysOff    = "off"
)

// shortcuts reports whether the single-key shortcuts are on. Like the theme it is a matter of the browser, not of the
// account: another keyboard, another answer.
func (c *call) shortcuts() bool { return c.cookie(keysCookie) != keysOff }

// setShortcuts reads a box that may be unticked, so the form has another field too.
func (s *Server) setShortcuts(c *call) (reply, error) {
	on, err := decode(c, func(o object) bool { return o.flag("shortcuts") }).Read()
	if err != nil {
		return reply{}, err
	}
	done, life := "Single-key shortcuts are on.", -time.Second
	if !on {
		done, life = "Single-key shortcuts are off.", themeLife
	}
	c.setCookie(keysCookie, keysOff, life, true)
	return reply{next: to(views.AccountURL+"#keyboard", done)}, nil
}

// newPassword is where a link to set a password leads. The secret in its path is written into no log, and no page that it
// leads to learns it: the browser gives away the origin at most, which the check for forms from other sites needs.
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

// usePasswordLink sets the password of a link. It starts no session and leads to the page to sign in.
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
