package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/unit"
)

// Factors returns the second factors of the caller.
func (s *Service) Factors(ctx context.Context, subject *org.Actor) (f org.Factors, err error) {
	defer org.Wrap(&err, "read second factors")
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		row, err := src.Q.GetTOTP(ctx, subject.ID())
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		rows, err := src.Q.ListPasskeys(ctx, subject.ID())
		if err != nil {
			return err
		}
		f = org.Factors{App: row.ConfirmedAt.Time, Passkeys: passkeysOf(rows)}
		if !f.Any() {
			return nil
		}
		left, err := src.Q.CountRecoveryCodes(ctx, subject.ID())
		f.RecoveryCodes = int(left)
		return err
	})
	return f, err
}

// CanEnrol reports whether the server has a key to seal seeds with.
func (s *Service) CanEnrol() bool { return s.vault.CanSeal() }

// EnrolApp begins to set up an authenticator app for the caller; issuer is the name of the site. Sign-ins ask for codes only
// after ConfirmApp has accepted one. Invalid: a wrong password, or an account without one; no secret key is set. Conflict: an app
// is set up already. TooMany: too many wrong passwords.
func (s *Service) EnrolApp(ctx context.Context, subject *org.Actor, issuer, password string) (e org.Enrolment, err error) {
	defer org.Wrap(&err, "set up an authenticator app")
	if !s.vault.CanSeal() {
		return e, org.ErrInvalid("Set --secret-key-file first.", "This server has no key to keep the seeds of authenticator apps with.")
	}
	known, err := s.prove(ctx, subject, password)
	if err != nil {
		return e, err
	}
	seed := factor.NewSeed()
	sealed, err := s.vault.Seal(seed, sealedFor(subject.ID()))
	if err != nil {
		return e, err
	}
	if _, _, err = unit.Do(ctx, s.units, subject, unit.SigningIn, "write", enrolment{known, sealed}, planEnrolment, applyEnrolment); err != nil {
		return e, err
	}
	told, err := factor.Enrol(seed, issuer, subject.User.Username)
	return org.Enrolment(told), err
}

// sealedFor names the account that a sealed seed belongs to, so that it cannot be moved to another one.
func sealedFor(user uuid.UUID) string { return "totp.seed " + user.String() }

// app returns what is stored about an account's authenticator app, or nil.
func app(ctx context.Context, a *unit.Attempt, user uuid.UUID) (*db.GetTOTPRow, error) {
	row, err := a.Q.GetTOTP(ctx, user)
	if db.IsNotFound(err) {
		return nil, nil
	}
	return &row, err
}

// hasApp reports whether sign-ins of an account ask for a code of an app.
func hasApp(ctx context.Context, src unit.Reader, user uuid.UUID) (bool, error) {
	row, err := src.Q.GetTOTP(ctx, user)
	if db.IsNotFound(err) {
		return false, nil
	}
	return row.ConfirmedAt.Valid, err
}

// enrolment is a sealed seed that is about to be stored.
type enrolment struct {
	proof
	sealed []byte
}

func planEnrolment(ctx context.Context, a *unit.Attempt, in enrolment) (enrolment, error) {
	if err := proved(ctx, a, in.proof); err != nil {
		return in, err
	}
	stored, err := app(ctx, a, a.Actor.ID())
	if err == nil && stored != nil && stored.ConfirmedAt.Valid {
		err = &org.Error{Kind: org.Conflict, Message: "An authenticator app is set up already.", Detail: "Remove it first."}
	}
	return in, err
}

func applyEnrolment(ctx context.Context, w *unit.Writer, in enrolment) (none struct{}, err error) {
	w.Secret("seed")
	if err := w.W.DeleteLoginFailures(ctx, passwordCounter(w.Actor.ID()).name); err != nil {
		return none, err
	}
	return none, w.W.UpsertTOTP(ctx, db.UpsertTOTPParams{UserID: w.Actor.ID(), Seed: in.sealed, Now: w.Now})
}

// ConfirmApp accepts the first code of an authenticator app. From then on sign-ins ask for one. It returns recovery codes,
// and replaces the caller's session, which has shown no code. Invalid: the code is wrong, or no app waits for one.
// TooMany: too many wrong ones.
func (s *Service) ConfirmApp(ctx context.Context, subject *org.Actor, code string, begin org.BeginSession) (codes []string, err error) {
	defer org.Wrap(&err, "confirm an authenticator app")
	if err := s.countAttempt(ctx, []failureCounter{passwordCounter(subject.ID())}); err != nil {
		return nil, err
	}
	in := confirmation{code: code, codes: factor.NewRecoveryCodes(), vault: s.vault, begin: begin}
	_, _, err = unit.Do(ctx, s.units, subject, unit.SigningIn, "create", in, planConfirmation, applyConfirmation)
	if err != nil {
		return nil, err
	}
	return in.codes, nil
}

// confirmation is the first code of an app.
type confirmation struct {
	code    string
	codes   []string // for when the app is lost
	vault   *factor.Vault
	begin   org.BeginSession
	step    int64
	session *org.NewSession
}

func planConfirmation(ctx context.Context, a *unit.Attempt, in confirmation) (confirmation, error) {
	a.Aside()
	user := a.Actor.ID()
	a.About("mfa", user, a.Actor.User.Username, uuid.Nil)
	stored, err := app(ctx, a, user)
	if err != nil {
		return in, err
	}
	if stored == nil || stored.ConfirmedAt.Valid {
		return in, org.ErrInvalid("No authenticator app waits for its first code.", "Begin to set one up.")
	}
	seed, err := in.vault.Open(stored.Seed, sealedFor(user))
	if err != nil {
		return in, err
	}
	var ok bool
	if in.step, ok = factor.Step(seed, in.code, a.Now, stored.LastStep); !ok {
		return in, org.FieldErrors{{Field: "code", Detail: "is not what the app shows now"}}.Err("The code is wrong.")
	}
	in.session, err = newSession(ctx, in.begin, user)
	return in, err
}

func applyConfirmation(ctx context.Context, w *unit.Writer, in confirmation) (none struct{}, err error) {
	user := w.Actor.ID()
	w.Status = 201
	w.Secret("app")
	if err := w.W.ConfirmTOTP(ctx, db.ConfirmTOTPParams{Now: unit.NullTime(w.Now), LastStep: in.step, UserID: user}); err != nil {
		return none, err
	}
	if err := w.W.DeleteLoginFailures(ctx, passwordCounter(user).name); err != nil {
		return none, err
	}
	if err := storeRecoveryCodes(ctx, w, in.codes); err != nil {
		return none, err
	}
	return none, storeSession(ctx, w, user, in.session)
}

// storeRecoveryCodes replaces the caller's recovery codes.
func storeRecoveryCodes(ctx context.Context, w *unit.Writer, codes []string) error {
	w.Secret("recovery_codes")
	err := w.W.DeleteRecoveryCodes(ctx, w.Actor.ID())
	for _, code := range codes {
		err = errors.Join(err, w.W.InsertRecoveryCode(ctx, db.InsertRecoveryCodeParams{UserID: w.Actor.ID(), Hash: factor.RecoveryHash(code)}))
	}
	return err
}

// newCodes are recovery codes to store, with the proof that the caller may.
type newCodes struct {
	known proof
	codes []string
}

func planNewCodes(ctx context.Context, a *unit.Attempt, in newCodes) (newCodes, error) {
	if err := proved(ctx, a, in.known); err != nil {
		return in, err
	}
	return in, mustHaveFactor(ctx, a, a.Actor.ID())
}

func applyNewCodes(ctx context.Context, w *unit.Writer, in newCodes) (none struct{}, err error) {
	if err := w.W.DeleteLoginFailures(ctx, passwordCounter(w.Actor.ID()).name); err != nil {
		return none, err
	}
	return none, storeRecoveryCodes(ctx, w, in.codes)
}

// NewRecoveryCodes makes recovery codes for the caller; the old ones stop working. Invalid: a wrong password. NotFound: no
// second factor is set up. TooMany: too many wrong passwords.
func (s *Service) NewRecoveryCodes(ctx context.Context, subject *org.Actor, password string) (codes []string, err error) {
	defer org.Wrap(&err, "make recovery codes")
	known, err := s.prove(ctx, subject, password)
	if err != nil {
		return nil, err
	}
	codes = factor.NewRecoveryCodes()
	_, _, err = unit.Do(ctx, s.units, subject, unit.SigningIn, "write", newCodes{known, codes}, planNewCodes, applyNewCodes)
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// RemoveApp removes the caller's authenticator app, and the recovery codes too unless there is a passkey. Invalid: a wrong
// password; the policy asks for a second factor, and this is the last. NotFound: no app is set up. TooMany: too many wrong
// passwords.
func (s *Service) RemoveApp(ctx context.Context, subject *org.Actor, password string, policy org.FactorPolicy) (err error) {
	defer org.Wrap(&err, "remove an authenticator app")
	known, err := s.prove(ctx, subject, password)
	if err != nil {
		return err
	}
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", appRemoval{proof: known, policy: policy}, planRemoveApp, applyRemoveApp)
	return err
}

// appRemoval asks to remove an app.
type appRemoval struct {
	proof
	policy org.FactorPolicy
	last   bool // of all second factors
}

// planRemoveApp takes the scope of the whole site, like planRemovePasskey: if two factors are removed at the same time, one stays
// if the policy needs one.
func planRemoveApp(ctx context.Context, a *unit.Attempt, in appRemoval) (appRemoval, error) {
	if err := proved(ctx, a, in.proof); err != nil {
		return in, err
	}
	has, err := hasApp(ctx, a.Reader, a.Actor.ID())
	if err != nil {
		return in, err
	}
	if !has {
		return in, errNoFactor()
	}
	n, err := a.Q.CountPasskeys(ctx, a.Actor.ID())
	if err != nil {
		return in, err
	}
	in.last = n == 0
	return in, lastFactor(a, in.policy, in.last)
}

func applyRemoveApp(ctx context.Context, w *unit.Writer, in appRemoval) (none struct{}, err error) {
	if err := forgive(ctx, w, in.proof); err != nil {
		return none, err
	}
	w.Secret("app")
	if err := w.Notify(ctx, w.Actor.ID(), w.Actor.User.Email, org.Notice{Kind: org.NoticeAppRemoved, At: w.Now}); err != nil {
		return none, err
	}
	if err := w.W.DeleteTOTP(ctx, w.Actor.ID()); err != nil || !in.last {
		return none, err
	}
	return none, w.W.DeleteRecoveryCodes(ctx, w.Actor.ID())
}

// errNoFactor is NotFound: the account has no second factor.
func errNoFactor() *org.Error {
	return &org.Error{Kind: org.NotFound, Message: "No second factor is set up."}
}

// hasFactor reports whether an account has a second factor, so that its password alone is not enough.
func hasFactor(ctx context.Context, src unit.Reader, user uuid.UUID) (bool, error) {
	if app, err := hasApp(ctx, src, user); err != nil || app {
		return app, err
	}
	n, err := src.Q.CountPasskeys(ctx, user)
	return n > 0, err
}

// mustHaveFactor returns NotFound for an account without a second factor.
func mustHaveFactor(ctx context.Context, a *unit.Attempt, user uuid.UUID) error {
	has, err := hasFactor(ctx, a.Reader, user)
	if err == nil && !has {
		err = errNoFactor()
	}
	return err
}
