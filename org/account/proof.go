package account

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Changing how an account signs in takes proof that its owner asks for it: the password, or a sign-in a few minutes ago.

// proof shows that the caller knows its password.
type proof struct {
	stored string // the hash that the password matched
}

// prove checks the caller's password: a session that was left open is not enough to change how the account signs in.
// Invalid: it is wrong, or there is none. TooMany: too many wrong ones.
func (s *Service) prove(ctx context.Context, subject *org.Actor, password string) (p proof, err error) {
	if subject.User.LoginType != org.LoginPassword {
		return p, org.ErrInvalid("Second factors are for accounts that sign in with a password.", "")
	}
	p.stored, err = s.ownPassword(ctx, subject, password)
	return p, err
}

// proved makes a change one about the caller's second factors. Invalid: the password has changed since it was checked.
func proved(ctx context.Context, a *unit.Attempt, p proof) error {
	a.Aside()
	a.About("mfa", a.Actor.ID(), a.Actor.User.Username, uuid.Nil)
	return samePassword(ctx, a, p)
}

// samePassword returns Invalid if the password has changed since it was checked.
func samePassword(ctx context.Context, a *unit.Attempt, p proof) error {
	current, err := a.Q.GetPasswordHash(ctx, a.Actor.ID())
	if err == nil && current != p.stored {
		err = org.FieldErrors{{Field: "password", Detail: "has changed"}}.Err("Password is incorrect.")
	}
	return err
}

// How fresh a sign-in must be to change how an account signs in without its password.
const recently = 10 * time.Minute

// Fresh reports whether the caller signed in within the last minutes. A token is no sign-in.
func (s *Service) Fresh(ctx context.Context, subject *org.Actor) (_ bool, err error) {
	defer org.Wrap(&err, "look at the session")
	if subject.Session == "" {
		return false, nil
	}
	row, err := s.units.DB.GetSessionAge(ctx, subject.Session)
	if db.IsNotFound(err) { // another session has just replaced it
		return false, nil
	}
	since := row.CreatedAt
	if row.AuthenticatedAt.Valid { // at a provider it may be longer ago than the session is
		since = row.AuthenticatedAt.Time
	}
	return s.units.Now().Sub(since) <= recently, err
}

// errSignInAgain refuses a change that only a recent sign-in could prove to come from the owner of the account.
var errSignInAgain = org.ErrInvalid("Sign in again first.", "You signed in more than 10 minutes ago, and this account has no password to ask for.")

// asked makes sure that the owner of an account changes how it signs in, and not someone who found the browser open.
// Invalid: the sign-in is too old, and the password is missing or wrong. TooMany: too many wrong ones.
func (s *Service) asked(ctx context.Context, subject *org.Actor, password string) (p proof, err error) {
	fresh, err := s.Fresh(ctx, subject)
	switch {
	case err != nil || fresh:
		return p, err
	case subject.User.LoginType != org.LoginPassword:
		return p, errSignInAgain
	case password == "":
		return p, org.FieldErrors{{Field: "password", Detail: "must be given, since you signed in more than 10 minutes ago"}}.Err("Confirm that it is you.")
	}
	p.stored, err = s.ownPassword(ctx, subject, password)
	return p, err
}

// stillProved refuses a change that rests on a password which has changed meanwhile.
func stillProved(ctx context.Context, a *unit.Attempt, p proof) error {
	if p.stored == "" {
		return nil
	}
	return samePassword(ctx, a, p)
}

// forgive clears the failures counted at the caller's password, including the attempt with the right one.
func forgive(ctx context.Context, w *unit.Writer, p proof) error {
	if p.stored == "" {
		return nil
	}
	return w.W.DeleteLoginFailures(ctx, passwordCounter(w.Actor.ID()).name)
}
