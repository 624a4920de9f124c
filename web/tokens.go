package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

func (s *Server) listTokens(c *call) (reply, error) {
	all := c.form == formJSON && c.query().text("include_all") == "true"
	list, err := s.org.Tokens(c.ctx, c.subject, c.user(), all)
	if err != nil {
		return reply{}, err
	}
	r := s.tokensPage(c, views.Tokens{Tokens: list, Revoke: c.query().text("revoke")})
	if r.data = each(list, wireToken); len(list) == 0 {
		r.data = []client.Token(nil) // the one list that clients expect as null when there is nothing in it
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
	in := org.TokenInput{Name: o.text("token_name")}
	if o.form {
		days, _ := o.number("days")
		in.Lifetime = time.Duration(min(days, 1000)) * 24 * time.Hour // more is refused, however much it is
		return in
	}
	lifetime, _ := o.number("lifetime")
	in.Lifetime = time.Duration(lifetime)
	in.Scope, in.Scopes, in.AllowList = o.text("scope"), o.texts("scopes", maxItems), o.allowList("allow_list")
	o.ignore("id", "created_at", "updated_at") // of an answer; the rest of one could be meant to limit the token
	return in
}

// allowList reads the things that a token may touch, each an object or the text "type:id".
func (o object) allowList(name string) []string {
	list, _ := value[[]any](o, name, "must be a list")
	if len(list) > maxItems {
		o.wrong(name, fmt.Sprintf("must have at most %d entries", maxItems))
		return nil
	}
	var entries []string
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", name, i)
		switch v := v.(type) {
		case string:
			entries = append(entries, v)
		case map[string]any:
			entry := o.inside(at, v, o.shape.at(name))
			entries = append(entries, entry.text("type")+":"+entry.text("id"))
		default:
			o.wrong(at, "must be an object or a string")
		}
	}
	return entries
}

func (s *Server) createToken(c *call) (reply, error) {
	key, _, err := s.org.CreateToken(c.ctx, c.subject, c.user(), decode(c, readToken))
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.listedTokens(c, views.Tokens{Err: e}) })
	}
	r := s.listedTokens(c, views.Tokens{Secret: key})
	r.status, r.data, r.secret = http.StatusCreated, client.CreateTokenResponse{Key: key}, true
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
