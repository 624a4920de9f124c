package web

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"rolecall/org"
	"rolecall/views"
)

func (s *Server) listTokens(c *call) (reply, error) {
	all := c.form == formJSON && c.query().text("include_all") == "true"
	list, err := s.org.Tokens(c.ctx, c.subject, c.user(), all)
	if err != nil {
		return reply{}, err
	}
	r := s.tokensPage(c, views.Tokens{Tokens: list, Revoke: c.query().text("revoke")})
	if r.data = each(list, wireToken); len(list) == 0 {
		r.data = []tokenJSON(nil) // the one list that clients expect as null when there is nothing in it
	}
	return r, nil
}

// tokensPage is the list of the tokens of an account, with what t says besides them.
func (s *Server) tokensPage(c *call, t views.Tokens) reply {
	r := reply{
		title:  "API tokens",
		active: "tokens",
		secret: t.Secret != "",
		page: func() (templ.Component, error) {
			v, err := s.org.UserView(c.ctx, c.subject, c.user())
			t.UserView, t.Now = v, time.Now()
			return views.TokensPage(t), err
		},
	}
	if c.user() != "me" {
		r.active = "users"
		r.crumbs = append(c.usersCrumb(), views.Crumb{Label: c.user(), URL: views.UserURL(c.user())})
	}
	return r
}

func readToken(o object) org.TokenInput {
	lifetime, _ := o.number("lifetime")
	in := org.TokenInput{Name: o.text("token_name"), Lifetime: time.Duration(lifetime), Scope: o.text("scope")}
	if days, ok := o.number("days"); ok && o.form {
		in.Lifetime = time.Duration(min(days, 1000)) * 24 * time.Hour // more is refused, however much it is
	}
	return in
}

func (s *Server) createToken(c *call) (reply, error) {
	key, _, err := s.org.CreateToken(c.ctx, c.subject, c.user(), decode(c, readToken))
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.listedTokens(c, views.Tokens{Err: e}) })
	}
	r := s.listedTokens(c, views.Tokens{Secret: key})
	r.status, r.data, r.secret = http.StatusCreated, map[string]string{"key": key}, true
	return r, nil
}

// listedTokens is the list after one of its forms was sent; after a refusal it is filled as it was.
func (s *Server) listedTokens(c *call, t views.Tokens) reply {
	r := s.tokensPage(c, t)
	r.page = func() (templ.Component, error) {
		var err error
		if t.Tokens, err = s.org.Tokens(c.ctx, c.subject, c.user(), false); err != nil {
			return nil, err
		}
		if t.Err != nil {
			o, _ := c.object() // unreadable: an empty form
			days, _ := o.number("days")
			t.Name, t.Days = o.text("token_name"), int(days)
		}
		return s.tokensPage(c, t).page()
	}
	return r
}

func (s *Server) deleteToken(c *call) (reply, error) {
	if err := s.org.DeleteToken(c.ctx, c.subject, c.user(), c.param("id")); err != nil {
		return c.again(err, func(e *org.Error) reply { return s.listedTokens(c, views.Tokens{Err: e}) })
	}
	return reply{status: http.StatusNoContent, next: views.TokensURL(c.user()), flash: "The token was revoked."}, nil
}
