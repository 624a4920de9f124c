package signin

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
)

// How recent a sign-in must be to link another one without the password, and how long the provider's answer may take.
const (
	recently = 10 * time.Minute
	onTheWay = 10 * time.Minute
)

// Identities returns the sign-ins at providers that belong to the caller.
func (s *Service) Identities(ctx context.Context, subject *org.Actor) (_ []org.Identity, err error) {
	defer org.Wrap(&err, "list identities")
	rows, err := s.units.DB.ListIdentities(ctx, subject.ID())
	list := make([]org.Identity, len(rows))
	for i, r := range rows {
		list[i] = org.Identity{
			Provider: r.Provider, Issuer: r.Issuer, Subject: r.Subject, Email: r.Email, CreatedAt: r.CreatedAt, LastLoginAt: r.LastLoginAt.Time,
		}
	}
	return list, err
}

// Fresh reports whether the caller has authenticated recently. Invalid: the request did not come with a browser session.
func (s *Service) Fresh(ctx context.Context, subject *org.Actor) (_ bool, err error) {
	defer org.Wrap(&err, "look at the session")
	age, err := s.age(ctx, subject)
	return err == nil && age <= recently, err
}

// age returns how long ago the person of a session authenticated. Errors as Fresh.
func (s *Service) age(ctx context.Context, subject *org.Actor) (time.Duration, error) {
	if subject.Session == "" {
		return 0, org.ErrInvalid("Link a sign-in in a browser.", "The answer of the provider is bound to a browser session, and this request has none.")
	}
	row, err := s.units.DB.GetSessionAge(ctx, subject.Session)
	if db.IsNotFound(err) {
		return 0, org.SignedOut()
	}
	since := row.CreatedAt
	if row.AuthenticatedAt.Valid {
		since = row.AuthenticatedAt.Time
	}
	return s.units.Now().Sub(since), err
}

// MayLink makes sure that the person of a session links a sign-in, and not someone who found the browser open. Link
// needs what it returns. Invalid: the session is older, and the password is missing or wrong, or was set by someone else.
// TooMany: too many wrong passwords.
func (s *Service) MayLink(ctx context.Context, subject *org.Actor, password string) (confirmation string, err error) {
	if err := account.ChosePassword(ctx, s.units.DB.Reads, subject.ID()); err != nil { // which planLink would refuse in the end
		return "", err
	}
	fresh, err := s.Fresh(ctx, subject)
	if err != nil || fresh {
		return "", err
	}
	if password == "" {
		return "", org.FieldErrors{{Field: "password", Detail: "must be given, since you signed in more than 10 minutes ago"}}.Err("Confirm that it is you.")
	}
	return s.account.ConfirmPassword(ctx, subject, password)
}

// mayStillLink repeats the check of MayLink: whoever has the session can forge everything else that the browser sends back.
func (s *Service) mayStillLink(ctx context.Context, subject *org.Actor, confirmation string) (bool, error) {
	age, err := s.age(ctx, subject)
	if err != nil || age <= recently+onTheWay {
		return err == nil, err
	}
	return s.account.Confirmed(ctx, subject, confirmation)
}

// Link gives the caller another way to sign in; MayLink returned the confirmation. Invalid: it did not, or too long ago, or would
// not now. Forbidden: the provider says that the person may not use this site. Conflict: the sign-in belongs to another account,
// or the caller has one at this provider.
func (s *Service) Link(ctx context.Context, subject *org.Actor, p *org.Provider, proof org.Proof, confirmation string) (err error) {
	defer org.Wrap(&err, "link a sign-in at %q", p.ID)
	may, err := s.mayStillLink(ctx, subject, confirmation)
	if err != nil {
		return err
	}
	if !may {
		refusal := org.ErrInvalid("It is too long ago that you said who you are. Start again.", "")
		return s.Refuse(ctx, subject.Request, p.ID, proof, refusal, "the session did not begin this link, or too long ago")
	}
	in := signIn{request: subject.Request, provider: p, proof: proof}
	in.email, in.sure = address(p, proof.Claims)
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "create", in, planLink, applyLink)
	return err
}

// linking is the decision about a link.
type linking struct {
	signIn
	user     uuid.UUID // uuid.Nil: there is nothing to do
	username string
	verifies bool
}

// planLink checks no permission: everybody may add a way to sign in to their own account. The provider must allow the person
// on this site here too, or an account could outlive the right to use it.
func planLink(ctx context.Context, a *unit.Attempt, in signIn) (l linking, err error) {
	l.signIn = in
	a.About(identityType, identityID(in.proof.Issuer, in.proof.Subject), in.proof.Subject, uuid.Nil)
	if err := account.ChosePassword(ctx, a.Q, a.Actor.ID()); err != nil {
		return l, err
	}
	if !meets(in.provider, in.proof.Claims) {
		a.Because("require or email_domains is not met")
		return l, errNotForThisSite(in.provider)
	}
	found, err := a.Q.GetIdentity(ctx, db.GetIdentityParams{Issuer: in.proof.Issuer, Subject: in.proof.Subject})
	switch {
	case err == nil && found.UserID == a.Actor.ID():
		return l, nil
	case err == nil:
		return l, &org.Error{Kind: org.Conflict, Message: "This sign-in belongs to another account."}
	case !db.IsNotFound(err):
		return l, err
	}
	has, err := a.Q.ListIdentities(ctx, a.Actor.ID())
	if err != nil {
		return l, err
	}
	for _, other := range has {
		if other.Provider == in.provider.ID {
			return l, &org.Error{Kind: org.Conflict, Message: "You have another sign-in at " + in.provider.Name + ".", Detail: "Unlink it first."}
		}
	}
	row, err := a.Q.GetUser(ctx, a.Actor.ID())
	if err != nil {
		return l, err
	}
	ways, err := a.Q.GetWaysIn(ctx, row.ID)
	l.user, l.username = row.ID, row.Username
	l.verifies = in.sure && !ways.EmailVerified && sameAddress(row.Email, in.email)
	return l, err
}

// applyLink records, in a row of its own, an address that the provider has proved.
func applyLink(ctx context.Context, w *unit.Writer, l linking) (none struct{}, err error) {
	if l.user == uuid.Nil {
		return none, nil
	}
	if err := storeIdentity(ctx, w, l.signIn, l.user); err != nil || !l.verifies {
		return none, err
	}
	if err := w.Record(ctx); err != nil {
		return none, err
	}
	w.Begin("write", 200)
	w.About("user", l.user, l.username, uuid.Nil)
	w.Field("email_verified", false, true)
	return none, w.W.VerifyEmail(ctx, db.VerifyEmailParams{Now: w.Now, ID: l.user})
}

// Unlink takes a way to sign in from the caller. NotFound: it has none at this provider. Invalid: it is the last one.
func (s *Service) Unlink(ctx context.Context, subject *org.Actor, provider string) (err error) {
	defer org.Wrap(&err, "unlink a sign-in at %q", provider)
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", unlink{provider, s.account}, planUnlink, applyUnlink)
	return err
}

// unlink asks to take a sign-in away.
type unlink struct {
	provider string
	account  *account.Service
}

// planUnlink makes sure that a way in remains: a password that the policy accepts, another configured provider, or a passkey.
func planUnlink(ctx context.Context, a *unit.Attempt, in unlink) (gone org.Identity, err error) {
	has, err := a.Q.ListIdentities(ctx, a.Actor.ID())
	if err != nil {
		return gone, err
	}
	for _, r := range has {
		if r.Provider == in.provider {
			gone = org.Identity{Provider: r.Provider, Issuer: r.Issuer, Subject: r.Subject}
		}
	}
	if gone.Provider == "" {
		return gone, org.ErrNotFound()
	}
	a.About(identityType, identityID(gone.Issuer, gone.Subject), gone.Subject, uuid.Nil)
	if n, err := a.Q.CountPasskeys(ctx, a.Actor.ID()); err != nil || n > 0 {
		return gone, err
	}
	other, err := account.OtherWayIn(ctx, a, in.account.PasswordPolicy(), in.provider)
	if err == nil && !other {
		err = org.ErrInvalid("This is your last way in.", "Set a password, add a passkey or link another sign-in first.")
	}
	return gone, err
}

// applyUnlink does not end sessions: the person is the same.
func applyUnlink(ctx context.Context, w *unit.Writer, gone org.Identity) (none struct{}, err error) {
	w.Field("provider", gone.Provider, nil)
	w.Field("issuer", gone.Issuer, nil)
	w.Field("subject", gone.Subject, nil)
	return none, w.W.DeleteIdentity(ctx, db.DeleteIdentityParams{UserID: w.Actor.ID(), Provider: gone.Provider})
}
