package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/unit"
)

// passkeyTime is how long a person may take to find and use a passkey.
const passkeyTime = 5 * time.Minute

// errPasskeyOver refuses an answer to a challenge that is not open in this browser.
func errPasskeyOver() *org.Error {
	return org.ErrInvalid("This took too long, or was begun in another browser.", "Try again.")
}

// errUnknownPasskey refuses a passkey that no account has.
func errUnknownPasskey() *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "This passkey is not known here.", Detail: "It may have been removed. Sign in another way."}
}

// errPasskeyRefused refuses a known passkey that signed something else, or for another site.
func errPasskeyRefused() *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "The passkey could not be verified.", Detail: "Try again, or sign in another way."}
}

// errCopied refuses a passkey whose signature count has not grown.
func errCopied() *org.Error {
	return &org.Error{
		Kind: org.Unauthenticated, Message: "There may be a copy of this passkey.",
		Detail: "It was used elsewhere since. Sign in another way, and remove it if you did not do that.",
	}
}

// passkeyChallenge is what an authenticator has to sign.
type passkeyChallenge struct {
	proof
	challenge []byte
	row       db.InsertPasskeyChallengeParams
}

func newChallenge(browser string, user uuid.NullUUID, registers bool, now time.Time) passkeyChallenge {
	c := passkeyChallenge{challenge: factor.NewChallenge()}
	hash, from := sha256.Sum256(c.challenge), sha256.Sum256([]byte(browser))
	c.row = db.InsertPasskeyChallengeParams{Hash: hash[:], Browser: from[:], UserID: user, Registers: registers, ExpiresAt: now.Add(passkeyTime)}
	return c
}

func planChallenge(_ context.Context, a *unit.Attempt, c passkeyChallenge) (passkeyChallenge, error) {
	a.Aside()
	return c, nil
}

// applyChallenge also deletes expired challenges: anyone can ask for one.
func applyChallenge(ctx context.Context, w *unit.Writer, c passkeyChallenge) (none struct{}, err error) {
	if c.stored != "" {
		if err := forgive(ctx, w, c.proof); err != nil {
			return none, err
		}
	}
	if err := w.W.DeletePasskeyChallenges(ctx, w.Now); err != nil {
		return none, err
	}
	return none, w.W.InsertPasskeyChallenge(ctx, c.row)
}

// takenChallenge is a challenge that an answer names.
type takenChallenge struct {
	hash, browser []byte
	row           db.GetPasskeyChallengeRow
}

// takeChallenge finds a challenge of this browser and deletes it, whether or not the answer is right: no answer counts twice.
func (s *Service) takeChallenge(ctx context.Context, browser string, challenge []byte) (db.GetPasskeyChallengeRow, error) {
	hash, from := sha256.Sum256(challenge), sha256.Sum256([]byte(browser))
	row, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "login", takenChallenge{hash: hash[:], browser: from[:]}, planTake, applyTake)
	return row, err
}

func planTake(ctx context.Context, a *unit.Attempt, in takenChallenge) (_ takenChallenge, err error) {
	a.Aside()
	in.row, err = a.Q.GetPasskeyChallenge(ctx, db.GetPasskeyChallengeParams{Hash: in.hash, Browser: in.browser, Now: a.Now})
	if db.IsNotFound(err) {
		err = errPasskeyOver()
	}
	return in, err
}

// applyTake lets one request through if several have found the row at the same time.
func applyTake(ctx context.Context, w *unit.Writer, in takenChallenge) (db.GetPasskeyChallengeRow, error) {
	n, err := w.W.TakePasskeyChallenge(ctx, in.hash)
	if err == nil && n == 0 {
		err = errPasskeyOver()
	}
	return in.row, err
}

// SecondStep says what a sign-in with a right password waits for. Unauthenticated: it no longer waits.
func (s *Service) SecondStep(ctx context.Context, challenge string) (step org.SecondStep, err error) {
	defer org.Wrap(&err, "read a sign-in")
	row, err := s.codeChallenge(ctx, challenge)
	if err != nil {
		return step, err
	}
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		user, err := src.Q.GetUser(ctx, row.UserID)
		if err != nil {
			return err
		}
		step.Email = user.Email
		if step.App, err = hasApp(ctx, src, row.UserID); err != nil {
			return err
		}
		n, err := src.Q.CountPasskeys(ctx, row.UserID)
		step.Passkeys = n > 0 && s.passkeys != nil
		return err
	})
	return step, err
}

// codeChallenge returns a sign-in that waits for its second step.
func (s *Service) codeChallenge(ctx context.Context, challenge string) (db.GetCodeChallengeRow, error) {
	hash := sha256.Sum256([]byte(challenge))
	row, err := s.units.DB.GetCodeChallenge(ctx, db.GetCodeChallengeParams{Hash: hash[:], Now: s.units.Now()})
	if db.IsNotFound(err) {
		err = errChallengeOver
	}
	return row, err
}

// LoginPasskeyOptions returns, as JSON, what a browser needs to sign in with a passkey: with any of this site or, as the second
// step after a right password, with one of that account. Invalid: passkeys do not work here. Unauthenticated: that sign-in no
// longer waits.
func (s *Service) LoginPasskeyOptions(ctx context.Context, browser, challenge string) (options []byte, err error) {
	defer org.Wrap(&err, "begin to sign in with a passkey")
	if s.passkeys == nil {
		return nil, errNoPasskeys()
	}
	var user uuid.NullUUID
	var allowed []factor.Passkey
	if challenge != "" {
		row, err := s.codeChallenge(ctx, challenge)
		if err != nil {
			return nil, err
		}
		rows, err := s.units.DB.ListPasskeys(ctx, row.UserID)
		if err != nil {
			return nil, err
		}
		user, allowed = unit.NullID(row.UserID), known(rows)
	}
	in := newChallenge(browser, user, false, s.units.Now())
	if _, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "login", in, planChallenge, applyChallenge); err != nil {
		return nil, err
	}
	return s.passkeys.Request(in.challenge, allowed)
}

// LoginPasskey admits the account whose passkey signed this browser's challenge, and begins a session that has shown a second
// factor. The password policy, or a password that has to be replaced, does not matter. Invalid: no such challenge, or too old.
// Unauthenticated: the passkey is unknown, or not of the account that gave its password; it signed for another site; there may be
// a copy of it; the account is suspended.
func (s *Service) LoginPasskey(ctx context.Context, r org.Request, browser string, response []byte, begin org.BeginSession) (_ org.User, err error) {
	defer org.Wrap(&err, "log in with a passkey")
	if s.passkeys == nil {
		return org.User{}, errNoPasskeys()
	}
	answer, err := factor.ParseAssertion(response)
	if err != nil {
		s.log.WarnContext(ctx, "passkey not readable", "request_id", r.ID, "error", err.Error())
		return org.User{}, org.FieldErrors{{Field: "credential", Detail: "must be what navigator.credentials.get answered"}}.Err("The passkey could not be read.")
	}
	asked, err := s.takeChallenge(ctx, browser, answer.Challenge)
	if err != nil {
		return org.User{}, err
	}
	row, err := s.units.DB.GetPasskey(ctx, answer.Credential)
	switch {
	case db.IsNotFound(err):
		return org.User{}, errUnknownPasskey()
	case err != nil:
		return org.User{}, err
	case asked.Registers:
		return org.User{}, errPasskeyOver()
	}
	in := passkeyLogin{request: r, begin: begin, credential: answer.Credential, row: row, now: s.units.Now()}
	in.verified, err = s.passkeys.Verify(answer, factor.Owner{ID: row.UserID[:]}, factor.Passkey{
		Credential: answer.Credential, PublicKey: row.PublicKey, SignCount: uint32(row.SignCount), BackupEligible: row.BackupEligible,
	})
	if err == nil && asked.UserID.Valid && asked.UserID.UUID != row.UserID {
		err = errors.New("it is of another account than the password was")
	}
	if err != nil {
		s.log.WarnContext(ctx, "passkey refused", "request_id", r.ID, "error", err.Error())
		in.wrong = errPasskeyRefused()
	}
	return s.letInPasskey(ctx, in)
}

// letInPasskey runs the sign-in in the scope that the account needs.
func (s *Service) letInPasskey(ctx context.Context, in passkeyLogin) (org.User, error) {
	done, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "login", in, planPasskeyLogin, applyPasskeyLogin)
	if errors.Is(err, errOnSite) {
		done, _, err = unit.Do(ctx, s.units, nil, unit.OnSite, "login", in, planPasskeyLogin, applyPasskeyLogin)
	}
	if err == nil && done.refusal != nil {
		err = done.refusal
	}
	return done.user, err
}

// passkeyLogin is a sign-in with a passkey.
type passkeyLogin struct {
	request    org.Request
	begin      org.BeginSession
	credential []byte
	row        db.GetPasskeyRow
	verified   factor.Passkey // as it is from now on
	wrong      *org.Error     // why it is refused already
	now        time.Time
}

// passkeyIn is such a sign-in, decided but not yet stored.
type passkeyIn struct {
	passkeyLogin
	account db.UserRow // zero: gone
	wakes   bool
	copied  bool
	user    org.User
	refusal *org.Error
	session *org.NewSession
}

// planPasskeyLogin holds the account: the passkey may have been removed or used since it was read, and a change that ends the
// account's sessions must come first or see this one.
func planPasskeyLogin(ctx context.Context, a *unit.Attempt, in passkeyLogin) (p passkeyIn, err error) {
	p.passkeyLogin, a.Now = in, in.now
	a.Become(uuid.Nil, "", in.request)
	if err := a.Hold(ctx, in.row.UserID); err != nil {
		return p, err
	}
	now, err := a.Q.GetPasskey(ctx, in.credential)
	if db.IsNotFound(err) || err == nil && now.ID != in.row.ID {
		a.Aside()
		p.refusal = errUnknownPasskey()
		return p, nil
	}
	if err != nil {
		return p, err
	}
	if p.account, err = a.Q.GetUser(ctx, now.UserID); err != nil {
		return p, err
	}
	a.Become(p.account.ID, p.account.Username, in.request)
	p.copied = in.wrong == nil && factor.Copied(uint32(now.SignCount), in.verified.SignCount)
	switch {
	case in.wrong != nil:
		p.refusal = in.wrong
	case org.Status(p.account.Status) == org.StatusSuspended:
		p.refusal = ErrSuspended()
	case p.account.LoginType == org.LoginNone:
		p.refusal = errUnknownPasskey()
	case p.copied:
		p.refusal = errCopied()
	}
	if p.refusal != nil {
		a.Aside()
		return p, nil //nolint:nilerr // the refusal says it
	}
	p.wakes = org.Status(p.account.Status) == org.StatusDormant
	if p.wakes && !a.Scope().Everything() {
		return p, errOnSite
	}
	if !p.wakes {
		a.Aside()
	}
	if p.user, err = seen(ctx, a, p.account); err != nil {
		return p, err
	}
	p.session, err = newSession(ctx, in.begin, p.account.ID)
	return p, err
}

func applyPasskeyLogin(ctx context.Context, w *unit.Writer, p passkeyIn) (done signedIn, err error) {
	done = signedIn{user: p.user, refusal: p.refusal}
	if p.account.ID == uuid.Nil {
		return done, nil
	}
	switch {
	case p.refusal == nil:
		err = admitPasskey(ctx, w, p)
	case p.copied:
		w.Begin("write", 200)
		w.About("mfa", p.account.ID, p.account.Username, uuid.Nil)
		w.Field("copied_passkey", nil, p.row.Name)
		if err = w.W.DoubtPasskey(ctx, db.DoubtPasskeyParams{Now: unit.NullTime(w.Now), Credential: p.credential}); err == nil {
			err = w.Record(ctx)
		}
	}
	if err != nil {
		return done, err
	}
	status := 201
	if p.refusal != nil {
		status = p.refusal.Kind.Status()
	}
	w.Begin("login", status)
	w.About("api_key", p.account.ID, p.account.Username, uuid.Nil)
	w.Field("passkey", nil, p.row.Name)
	return done, w.Record(ctx)
}

// admitPasskey stores that an account was let in. Its sign-ins that waited for a second step end.
func admitPasskey(ctx context.Context, w *unit.Writer, p passkeyIn) error {
	if err := w.W.UsePasskey(ctx, db.UsePasskeyParams{
		SignCount: int64(p.verified.SignCount), BackedUp: p.verified.BackedUp, Now: unit.NullTime(w.Now), Credential: p.credential,
	}); err != nil {
		return err
	}
	if err := w.W.DeleteCodeChallenges(ctx, db.DeleteCodeChallengesParams{UserID: p.account.ID, Now: w.Now}); err != nil {
		return err
	}
	if err := storeSeen(ctx, w, p.account, p.wakes); err != nil {
		return err
	}
	return storeSession(ctx, w, p.account.ID, p.session)
}
