package web

import (
	"time"

	"rolecall.example/views"
)

// askCLIAuth shows the page to which Coder's CLI sends people.
func (s *Server) askCLIAuth(*call) (reply, error) {
	return reply{html: show(s.cliAuthPage(""))}, nil
}

// giveCLIAuth makes a key for the CLI and shows it, to be copied there. Another site can't make a browser send this form.
func (s *Server) giveCLIAuth(c *call) (reply, error) {
	key, err := s.account.CreateKey(c.ctx, c.actor, "me")
	return reply{html: show(s.cliAuthPage(key)), noStore: true}, err
}

func (s *Server) cliAuthPage(key string) page {
	now := time.Now()
	a := views.CLIAuth{Secret: key, Ends: now.Add(s.account.KeyLifetime()), Now: now}
	return page{title: "Coder CLI", active: "account", body: views.CLIAuthPage(a)}
}
