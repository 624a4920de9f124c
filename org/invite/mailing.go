package invite

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// A mail waits in a table that is written together with what it is about, an invitation or a change to an account: a mail server
// that is down never makes either fail. The secret of an invitation's link is made when its mail goes out: the database never has
// it, so readers of the table can accept nothing.

// Mailer hands mails to the server that sends them. Its errors are org.MailErrors.
type Mailer interface {
	Send(ctx context.Context, m org.Mail) error
	Server() org.MailServer
}

const (
	mailsAtOnce = 20
	// mailClaimed is how long a mail belongs to the server that tries to send it. Sending one takes less.
	mailClaimed = 2 * time.Minute
	// mailLast is how much longer sending a mail may take when the server stops.
	mailLast = 5 * time.Second
	// mailRetry is the time after the first try; each gap is twice the one before.
	mailRetry = time.Minute
	// mailsFor is how long sending a mail is tried.
	mailsFor = org.Day
)

// SendWith makes mails go out, with links below the address of this site, before the first request.
func (s *Service) SendWith(m Mailer, base string) {
	s.mailer, s.base = m, base
	s.units.SendMails()
}

// SendsMail reports whether invitations can go out by mail.
func (s *Service) SendsMail() bool { return s.mailer != nil }

// Queued returns a channel that receives when there is a new mail to send.
func (s *Service) Queued() <-chan struct{} { return s.queued }

func (s *Service) wakeMails() {
	select {
	case s.queued <- struct{}{}:
	default: // already signalled
	}
}

// NextMail returns when the next mail is due; ok is false if none is waiting.
func (s *Service) NextMail(ctx context.Context) (at time.Time, ok bool, err error) {
	at, err = s.units.DB.GetNextMail(ctx)
	if db.IsNotFound(err) {
		return at, false, nil
	}
	return at, err == nil, err
}

// SendMails sends the mails that are due, one after another, until ctx ends; the one being sent gets a moment
// longer. Any of several servers may do it: each mail is sent by one.
func (s *Service) SendMails(ctx context.Context) (err error) {
	defer org.Wrap(&err, "send mails")
	for s.mailer != nil {
		due, err := s.units.DB.ListDueMails(ctx, db.ListDueMailsParams{Now: s.units.Now(), MaxRows: mailsAtOnce})
		if err != nil || len(due) == 0 {
			return err
		}
		for i := range due {
			if ctx.Err() != nil {
				return nil
			}
			if err := s.sendMail(ctx, &due[i]); errors.Is(err, errMailsWait) {
				return nil // it has been logged
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// errMailsWait ends a round of sending: the mail server accepts none now.
var errMailsWait = errors.New("the mail server takes no mails now")

// outgoing is a mail about to be sent, with the stored hash of the link in it, if it has one.
type outgoing struct {
	write func(context.Context) (org.Mail, error)
	hash  []byte
}

// outgoing returns a mail as things are now, nil if there is nothing left to send. problem says why, for whoever wanted it sent.
func (s *Service) outgoing(ctx context.Context, m *db.Mail) (out *outgoing, problem string, err error) {
	if m.UserID.Valid {
		out, err = s.noticed(ctx, m)
		return out, "", err
	}
	offer, problem, err := s.mailed(ctx, m)
	if err != nil || offer == nil {
		return nil, problem, err
	}
	link, hash := newSecret(offer.ID)
	return &outgoing{hash: hash, write: func(ctx context.Context) (org.Mail, error) {
		return write(ctx, offer, s.base+"/invitations/"+link)
	}}, "", nil
}

// sendMail claims a mail, sends it and records the result.
func (s *Service) sendMail(ctx context.Context, m *db.Mail) error {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(mailLast, cancel) })()
	out, problem, err := s.outgoing(late, m)
	if err != nil {
		return err
	}
	if out == nil {
		return s.noteMail(ctx, mailResult{mail: *m, problem: problem, final: true})
	}
	claimed, _, err := unit.Do(late, s.units, nil, unit.SigningIn, "write", mailClaim{mail: *m, hash: out.hash}, planMailClaim, applyMailClaim)
	if err != nil || !claimed.mine {
		return err
	}
	text, err := out.write(late)
	if err == nil {
		err = s.mailer.Send(late, text)
	}
	r, down := mailResult{mail: claimed.mail, sent: err == nil}, false
	if err != nil {
		r.problem, down = "The mail could not be sent.", true
		if e, ok := errors.AsType[*org.MailError](err); ok {
			r.problem, r.final, down = e.Message, e.Final, e.Down
		}
		about := slog.Any("invitation", m.InvitationID.UUID)
		if m.UserID.Valid {
			about = slog.Any("user_id", m.UserID.UUID)
		}
		s.log.WarnContext(ctx, "a mail was not sent", about, "try", r.mail.Tries, "err", err)
	}
	if err := s.noteMail(ctx, r); err != nil {
		return err
	}
	if down {
		return errMailsWait
	}
	return nil
}

// noteMail records the result of a mail, even if the server is about to stop.
func (s *Service) noteMail(ctx context.Context, r mailResult) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mailLast)
	defer cancel()
	_, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "write", r, planMailResult, applyMailResult)
	return err
}

// mailed returns the invitation that a mail is about, nil if there is nothing left to send. problem says why, for its maker.
func (s *Service) mailed(ctx context.Context, m *db.Mail) (offer *org.Invitation, problem string, err error) {
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		row, err := src.Q.GetInvitation(ctx, m.InvitationID.UUID)
		if db.IsNotFound(err) || err == nil && row.State != "open" {
			return nil
		}
		if err != nil {
			return err
		}
		if stateOf(&row, src.When) != org.InvitationPending {
			problem = "The invitation expired before the mail could be sent."
			return nil
		}
		grants, err := src.Q.ListInvitationGrants(ctx, []uuid.UUID{row.ID})
		if err != nil {
			return err
		}
		places, ok, err := stands(ctx, src, &row, grants, s.policy)
		if err != nil {
			return err
		}
		if !ok {
			problem = "The invitation could no longer be accepted, so its mail was not sent."
			return nil
		}
		i := invitationOf(&row, src.When)
		for k := range places {
			i.Into = append(i.Into, places[k].offer())
		}
		offer = &i
		return nil
	})
	return offer, problem, err
}

// mailClaim is a mail that one server is about to send, with the stored hash of its link.
type mailClaim struct {
	mail db.Mail
	hash []byte
	mine bool
}

// planMailClaim checks again: another server may have been faster, or the invitation was sent again.
func planMailClaim(ctx context.Context, a *unit.Attempt, c mailClaim) (mailClaim, error) {
	a.Aside()
	now, err := a.Q.GetMail(ctx, c.mail.ID)
	if db.IsNotFound(err) {
		return c, nil
	}
	c.mine = err == nil && now.Tries == c.mail.Tries && !now.DueAt.After(a.Now)
	return c, err
}

func applyMailClaim(ctx context.Context, w *unit.Writer, c mailClaim) (mailClaim, error) {
	if !c.mine {
		return c, nil
	}
	c.mail.Tries++
	err := w.W.ClaimMail(ctx, db.ClaimMailParams{DueAt: w.Now.Add(mailClaimed), ID: c.mail.ID})
	if err != nil || !c.mail.InvitationID.Valid {
		return c, err
	}
	return c, w.W.LinkInvitation(ctx, db.LinkInvitationParams{SecretHash: c.hash, ID: c.mail.InvitationID.UUID})
}

// mailResult is the result of a mail. If it was not sent and there is no problem, there was nothing left to send.
type mailResult struct {
	mail    db.Mail
	sent    bool
	problem string
	final   bool      // it is not tried again
	next    time.Time // when it is tried again
	mine    bool
}

// planMailResult checks that the mail still belongs to this try.
func planMailResult(ctx context.Context, a *unit.Attempt, r mailResult) (mailResult, error) {
	a.Aside()
	now, err := a.Q.GetMail(ctx, r.mail.ID)
	if db.IsNotFound(err) {
		return r, nil
	}
	r.mine = err == nil && now.Tries == r.mail.Tries
	if r.next = nextTry(now.CreatedAt, a.Now, now.Tries); r.next.IsZero() {
		r.final = true
	}
	return r, err
}

// nextTry returns when a mail is tried again, the zero time for never: a minute after the first try, then after twice as long
// each time, and a last time a day after it was written.
func nextTry(created, now time.Time, tries int64) time.Time {
	last := created.Add(mailsFor)
	if !now.Before(last) {
		return time.Time{}
	}
	next := now.Add(mailRetry << min(max(tries-1, 0), 12))
	if next.After(last) {
		return last
	}
	return next
}

func applyMailResult(ctx context.Context, w *unit.Writer, r mailResult) (none struct{}, err error) {
	if !r.mine {
		return none, nil
	}
	note := db.NoteMailParams{ID: r.mail.InvitationID.UUID, Mail: org.MailFailed, SendError: r.problem}
	again := !r.sent && !r.final && r.problem != ""
	if r.sent {
		note.Mail, note.SentAt = org.MailSent, unit.NullTime(w.Now)
	}
	if again {
		note.Mail = org.MailWaiting
		err = w.W.PostponeMail(ctx, db.PostponeMailParams{DueAt: r.next, ID: r.mail.ID})
	} else {
		err = w.W.DeleteMail(ctx, r.mail.ID)
	}
	if err != nil || !r.mail.InvitationID.Valid || !r.sent && r.problem == "" {
		return none, err
	}
	return none, w.W.NoteMail(ctx, note)
}
