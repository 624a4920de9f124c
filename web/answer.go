package web

import (
	"errors"

	"github.com/labstack/echo/v4"

	"rolecall.example/org"
)

// answer is the end of a chain: it runs the handler of the route and sends what came of it.
func (s *Server) answer(ec echo.Context) error {
	c := callOf(ec)
	err := s.answerOnce(c)
	for range maxMoved {
		if !errors.Is(err, org.ErrCatalogMoved) || !c.safe() || c.response().Committed {
			break
		}
		if c.route.Access == SignedIn {
			if err = s.authenticate(c); err != nil {
				break
			}
		}
		err = s.answerOnce(c)
	}
	return err
}

// maxMoved is how often a read begins again because another catalog came into force under it.
const maxMoved = 5

func (s *Server) answerOnce(c *call) error {
	r, err := c.route.handle(s, c)
	if err != nil {
		return err
	}
	return s.respond(c, r)
}
