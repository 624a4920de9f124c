package web

import (
	"net/http"
	"strings"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// showFirstUser answers 404 until setup is over, as Coder's API does.
func (s *Server) showFirstUser(c *call) (reply, error) {
	has, err := s.hasUsers(c.ctx)
	if err == nil && !has {
		return reply{status: http.StatusNotFound, json: client.Message{Message: "The initial user has not been created!"}}, nil
	}
	return reply{json: client.Message{Message: "The initial user has already been created!"}}, err
}

func (s *Server) createFirstUser(c *call) (reply, error) {
	u, o, err := s.account.CreateFirstUser(c.ctx, c.origin(), s.firstUser(c), nil)
	return reply{
		status: http.StatusCreated,
		made:   views.UserURL(u.ID.String()),
		json:   client.FirstUserResponse{UserID: u.ID, OrganizationID: o.ID},
	}, err
}

// firstUser decodes the first account. The setup token is part of the body and is checked before the rest of it.
func (s *Server) firstUser(c *call) org.Input[org.FirstUser] {
	o, err := c.object()
	if err == nil {
		err = s.checkSetupToken(c, o.text("setup_token"))
	}
	if err != nil {
		return org.NewInput(org.FirstUser{}, err)
	}
	return decode(c, readFirstUser)
}

// checkSetupToken refuses a wrong token while there is no account. A request from this machine needs it too, since a
// proxy on it may forward any request.
func (s *Server) checkSetupToken(c *call, token string) error {
	right, err := s.account.CheckSetupToken(c.ctx, token)
	if err != nil || right {
		return err
	}
	// Checked after the token: the request that made the first account in the meantime has used the token up. Once
	// there is an account, the token no longer matters, and org refuses the request.
	if has, err := s.hasUsers(c.ctx); err != nil || has {
		return err
	}
	return errSetupToken
}

// asOriginal lists what Coder's clients send about the person who sets the server up. It has no effect here.
var asOriginal = []string{"trial", "trial_info", "onboarding_info"}

func readFirstUser(o object) org.FirstUser {
	o.ignore(sentBack...)
	o.ignore(asOriginal...)
	_ = o.text("setup_token") // checkSetupToken compares it
	in := org.FirstUser{
		Email: o.text("email"), Username: o.text("username"), Name: o.text("name"), Password: o.text("password"),
	}
	if o.form {
		in.Organization = strings.TrimSpace(o.text("organization"))
	}
	return in
}

var errSetupToken = &org.Error{
	Kind:    org.Forbidden,
	Message: "The setup token is missing or wrong.",
	Detail:  "The server wrote it to its log when it started.",
	Fields:  []org.Field{{Field: "setup_token", Detail: "must be the one from the log"}},
}

// beforeSetup fails once setup is done: its pages are gone then.
func (s *Server) beforeSetup(c *call) error {
	has, err := s.hasUsers(c.ctx)
	if err == nil && has {
		return errRoute
	}
	return err
}

func (s *Server) newSetup(c *call) (reply, error) {
	return reply{noStore: true, html: show(setupPage(c.query().text("setup_token"), org.FirstUser{}, nil))}, s.beforeSetup(c)
}

// setupPage makes the form for the first account. The address in the log fills in the token.
func setupPage(token string, in org.FirstUser, e *org.Error) page {
	return page{title: "Set up", body: views.SetupPage(views.Setup{
		Token: token, Organization: in.Organization, Email: in.Email, Username: in.Username, Name: in.Name, Err: e,
	})}
}

// setup creates the first account and signs it in, in one transaction. No cache may keep the answer: it contains the
// session or the token.
func (s *Server) setup(c *call) (reply, error) {
	if err := s.beforeSetup(c); err != nil {
		return reply{}, err
	}
	var first org.User
	var home org.Organization
	err := s.signIn(c, false, func(begin org.BeginSession) (err error) {
		first, home, err = s.account.CreateFirstUser(c.ctx, c.origin(), s.firstUser(c), begin)
		return err
	})
	r := reply{next: to(views.OverviewURL(home.Name), "Welcome, "+first.Label()+". "+home.Label()+" is ready.")}
	if err != nil {
		r, err = c.again(err, func(e *org.Error) (page, error) {
			o, _ := c.object() // unreadable: an empty form
			return setupPage(o.text("setup_token"), readFirstUser(o), e), nil
		})
	}
	r.noStore = true
	return r, err
}

// setUpFirst redirects every page to setup until there is an account.
func (s *Server) setUpFirst(c *call) (answered bool, err error) {
	if c.as == asJSON {
		return false, nil
	}
	has, err := s.hasUsers(c.ctx)
	if has || err != nil {
		return false, err
	}
	return true, s.respond(c, reply{next: to(views.SetupURL, "")})
}
