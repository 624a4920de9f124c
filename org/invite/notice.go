package invite

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// noticed returns the mail of a notice, nil if the notice no longer applies: it is about a token that has ended, or to an account
// that is suspended.
func (s *Service) noticed(ctx context.Context, m *db.Mail) (out *outgoing, err error) {
	var n org.Notice
	unread := json.Unmarshal([]byte(m.Notice), &n)
	row, err := s.units.DB.GetUser(ctx, m.UserID.UUID)
	if db.IsNotFound(err) || err == nil && org.Status(row.Status) == org.StatusSuspended {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if stands, err := s.stillEnds(ctx, &n); err != nil || !stands {
		return nil, err
	}
	return &outgoing{write: func(ctx context.Context) (org.Mail, error) {
		if unread != nil { // otherwise it would block those behind it
			return org.Mail{}, &org.MailError{Message: "The mail could not be written.", Final: true, Err: unread}
		}
		return s.letterOf(&n, row.Username).write(ctx, m.Email)
	}}, nil
}

// stillEnds reports whether the token that a notice is about, if any, exists and has not ended.
func (s *Service) stillEnds(ctx context.Context, n *org.Notice) (bool, error) {
	var ends time.Time
	var err error
	switch n.Kind {
	case org.NoticeTokenEnds:
		var key db.GetAPIKeyRow
		key, err = s.units.DB.GetAPIKey(ctx, n.TokenID)
		ends = key.ExpiresAt
	case org.NoticeDirectoryTokenEnds:
		var token db.GetDirectoryTokenRow
		token, err = s.units.DB.GetDirectoryToken(ctx, unit.ParseID(n.TokenID))
		ends = token.ExpiresAt
	default:
		return true, nil
	}
	if db.IsNotFound(err) {
		return false, nil
	}
	return ends.After(s.units.Now()), err
}

// noticeLetter is what the mail of a notice says.
type noticeLetter struct {
	Subject     string
	Says        []string // one paragraph each
	Link, Label string
	Else        string // what to do if it was unexpected
}

// unexpected is what to do about a change that an account did not make.
const unexpected = "If that was not you, sign in, end the sessions that you don’t know, and choose another password."

// letterOf returns the letter for a notice to an account.
func (s *Service) letterOf(n *org.Notice, username string) *noticeLetter {
	account, name, at := "your account "+shown(username), shown(n.Name), moment(n.At)
	l := &noticeLetter{Link: s.base + "/users/me/security", Label: "See how you sign in"}
	switch n.Kind {
	case org.NoticeFactorsReset:
		by := shown(n.By)
		if n.By == "" { // an account may have the operator's name
			by = "The operator of this site"
		}
		l.Subject = "Your second factors were removed"
		l.Says = []string{
			by + " removed the second factors of " + account + " on rolecall: passkeys, authenticator app and recovery codes. This was on " + at + ", and ended its sessions.",
			"Sign in, and add a new one.",
		}
		l.Else = "If you did not ask for this, tell an administrator of the site."
	case org.NoticePasskeysForgotten:
		l.Subject = "Your passkeys were removed"
		l.Says = []string{
			"The site is reached at another address now. Passkeys work at the address where they were made, so those of " + account + " on rolecall were removed on " + at + ".",
			"Sign in another way, and add a new one.",
		}
		l.Else = "If you have no other way in, ask an administrator of the site."
	case org.NoticePasskeyRemoved:
		l.Subject = "A passkey was removed"
		l.Says = []string{"The passkey “" + name + "” was removed from " + account + " on rolecall, on " + at + "."}
		l.Else = unexpected
	case org.NoticeAppRemoved:
		l.Subject = "Your authenticator app was removed"
		l.Says = []string{"The authenticator app of " + account + " on rolecall was removed on " + at + ". Sign-ins no longer ask for its codes."}
		l.Else = unexpected
	case org.NoticeTokenEnds:
		s.ofToken(n, l)
	case org.NoticeDirectoryTokenEnds:
		s.ofDirectoryToken(n, l)
	}
	return l
}

func (s *Service) ofToken(n *org.Notice, l *noticeLetter) {
	name := shown(n.Name)
	l.Subject, l.Link, l.Label = "An API token ends on "+day(n.At)+": "+shown(cut(plain(n.Name), maxSubject)), s.base+"/users/me/keys/tokens", "See your tokens"
	whose := "Your API token “" + name + "”"
	if n.Owner != "" {
		whose = "The API token “" + name + "” that you made for " + shown(n.Owner)
		l.Link, l.Label = s.base+"/users/"+n.Owner+"/keys/tokens", "See its tokens"
	}
	l.Says = []string{
		whose + " on rolecall, " + n.TokenID + "-…, ends on " + moment(n.At) + ".",
		"Programs that use it are refused from then on. A token can’t be made to last longer: if they need one, make another and give it to them before.",
	}
	l.Else = "If nothing uses it, there is nothing to do."
}

func (s *Service) ofDirectoryToken(n *org.Notice, l *noticeLetter) {
	name, place := shown(n.Name), shown(n.Place)
	l.Subject = "The token of a directory ends on " + day(n.At) + ": " + shown(cut(plain(n.Name), maxSubject))
	l.Link, l.Label = s.base+"/organizations/"+n.Organization+"/directory", "See the directory"
	l.Says = []string{
		"The token with which the directory " + name + " sends the people of " + place + " to rolecall ends on " + moment(n.At) + ".",
		"From then on it adds and removes no one. Make another token on the page of the directory, and give it to " + name + " before. Two may work at once.",
	}
	l.Else = "If another token has taken over already, delete this one."
}

// day returns the day of a time, for a subject.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// write returns the mail to an address.
func (l *noticeLetter) write(ctx context.Context, to string) (org.Mail, error) {
	var html strings.Builder
	err := l.html().Render(ctx, &html) //nolint:contextcheck // the component has no context but the one that Render is given
	text := strings.Join(l.Says, "\n\n") + "\n\n" + l.Label + ":\n\n" + l.Link + "\n\n" + l.Else + "\n"
	return org.Mail{To: to, Subject: l.Subject, Text: text, HTML: html.String()}, err
}

// oldAtOnce is how many notices one transaction drops at most.
const oldAtOnce = 500

// oldNotices selects those whose last try was a while ago, or that no server has tried.
func oldNotices(now time.Time) db.ListOldNoticesParams {
	return db.ListOldNoticesParams{Before: now.Add(-mailsFor - time.Hour), MaxRows: oldAtOnce}
}

// DropOldNotices drops notices that were not sent in time: where no mails go out, an operator at the database can't know that.
func (s *Service) DropOldNotices(ctx context.Context) (err error) {
	defer org.Wrap(&err, "drop old mails")
	for {
		// This read takes no lock, so a server may repeat it often. The plan checks again.
		old, err := s.units.DB.ListOldNotices(ctx, oldNotices(s.units.Now()))
		if err != nil || len(old) == 0 {
			return err
		}
		if _, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "write", struct{}{}, planDrop, applyDrop); err != nil {
			return err
		}
	}
}

func planDrop(ctx context.Context, a *unit.Attempt, _ struct{}) ([]uuid.UUID, error) {
	a.Aside()
	return a.Q.ListOldNotices(ctx, oldNotices(a.Now))
}

func applyDrop(ctx context.Context, w *unit.Writer, old []uuid.UUID) (none struct{}, err error) {
	for _, id := range old {
		if err := w.W.DeleteMail(ctx, id); err != nil {
			return none, err
		}
	}
	return none, nil
}
