package account

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// SetPassword sets a password and ends every session and token of the account. Then it begins a session, if begin is not nil.
// Invalid: no such user, a weak password, an account without one, or a wrong old password of one's own; or there is none yet, and
// the caller has not signed in recently.
// Forbidden: needs user:update_personal, and all that the account holds. TooMany: too many wrong old passwords.
func (s *Service) SetPassword(ctx context.Context, subject *org.Actor, user string, input org.Input[org.PasswordInput], begin org.BeginSession) (err error) {
	defer org.Wrap(&err, "set password of %q", user)
	fresh, err := s.Fresh(ctx, subject)
	if err != nil {
		return err
	}
	// Hashing is slow: one transaction reads what is hashed, another one stores the result, and both check
	// everything.
	p, _, err := unit.Do(ctx, s.units, subject, unit.SigningIn, "write", passwordCommand{user, input, fresh}, planNewPassword, keepPassword)
	if err != nil {
		return err
	}
	if p.stored != "" {
		if err := s.countAttempt(ctx, []failureCounter{passwordCounter(p.account)}); err != nil {
			return err
		}
	}
	if err := p.compute(ctx, s.hashing); err != nil {
		return err
	}
	p.user, p.begin = user, begin
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "write", p, planPassword, applyPassword)
	return err
}

// passwordCommand asks to set the password of an account.
type passwordCommand struct {
	user  string
	input org.Input[org.PasswordInput]
	fresh bool // the caller has signed in recently
}

// newPassword is a password that is about to be stored.
type newPassword struct {
	user    string
	in      org.PasswordInput
	account uuid.UUID
	stored  string // the hash that the old password must match, "" when none need be given
	right   bool
	hash    string
	begin   org.BeginSession
}

// withPassword finds the account whose password a change is about. Errors as personal. Invalid: an account without a password.
func withPassword(ctx context.Context, a *unit.Attempt, user string) (db.UserRow, error) {
	row, err := personal(ctx, a, user, unit.Whole)
	if err == nil && row.LoginType != org.LoginPassword {
		err = org.ErrInvalid("Users without password login type cannot change their password.", "")
	}
	return row, err
}

// planNewPassword checks a new password, and reads the hash that the old one must match.
func planNewPassword(ctx context.Context, a *unit.Attempt, in passwordCommand) (p newPassword, err error) {
	row, err := withPassword(ctx, a, in.user)
	if err != nil {
		return p, err
	}
	p.account = row.ID
	if p.in, err = in.input.Read(); err != nil {
		return p, err
	}
	var bad org.FieldErrors
	bad.Add("password", org.PasswordProblem(p.in.Password, row.Username, row.Email))
	if err := bad.Err("Password is invalid"); err != nil {
		return p, err
	}
	if err := a.BegunFrom(ctx, p.in.IfMatch, org.Tag(row.Version, row.ID), unit.AccountChanged); err != nil {
		return p, err
	}
	// Without the old password, a session that was left open would be enough to take the account over.
	if row.ID != a.Actor.ID() {
		return p, nil
	}
	if p.stored, err = a.Q.GetPasswordHash(ctx, row.ID); err == nil && p.stored == "" && !in.fresh {
		err = errSignInAgain
	}
	return p, err
}

// keepPassword writes nothing yet.
func keepPassword(_ context.Context, _ *unit.Writer, p newPassword) (newPassword, error) {
	return p, nil
}

// compute does the slow part, outside of any transaction. If the old password is wrong it makes no new hash.
func (p *newPassword) compute(ctx context.Context, h hashing) (err error) {
	if p.right = p.stored == ""; !p.right {
		if p.right, err = h.matches(ctx, p.stored, p.in.OldPassword); err != nil || !p.right {
			return err
		}
	}
	p.hash, err = h.hash(ctx, p.in.Password)
	return err
}

// passwordChange is the decided replacement of a password.
type passwordChange struct {
	row     db.UpdatePasswordParams
	guesses string // where wrong guesses at the old one were counted, "" if nowhere
	session *org.NewSession
}

// replaced plans to replace the password hash of an account.
func replaced(a *unit.Attempt, user uuid.UUID, hash string) passwordChange {
	return passwordChange{row: db.UpdatePasswordParams{PasswordHash: hash, PasswordBy: a.Maker(user), Now: a.Now, ID: user}}
}

// planPassword checks everything again: the caller may have lost the right since planNewPassword. It also refuses a wrong old
// password, which is counted already (T32 in docs/spec/threats.md).
func planPassword(ctx context.Context, a *unit.Attempt, in newPassword) (p passwordChange, err error) {
	row, err := withPassword(ctx, a, in.user)
	if err != nil {
		return p, err
	}
	if !in.right {
		return p, org.FieldErrors{{Field: "old_password", Detail: "is not your current password"}}.Err("Old password is incorrect.")
	}
	if err := a.BegunFrom(ctx, in.in.IfMatch, org.Tag(row.Version, row.ID), unit.AccountChanged); err != nil {
		return p, err
	}
	p = replaced(a, row.ID, in.hash)
	p.guesses = passwordCounter(row.ID).name
	p.session, err = newSession(ctx, in.begin, row.ID)
	return p, err
}

// applyPassword begins the session last, because replacePassword ends all existing ones.
func applyPassword(ctx context.Context, w *unit.Writer, p passwordChange) (none struct{}, err error) {
	if p.guesses != "" {
		if err := w.W.DeleteLoginFailures(ctx, p.guesses); err != nil {
			return none, err
		}
	}
	if err := replacePassword(ctx, w, p); err != nil {
		return none, err
	}
	return none, storeSession(ctx, w, p.row.ID, p.session)
}

// replacePassword stores a password hash, and ends everything that the old password gave access to.
func replacePassword(ctx context.Context, w *unit.Writer, p passwordChange) error {
	w.Secret("hashed_password")
	if err := w.W.UpdatePassword(ctx, p.row); err != nil {
		return err
	}
	if _, err := w.W.DeletePasswordLink(ctx, p.row.ID); err != nil {
		return err
	}
	return endAccess(ctx, w, p.row.ID)
}

// endAccess ends every session and token of an account.
func endAccess(ctx context.Context, w *unit.Writer, user uuid.UUID) error {
	if err := w.W.DeleteAPIKeysOfUser(ctx, user); err != nil {
		return err
	}
	return w.W.DeleteSessionsOfUser(ctx, unit.NullID(user))
}
