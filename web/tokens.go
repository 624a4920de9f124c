package web

import (
	"net/http"
	"time"

	"rolecall/org"
)

func (s *Server) listTokens(c *call) (reply, error) {
	all := c.query().text("include_all") == "true"
	list, err := s.org.Tokens(c.ctx, c.subject, c.user(), all)
	tokens := each(list, wireToken)
	if len(tokens) == 0 {
		tokens = nil // the one list that clients expect as null when there is nothing in it
	}
	return reply{data: tokens}, err
}

func (s *Server) createToken(c *call) (reply, error) {
	key, _, err := s.org.CreateToken(c.ctx, c.subject, c.user(), decode(c, func(o object) org.TokenInput {
		lifetime, _ := o.number("lifetime")
		return org.TokenInput{
			Name:     o.text("token_name"),
			Lifetime: time.Duration(lifetime),
			Scope:    o.text("scope"),
		}
	}))
	return reply{status: http.StatusCreated, data: map[string]string{"key": key}, secret: true}, err
}

func (s *Server) deleteToken(c *call) (reply, error) {
	err := s.org.DeleteToken(c.ctx, c.subject, c.user(), c.param("id"))
	return reply{status: http.StatusNoContent}, err
}
