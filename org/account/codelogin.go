package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/unit"
)

// How long a sign-in waits for a code after the right password, and how many codes may be tried.
const (
	challengeLifetime = 5 * time.Minute
	maxCodeTries      = 5
)

// secondFactor is what a sign-in decided about the second factor of its account.
type secondFactor struct {
	challenge *db.InsertCodeChallengeParams // a code is sent with it
	secret    string                        // of the challenge
	account   *db.UpsertLoginFailuresParams // the account's failures without this attempt
	tried     []byte                        // the challenge that got a wrong code
	step      int64                         // of the app's code that was right
	recovery  []byte                        // the hash of the recovery code that was right
}

// errWrongCode is the answer to a code that is wrong, was used already, or belongs to another time.
var errWrongCode = &org.Error{
	Kind: org.Unauthenticated, Message: "The code is wrong.",
	Fields: []org.Field{{Field: "otp", Detail: "is not what the app shows now, and no recovery code that is left"}},
}

// errChallengeOver is the answer to a code that came too late, or too often.
var errChallengeOver = &org.Error{
	Kind: org.Unauthenticated, Message: "This sign-in took too long, or had too many wrong codes.", Detail: "Begin again with your password.",
}

// askForCode lets the sign-in go on if the account has no second factor, or if the code is right. Otherwise it sets p.refusal.
// A right password without a code neither counts as a failure of the account nor clears any: it must not buy guesses at
// codes.
func (p *admitted) askForCode(ctx context.Context, a *unit.Attempt, passwordHash string) error {
	stored, err := app(ctx, a, p.row.ID)
	if err != nil {
		return err
	}
	if stored == nil || !stored.ConfirmedAt.Valid {
		stored = nil
		if n, err := a.Q.CountPasskeys(ctx, p.row.ID); err != nil || n == 0 {
			return err
		}
	}
	if p.code == "" {
		p.refusal = org.ErrCodeNeeded
		if p.second.account, err = lessThis(ctx, a, p.doors[0]); err == nil && p.links {
			p.second.challenge, p.second.secret = challengeOf(a, p.row.ID, passwordHash)
		}
		return err
	}
	if factor.IsRecoveryCode(p.code) {
		hash := factor.RecoveryHash(p.code)
		n, err := a.Q.HasRecoveryCode(ctx, db.HasRecoveryCodeParams{UserID: p.row.ID, Hash: hash})
		if n > 0 {
			p.second.recovery = hash
		} else {
			p.refusal = errWrongCode
		}
		return err
	}
	if stored == nil { // its second factor is a passkey
		p.refusal = errWrongCode
		return nil
	}
	seed, err := p.vault.Open(stored.Seed, sealedFor(p.row.ID))
	if err != nil {
		return err
	}
	step, ok := factor.Step(seed, p.code, a.Now, stored.LastStep)
	if !ok {
		p.refusal = errWrongCode
	}
	p.second.step = step
	return nil
}

// challengeOf makes the challenge that a browser sends together with a code. Having it proves that the password was right.
func challengeOf(a *unit.Attempt, user uuid.UUID, passwordHash string) (*db.InsertCodeChallengeParams, string) {
	secret := newToken().String()
	hash, password := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(passwordHash))
	return &db.InsertCodeChallengeParams{
		Hash: hash[:], UserID: user, Password: password[:], ExpiresAt: a.Now.Add(challengeLifetime),
	}, secret
}

// LoginCode continues a sign-in whose password was right, and begins its session. Unauthenticated: the code is wrong, or the
// challenge is over. Forbidden: the policy no longer allows this password. TooMany: too many failures of this account or address.
func (s *Service) LoginCode(ctx context.Context, r org.Request, challenge, code string, begin org.BeginSession) (_ org.User, err error) {
	defer org.Wrap(&err, "log in with a code")
	hash := sha256.Sum256([]byte(challenge))
	row, err := s.codeChallenge(ctx, challenge)
	if err != nil {
		return org.User{}, err
	}
	if code == "" {
		return org.User{}, errWrongCode
	}
	doors := []failureCounter{{accountCounter(row.EmailKey), maxAccountFailures}, {addressCounter(r.IP), maxAddressFailures}}
	if err := s.countAttempt(ctx, doors); err != nil {
		return org.User{}, err
	}
	in := codeLogin{
		signIn: signIn{
			admission: admission{request: r, begin: begin, links: true, code: code},
			key:       row.EmailKey, account: db.GetPasswordRow{ID: row.UserID}, doors: doors, now: s.units.Now(),
			policy: s.passwords, vault: s.vault,
		},
		challenge: hash[:],
	}
	done, _, err := unit.Do(ctx, s.units, nil, scopeOfUse(org.Status(row.Status)), "login", in, planCode, applySignIn)
	if errors.Is(err, errOnSite) {
		done, _, err = unit.Do(ctx, s.units, nil, unit.OnSite, "login", in, planCode, applySignIn)
	}
	if err == nil && done.refusal != nil {
		err = done.goOn(done.refusal)
	}
	return done.user, err
}

// codeLogin is a code for a challenge.
type codeLogin struct {
	signIn
	challenge []byte
}

// planCode holds the account: if several sign-ins use one code at once, the first one uses it up.
func planCode(ctx context.Context, a *unit.Attempt, in codeLogin) (p admitted, err error) {
	p.signIn, a.Now = in.signIn, in.now
	a.Become(uuid.Nil, "", in.request)
	if err := a.Hold(ctx, in.account.ID); err != nil {
		return p, err
	}
	row, err := a.Q.GetCodeChallenge(ctx, db.GetCodeChallengeParams{Hash: in.challenge, Now: a.Now})
	gone := db.IsNotFound(err)
	if err != nil && !gone {
		return p, err
	}
	over := gone || row.Tries >= maxCodeTries
	current, err := a.Q.GetPassword(ctx, in.key)
	gone = db.IsNotFound(err)
	if err != nil && !gone {
		return p, err
	}
	password := sha256.Sum256([]byte(current.PasswordHash))
	if over || gone || current.ID != row.UserID || subtle.ConstantTimeCompare(password[:], row.Password) != 1 {
		a.Aside()
		p.refusal = errChallengeOver
		return p, nil
	}
	err = p.letIn(ctx, a, current)
	if p.refusal == errWrongCode {
		p.second.tried = in.challenge
	}
	return p, err
}

// storeSecond stores the outcome of the second step: a new challenge, a used code, which then stops working, or a wrong try.
func storeSecond(ctx context.Context, w *unit.Writer, p admitted) error {
	switch s := p.second; {
	case s.challenge != nil || s.account != nil:
		if err := storeFailures(ctx, w, s.account); err != nil {
			return err
		}
		if err := storeFailures(ctx, w, p.address); err != nil || s.challenge == nil {
			return err
		}
		if err := w.W.DeleteCodeChallenges(ctx, db.DeleteCodeChallengesParams{Now: w.Now}); err != nil { // those that are over
			return err
		}
		return w.W.InsertCodeChallenge(ctx, *s.challenge)
	case s.tried != nil:
		return w.W.CountCodeTry(ctx, s.tried)
	case s.recovery != nil:
		w.Begin("write", 200)
		w.About("mfa", p.row.ID, p.row.Username, uuid.Nil)
		w.Secret("recovery_code")
		if err := w.W.UseRecoveryCode(ctx, db.UseRecoveryCodeParams{UserID: p.row.ID, Hash: s.recovery}); err != nil {
			return err
		}
		if err := w.Record(ctx); err != nil {
			return err
		}
	case s.step != 0:
		if err := w.W.UseTOTP(ctx, db.UseTOTPParams{LastStep: s.step, UserID: p.row.ID}); err != nil {
			return err
		}
	default:
		return nil
	}
	return w.W.DeleteCodeChallenges(ctx, db.DeleteCodeChallengesParams{UserID: p.row.ID, Now: w.Now})
}
