package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// mailRoutes is the part of the table about mails.
var mailRoutes = []Route{
	{http.MethodGet, views.MailURL, SignedIn, API | Page, "show how mails go out", (*Server).showMail},
	{http.MethodPost, views.MailTestURL, SignedIn, API | Page, "send the caller a test mail", (*Server).sendTestMail},
}

// testMailTime is how long the mail server may take while a person waits.
const testMailTime = 20 * time.Second

// showMail shows owners how mail is sent.
func (s *Server) showMail(c *call) (reply, error) {
	status, err := s.invites.MailStatus(c.ctx, c.actor)
	return reply{json: wireMail(&status), html: show(s.mailPage(c, status, nil))}, err
}

func (s *Server) mailPage(c *call, status org.MailStatus, e *org.Error) page {
	v := views.Mail{MailStatus: status, Err: e}
	if c.actor != nil {
		v.To = c.actor.User.Email
	}
	return page{title: "Mail", active: "mail", body: views.MailPage(v)}
}

// sendTestMail sends a mail while the caller waits, so that they see problems at once.
func (s *Server) sendTestMail(c *call) (reply, error) {
	c.takeTime() // requests to the mail server have their own time limit
	ctx, cancel := context.WithTimeout(c.ctx, testMailTime)
	defer cancel()
	sent, err := s.invites.SendTestMail(ctx, c.actor)
	if e, ok := errors.AsType[*org.Error](err); ok && e.Kind == org.Unavailable && c.as != asJSON {
		status, err := s.invites.MailStatus(c.ctx, c.actor)
		c.retryAfter(e)
		return reply{status: e.Kind.Status(), html: show(s.mailPage(c, status, e)), noStore: true}, err
	}
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			status, err := s.invites.MailStatus(c.ctx, c.actor)
			return s.mailPage(c, status, e), err
		})
	}
	return reply{json: client.TestMail{To: sent}, next: to(views.MailURL, "A test mail is on its way to "+sent+".")}, nil
}

func wireMail(m *org.MailStatus) client.MailStatus {
	w := client.MailStatus{Waiting: m.Waiting}
	if m.Server != nil {
		w.Enabled, w.Address, w.From, w.TLS, w.SignsIn = true, m.Server.Address, m.Server.From, m.Server.Mode, m.Server.SignsIn
	}
	return w
}
