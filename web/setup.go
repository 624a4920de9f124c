package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/google/uuid"

	"rolecall/org"
	"rolecall/views"
)

func (s *Server) showFirstUser(c *call) (reply, error) {
	has, err := s.hasUsers(c.ctx)
	if err == nil && !has {
		return reply{status: http.StatusNotFound, data: messageJSON{"The initial user has not been created yet."}}, nil
	}
	return reply{data: messageJSON{"The initial user has already been created."}}, err
}

func (s *Server) createFirstUser(c *call) (reply, error) {
	u, o, err := s.org.CreateFirstUser(c.ctx, s.firstUser(c))
	return reply{
		status: http.StatusCreated,
		data:   map[string]uuid.UUID{"user_id": u.ID, "organization_id": o.ID},
	}, err
}

// firstUser decodes the first account. The setup token is part of the body, and is looked at with it.
func (s *Server) firstUser(c *call) org.Body[org.FirstUser] {
	_, _ = c.object() // as decode does
	return func() (org.FirstUser, error) {
		o, err := c.object()
		if err != nil {
			return org.FirstUser{}, err
		}
		right, token := !s.needsSetupToken(c), o.text("setup_token")
		if !right {
			if right, err = s.org.IsSetupToken(c.ctx, token); err != nil {
				return org.FirstUser{}, err
			}
		}
		// Asked for after the token: whoever made the first account meanwhile has used it up.
		has, err := s.hasUsers(c.ctx)
		if err != nil {
			return org.FirstUser{}, err
		}
		if !has && !right { // with a user org says so, and no token matters
			return org.FirstUser{}, errSetupToken
		}
		return readFirstUser(o), o.problem()
	}
}

// asOriginal is what clients of the original tell it about whoever sets it up. Nothing here depends on it.
var asOriginal = []string{"trial", "trial_info", "onboarding_info"}

func readFirstUser(o object) org.FirstUser {
	o.ignore(sentBack...)
	o.ignore(asOriginal...)
	return org.FirstUser{
		Email: o.text("email"), Username: o.text("username"), Name: o.text("name"), Password: o.text("password"),
	}
}

var errSetupToken = &org.Error{
	Kind:    org.Forbidden,
	Message: "The setup token is missing or wrong.",
	Detail:  "The server wrote it to its log when it started.",
	Fields:  []org.Field{{Field: "setup_token", Detail: "must be the one from the log"}},
}

// needsSetupToken says whether the request may come from another machine. Only who sits at this one, and asked for it by
// a name of this one, can make the first account without having seen the log.
func (s *Server) needsSetupToken(c *call) bool {
	r := c.request()
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err != nil || !peer.Addr().Unmap().IsLoopback() || !loopbackHost(r.Host) || forwarded(r.Header)
}

// forwarded says whether a proxy stands between, so that a loopback peer proves nothing.
func forwarded(h http.Header) bool {
	for name := range h {
		switch {
		case strings.HasPrefix(name, "X-Forwarded"), strings.HasSuffix(name, "-Ip"), name == "Forwarded", name == "Via":
			return true
		}
	}
	return false
}

// beforeSetup fails once setup is over: its pages are gone then.
func (s *Server) beforeSetup(c *call) error {
	has, err := s.hasUsers(c.ctx)
	if err == nil && has {
		return errRoute
	}
	return err
}

func (s *Server) newSetup(c *call) (reply, error) {
	return s.setupPage(c, org.FirstUser{}, nil), s.beforeSetup(c)
}

func (s *Server) setupPage(c *call, in org.FirstUser, e *org.Error) reply {
	return reply{title: "Set up", page: show(views.SetupPage(views.Setup{
		NeedToken: s.needsSetupToken(c), Email: in.Email, Username: in.Username, Name: in.Name, Err: e,
	}))}
}

func (s *Server) setup(c *call) (reply, error) {
	if err := s.beforeSetup(c); err != nil {
		return reply{}, err
	}
	err := s.signIn(c, func(ctx context.Context) error {
		_, _, err := s.org.CreateFirstUser(ctx, s.firstUser(c))
		return err
	})
	if err != nil {
		return c.again(err, func(e *org.Error) reply {
			o, _ := c.object() // unreadable: an empty form
			return s.setupPage(c, readFirstUser(o), e)
		})
	}
	return reply{next: views.HomeURL, secret: true}, nil
}
