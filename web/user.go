package web

import (
	"cmp"
	"net/http"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// showUser returns an account. On a page "me" is the caller's own account with its sessions and settings.
func (s *Server) showUser(c *call) (reply, error) {
	if c.user() == "me" && c.as != asJSON {
		return reply{html: func() (page, error) { return s.accountPage(c, "", nil) }}, nil
	}
	u, err := s.account.User(c.ctx, c.actor, c.user())
	if err != nil {
		return reply{}, err
	}
	return reply{json: wireUser(&u), version: u.Tag(), html: func() (page, error) {
		p, err := s.userPage(c, views.UserPage{
			Confirm: c.query().text("confirm") == "delete", Suspend: c.query().text("confirm") == "suspend", Created: c.query().flag("created"),
		})
		p.title = u.Label()
		return p, err
	}}, nil
}

// userPage makes the page of an account, with the other content in p.
func (s *Server) userPage(c *call, p views.UserPage) (page, error) {
	v, err := s.account.UserView(c.ctx, c.actor, c.user())
	if err != nil {
		return page{}, err
	}
	if p.Activity, err = s.activity(c, "", v.User.Username, v.User.ID); err != nil {
		return page{}, err
	}
	p.UserView, p.LinkRoles, p.LinkAudit, p.Back, p.Now, p.Names = v, c.may("read", "assign_role", uuid.Nil), c.may("read", "audit_log", uuid.Nil), c.cameFrom(), c.now(), s.sourceNames()
	return page{title: c.user(), active: "users", crumbs: c.usersCrumb(), body: views.UserPageBody(p)}, err
}

// refusedUser makes the page of an account, or of the caller's own, after one of its forms was refused; form is "" if
// it was none of them.
func (s *Server) refusedUser(c *call, form string) func(*org.Error) (page, error) {
	return func(e *org.Error) (page, error) {
		if c.user() == "me" {
			return s.accountPage(c, form, e)
		}
		o, _ := c.object() // unreadable: an empty form
		return s.userPage(c, views.UserPage{Err: e, Failed: form, Username: o.text("username"), Name: o.text("name"), Email: o.text("email")})
	}
}

// userHome returns the page that follows a form about an account: the one with the form.
func (c *call) userHome(username string) string {
	if c.user() == "me" {
		return views.AccountURL
	}
	return views.UserURL(username)
}

// deleteUser deletes an account. If it is refused, the page asks again and shows the reason.
func (s *Server) deleteUser(c *call) (reply, error) {
	u, err := s.account.DeleteUser(c.ctx, c.actor, c.user(), c.ifMatch())
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.userPage(c, views.UserPage{Err: e, Confirm: true}) })
	}
	return reply{
		json: client.Message{Message: "User has been deleted!"},
		next: to(c.usersHome(), u.Label()+" was deleted."),
	}, nil
}

func (s *Server) updateProfile(c *call) (reply, error) {
	u, err := s.account.UpdateProfile(c.ctx, c.actor, c.user(), decode(c, func(o object) org.Profile {
		o.ignore(sentBack...)
		return org.Profile{Username: o.text("username"), Name: o.text("name"), AvatarURL: o.optional("avatar_url"), Email: o.optional("email"), IfMatch: c.versions(o)}
	}))
	if err != nil {
		return c.again(err, s.refusedUser(c, "profile"))
	}
	return reply{json: wireUser(&u), version: u.Tag(), next: to(c.userHome(u.Username), "The profile was saved.")}, nil
}

// setPassword sets a password, which ends every session of the account. A caller that changes its own password on the
// page gets a new session in the same transaction and stays signed in.
func (s *Server) setPassword(c *call) (reply, error) {
	done := "The password was set."
	set := func(begin org.BeginSession) error {
		return s.account.SetPassword(c.ctx, c.actor, c.user(), decode(c, c.passwordChange), begin)
	}
	var err error
	if c.user() == "me" && c.session && c.as != asJSON {
		// The old session ends with all others; a caller that knows both passwords does not have to sign in again.
		done = "Your password was changed. Every other session has ended."
		err = s.signIn(c, s.sessions.GetBool(c.ctx, sessionFactor), set)
		s.repeats.forget(c.actor.ID())
	} else {
		err = set(nil)
	}
	if err != nil {
		return c.again(err, s.refusedUser(c, "password"))
	}
	return reply{status: http.StatusNoContent, next: to(c.userHome(c.user()), done)}, nil
}

func readPassword(o object) org.PasswordInput {
	return org.PasswordInput{Password: o.text("password"), OldPassword: o.text("old_password")}
}

// passwordChange is readPassword for an account that is already known.
func (c *call) passwordChange(o object) org.PasswordInput {
	in := readPassword(o)
	in.IfMatch = c.versions(o)
	return in
}

func (s *Server) suspendUser(c *call) (reply, error) {
	return s.setStatus(c, org.StatusSuspended, " was suspended.")
}

func (s *Server) activateUser(c *call) (reply, error) {
	return s.setStatus(c, org.StatusActive, " was reactivated.")
}

// setStatus suspends or activates an account. It leads back to the page with the form, the list or the account.
func (s *Server) setStatus(c *call, status org.Status, told string) (reply, error) {
	u, done, err := s.account.SetStatus(c.ctx, c.actor, c.user(), status, c.ifMatch())
	if err != nil {
		return c.again(err, s.refusedUser(c, ""))
	}
	home := cmp.Or(c.answered(), c.cameFrom(), c.userHome(u.Username))
	next := to(home, u.Label()+told)
	next.undo = undoOf(done)
	return reply{json: wireUser(&u), version: u.Tag(), next: next}, nil
}
