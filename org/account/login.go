package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Login checks an e-mail address and a password, and begins a session. Every wrong login costs one hash
// and gets the same answer. Unauthenticated: wrong, or suspended. TooMany: too many wrong ones for this account or from
// this address. Unavailable: too many logins at once. A ChoosePasswordError with a link: right, but it has to be replaced first.
func (s *Service) Login(ctx context.Context, r org.Request, email, password string, begin org.BeginSession) (_ org.User, err error) {
	defer org.Wrap(&err, "log in")
	in, err := s.login(ctx, email, password, admission{request: r, begin: begin, links: true})
	return in.user, in.goOn(err)
}

// goOn adds to a refusal the secret that the caller can continue with, if there is one.
func (in signedIn) goOn(err error) error {
	switch {
	case errors.Is(err, org.ErrChoosePassword):
		return &org.ChoosePasswordError{Secret: in.link}
	case errors.Is(err, org.ErrCodeNeeded):
		return &org.CodeNeededError{Challenge: in.link}
	}
	return err
}

// LoginToken is Login for programs: it returns an API token that lives as long as a browser session. code comes from the
// account's authenticator app or is a recovery code; "" is none. A ChoosePasswordError has no link, a CodeNeededError no
// challenge.
func (s *Service) LoginToken(ctx context.Context, r org.Request, email, password, code string) (_ string, err error) {
	defer org.Wrap(&err, "log in for a token")
	token := newToken()
	_, err = s.login(ctx, email, password, admission{request: r, token: &token, lifetime: s.sessionLifetime, code: code})
	if err != nil {
		return "", signedIn{}.goOn(err)
	}
	return token.String(), nil
}

// admission is what a right password gets: a session, or a token of that lifetime.
type admission struct {
	request  org.Request
	begin    org.BeginSession // nil: no session
	token    *newKey          // nil: no token
	lifetime time.Duration
	links    bool   // a link, when another password must be chosen first; a challenge, when a code is needed
	code     string // of a second factor
}

// login admits a caller with the right password in the same transaction that checks that its hash is still stored: after a change
// of the password, nothing remains that the old one opened.
func (s *Service) login(ctx context.Context, email, password string, then admission) (in signedIn, err error) {
	key := org.FoldCase(email)
	// The order matters: later steps expect the counter of the account first, and that of the address second.
	doors := []failureCounter{{accountCounter(email), maxAccountFailures}, {addressCounter(then.request.IP), maxAddressFailures}}
	if err := s.hashing.room(); err != nil { // so nothing is counted that is not going to be tried
		return in, err
	}
	if err := s.countAttempt(ctx, doors); err != nil {
		return in, err
	}
	in, err = s.tryPassword(ctx, key, password, doors, then)
	if errors.Is(err, errHashChanged) { // by another login, it may be, that renewed the hash of the same password
		in, err = s.tryPassword(ctx, key, password, doors, then)
	}
	if errors.Is(err, errHashChanged) {
		err = wrongLogin()
	}
	return in, err
}

// errHashChanged means that the password matched a hash that has been replaced meanwhile.
var errHashChanged = errors.New("the password hash has changed")

// tryPassword compares outside of a transaction, since the writer must not wait for a hash. A wrong one costs one hash, whether
// or not such an account exists (A11 in SECURITY.md). errHashChanged: the password matched a hash that has been replaced.
func (s *Service) tryPassword(ctx context.Context, key, password string, doors []failureCounter, then admission) (signedIn, error) {
	account, err := s.units.DB.GetPassword(ctx, key)
	if err != nil && !db.IsNotFound(err) {
		return signedIn{}, err
	}
	right, err := s.hashing.matches(ctx, account.PasswordHash, password)
	if err != nil {
		return signedIn{}, err
	}
	if !right {
		_, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "login", wrongPassword{then.request, account.ID, doors[1]}, planRefusal, applyRefusal)
		return signedIn{}, errors.Join(wrongLogin(), err)
	}
	in := signIn{
		admission: then, key: key, account: account, doors: doors,
		renewed: s.hashing.renewed(ctx, account.PasswordHash, password), now: s.units.Now(), // it does not wait for the writer
		policy: s.passwords, vault: s.vault,
	}
	done, _, err := unit.Do(ctx, s.units, nil, scopeOfUse(org.Status(account.Status)), "login", in, planSignIn, applySignIn)
	if errors.Is(err, errOnSite) {
		done, _, err = unit.Do(ctx, s.units, nil, unit.OnSite, "login", in, planSignIn, applySignIn)
	}
	if err == nil && done.refusal != nil {
		err = done.refusal
	}
	return done, err
}

// wrongLogin is the one answer to all that can be wrong. A second one would tell which accounts exist (A11 in SECURITY.md).
func wrongLogin() *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "Incorrect email or password."}
}

// wrongPassword is a wrong login.
type wrongPassword struct {
	request org.Request
	account uuid.UUID // uuid.Nil: there is none
	address failureCounter
}

// planRefusal prepares the entry of a wrong login, if the account exists. If not, the same count is written once more: leaving
// out the wait for the disk would be noticeable.
func planRefusal(ctx context.Context, a *unit.Attempt, in wrongPassword) (*db.UpsertLoginFailuresParams, error) {
	a.Aside()
	if in.account == uuid.Nil {
		return failuresAt(ctx, a, in.address)
	}
	row, err := a.Q.GetUser(ctx, in.account)
	if err != nil {
		return nil, err
	}
	a.Become(row.ID, row.Username, in.request)
	a.About("api_key", row.ID, row.Username, uuid.Nil)
	a.Entry.Status = wrongLogin().Kind.Status()
	return nil, nil
}

// applyRefusal writes in both cases: each wrong login costs one commit (A11 in SECURITY.md).
func applyRefusal(ctx context.Context, w *unit.Writer, same *db.UpsertLoginFailuresParams) (none struct{}, err error) {
	if err := storeFailures(ctx, w, same); err != nil {
		return none, err
	}
	return none, w.Record(ctx)
}

// scopeOfUse returns the scope in which an account of this status signs in: lists show when a dormant one becomes active.
func scopeOfUse(status org.Status) unit.Scope {
	if status == org.StatusDormant {
		return unit.OnSite
	}
	return unit.SigningIn
}

// errOnSite means that an account cannot sign in without a write in the scope of the whole site.
var errOnSite = errors.New("this sign-in changes the account")

// Logout ends the token or the session that the request came with, and records it.
func (s *Service) Logout(ctx context.Context, subject *org.Actor) (err error) {
	defer org.Wrap(&err, "log out")
	_, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "logout", subject, planLogout, applyLogout)
	return err
}

// planLogout checks no access: a caller whose access has ended meanwhile may still sign out.
func planLogout(ctx context.Context, a *unit.Attempt, who *org.Actor) (*org.Actor, error) {
	a.Aside()
	row, err := a.Q.GetUser(ctx, who.ID())
	if err != nil {
		return nil, err
	}
	a.Become(row.ID, row.Username, who.Request)
	a.About("api_key", row.ID, row.Username, uuid.Nil)
	return who, nil
}

func applyLogout(ctx context.Context, w *unit.Writer, who *org.Actor) (none struct{}, err error) {
	if err := w.W.DeleteAPIKey(ctx, who.TokenID); err != nil {
		return none, err
	}
	return none, w.W.DeleteSession(ctx, who.Session)
}
