package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// What passwords share with other ways to sign in.

// ErrSuspended is Unauthenticated: the answer to a suspended account that has proved who it is.
func ErrSuspended() *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "Your account is suspended. Contact an admin to reactivate your account."}
}

// NewSession returns the session that begin makes for an account, or nil if begin is nil.
func NewSession(ctx context.Context, begin org.BeginSession, user uuid.UUID) (*org.NewSession, error) {
	return newSession(ctx, begin, user)
}

// StoreSession stores the session of an account, if one begins, and deletes what has expired.
func StoreSession(ctx context.Context, w *unit.Writer, user uuid.UUID, n *org.NewSession) error {
	return storeSession(ctx, w, user, n)
}

// StoreSeen records that an account is in use. If it was dormant, it becomes active and gets an entry for that.
func StoreSeen(ctx context.Context, w *unit.Writer, row db.UserRow, wakes bool) error {
	return storeSeen(ctx, w, row, wakes)
}

// EndAccess ends every session and token of an account, and deletes its password, its password link and its second factors. The
// entry says so.
func EndAccess(ctx context.Context, w *unit.Writer, user uuid.UUID) error {
	w.Secret("hashed_password")
	if err := w.W.DropPassword(ctx, db.DropPasswordParams{Now: w.Now, ID: user}); err != nil {
		return err
	}
	if _, err := w.W.DeletePasswordLink(ctx, user); err != nil {
		return err
	}
	if err := deleteFactors(ctx, w, user); err != nil {
		return err
	}
	return endAccess(ctx, w, user)
}

// Made is a new account, decided but not yet stored.
type Made struct{ newAccount }

// User returns the account as it will be.
func (m *Made) User() org.User { return m.user }

// Row returns the account as it will be stored.
func (m *Made) Row() db.UserRow { return m.row }

// Make decides on an account without a password and without roles, a member of these organizations. Its names must be free.
func Make(ctx context.Context, a *unit.Attempt, in org.NewUser, homes []db.Organization, from org.Origin) (Made, error) {
	n, err := decideAccount(ctx, a, in, "", homes, nil)
	n.from = from
	return Made{n}, err
}

// Store stores a new account with its memberships.
func (m *Made) Store(ctx context.Context, w *unit.Writer) error {
	return storeAccount(ctx, w, m.newAccount)
}

// MayUsePassword reports whether a policy lets an account sign in with a password, judged by the roles that it holds now.
func MayUsePassword(ctx context.Context, src unit.Reader, p org.PasswordPolicy, row db.UserRow) (bool, error) {
	if p != org.PasswordsForOwners {
		return p == "" || p == org.PasswordsForAll, nil
	}
	now, err := unit.HeldNow(ctx, src, []db.UserRow{row}, unit.UserStored)
	return err == nil && slices.Contains(strings.Fields(now[0].Roles), org.RoleOwner), err
}

// errNoPassword refuses a request about the password of an account whose login type has none.
func errNoPassword(loginType string) *org.Error {
	if loginType == org.LoginOIDC {
		return org.ErrInvalid("This account has no password.", "It signs in with a provider.")
	}
	return org.ErrInvalid("A service account has no password.", "It signs in with API tokens only.")
}

// errUseProvider refuses a right password that the policy does not allow.
var errUseProvider = &org.Error{Kind: org.Forbidden, Message: "Sign in with your organization's provider."}

// ownPassword makes sure that the caller knows the password of its account, and returns the hash that the password matched.
// Invalid: it is wrong, or the account has none. TooMany: too many wrong ones.
func (s *Service) ownPassword(ctx context.Context, subject *org.Actor, password string) (stored string, err error) {
	if stored, err = s.units.DB.GetPasswordHash(ctx, subject.ID()); err != nil {
		return "", err
	}
	if err := s.countAttempt(ctx, []failureCounter{passwordCounter(subject.ID())}); err != nil {
		return "", err
	}
	right, err := s.hashing.matches(ctx, stored, password)
	if err == nil && !right {
		err = org.FieldErrors{{Field: "password", Detail: "is not your current password"}}.Err("Password is incorrect.")
	}
	return stored, err
}

// confirmedFor is how long a confirmation lasts: as long as a sign-in at a provider may take.
const confirmedFor = 10 * time.Minute

// ConfirmPassword makes sure that the caller knows the password of its account. Confirmed accepts what it returns, in this
// session and for 10 minutes. Invalid: it is wrong, or the account has none. TooMany: too many wrong ones.
func (s *Service) ConfirmPassword(ctx context.Context, subject *org.Actor, password string) (confirmation string, err error) {
	defer org.Wrap(&err, "confirm a password")
	stored, err := s.ownPassword(ctx, subject, password)
	if err != nil {
		return "", err
	}
	door := passwordCounter(subject.ID()).name
	_, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "login", door, planConfirmed, applyConfirmed)
	return confirmed(stored, subject.Session, s.units.Now()), err
}

// Confirmed reports whether ConfirmPassword returned this confirmation to the caller's session within the last 10 minutes.
func (s *Service) Confirmed(ctx context.Context, subject *org.Actor, confirmation string) (_ bool, err error) {
	defer org.Wrap(&err, "check that a password was confirmed")
	text, _, _ := strings.Cut(confirmation, ".")
	seconds, bad := strconv.ParseInt(text, 10, 64)
	at := time.Unix(seconds, 0)
	if age := s.units.Now().Sub(at); bad != nil || age < -time.Second || age > confirmedFor {
		return false, nil
	}
	stored, err := s.units.DB.GetPasswordHash(ctx, subject.ID())
	if err != nil || stored == "" { // anybody could compute it with an empty key
		return false, err
	}
	return subtle.ConstantTimeCompare([]byte(confirmed(stored, subject.Session, at)), []byte(confirmation)) == 1, nil
}

// confirmed makes the proof that a session knew the password at a time. Its key is the stored hash, which no browser has and
// which changes with the password.
func confirmed(stored, session string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(stored))
	fmt.Fprintf(mac, "confirmed\x00%s\x00%d", session, at.Unix())
	return strconv.FormatInt(at.Unix(), 10) + "." + b64.EncodeToString(mac.Sum(nil))
}

func planConfirmed(_ context.Context, a *unit.Attempt, door string) (string, error) {
	a.Aside()
	return door, nil
}

func applyConfirmed(ctx context.Context, w *unit.Writer, door string) (none struct{}, err error) {
	return none, w.W.DeleteLoginFailures(ctx, door)
}

// EndTokens ends every session and token of an account.
func EndTokens(ctx context.Context, w *unit.Writer, user uuid.UUID) error {
	return endAccess(ctx, w, user)
}

// notManaged refuses to change by hand what a directory writes: the directory's next request would undo it. A directory writes
// nothing of an account that has a site role, and not the address of one that also belongs to another organization. Invalid, with
// the name of the directory.
func notManaged(ctx context.Context, a *unit.Attempt, row db.UserRow, what string) error {
	m, err := a.Q.GetManager(ctx, row.ID)
	if db.IsNotFound(err) || err == nil && row.Roles != "" {
		return nil
	}
	if err != nil {
		return err
	}
	if what == "email" {
		if elsewhere, err := a.BelongsElsewhere(ctx, row.ID, m.OrganizationID); err != nil || elsewhere {
			return err
		}
	}
	return org.FieldErrors{{Field: what, Detail: "is managed by the directory " + m.Name}}.Err(
		"This account is managed by the directory " + m.Name + ": change its " + what + " there.")
}
