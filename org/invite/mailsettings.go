package invite

import (
	"context"
	"errors"
	"time"

	"rolecall.example/org"
)

// MailStatus reports how mails go out. Forbidden: the caller is not a site owner.
func (s *Service) MailStatus(ctx context.Context, who *org.Actor) (status org.MailStatus, err error) {
	defer org.Wrap(&err, "read how mails go out")
	if err := mayTestMail(who); err != nil {
		return status, err
	}
	if s.mailer != nil {
		server := s.mailer.Server()
		status.Server = &server
	}
	waiting, err := s.CountMails(ctx)
	status.Waiting = int(waiting)
	return status, err
}

// CountMails counts the mails waiting to go out. It is for the operator, so it checks no permission.
func (s *Service) CountMails(ctx context.Context) (int64, error) { return s.units.DB.CountMails(ctx) }

// SendTestMail sends the caller a mail, and returns the address. Forbidden: the caller is not a site owner. Conflict: no mail
// server is set, or the caller has no address. Unavailable: the mail was not sent, and why.
func (s *Service) SendTestMail(ctx context.Context, who *org.Actor) (to string, err error) {
	defer org.Wrap(&err, "send a test mail")
	if err := mayTestMail(who); err != nil {
		return "", err
	}
	switch to = who.User.Email; {
	case s.mailer == nil:
		return "", &org.Error{Kind: org.Conflict, Message: "No mail server is set.", Detail: "An operator sets one with --smtp-address and --smtp-from."}
	case to == "":
		return "", &org.Error{Kind: org.Conflict, Message: "Your account has no address that a mail could go to."}
	}
	err = s.mailer.Send(ctx, org.TestMail(to))
	if e, ok := errors.AsType[*org.MailError](err); ok {
		cause := ""
		if e.Err != nil { // owners may see what others may not
			cause = e.Err.Error()
		}
		return "", &org.Error{Kind: org.Unavailable, RetryAfter: 30 * time.Second, Message: "The test mail was not sent. " + e.Message, Detail: cause, Err: e}
	}
	return to, err
}

// mayTestMail refuses callers who do not run the site: they would learn the names of its machines.
func mayTestMail(who *org.Actor) error {
	if who == nil || !who.Owner() {
		return &org.Error{Kind: org.Forbidden, Message: "Only an owner of the site may see how mails go out."}
	}
	return nil
}
