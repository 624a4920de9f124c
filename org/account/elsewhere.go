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

// What other ways to sign in share with passwords, so that there is one of each.

// ErrSuspended is Unauthenticated: what a suspended account is told that has proved who it is.
func ErrSuspended() *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "Your account is suspended. Contact an admin to reactivate your account."}
}

// NewSession is the session that begin makes for an account, nil if it makes none.
func NewSession(ctx context.Context, begin org.BeginSession, user uuid.UUID) (*org.NewSession, error) {
	return newSession(ctx, begin, user)
}

// StoreSession stores the session of an account, if one begins, and forgets what is over.
func StoreSession(ctx context.Context, w *unit.Writer, user uuid.UUID, n *org.NewSession) error {
	return storeSession(ctx, w, user, n)
}

// StoreSeen notes that an account is in use. One that wakes gets an entry for that.
func StoreSeen(ctx context.Context, w *unit.Writer, row db.UserRow, wakes bool) error {
	return storeSeen(ctx, w, row, wakes)
}

// EndAccess ends every session and token of an account, its password, the link that sets one, and its second factors. The entry
// says so.
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

// Made is an account that is made, as it was decided.
type Made struct{ newAccount }

// User is the account as it is afterwards.
func (m *Made) User() org.User { return m.user }

// Row is the account as it is stored.
func (m *Made) Row() db.UserRow { return m.row }

// Make decides about an account without a password, whose names are free: a member of these organizations, without roles.
func Make(ctx context.Context, a *unit.Attempt, in org.NewUser, homes []db.Organization, from org.Origin) (Made, error) {
	n, err := decideAccount(ctx, a, in, "", homes, nil)
	n.from = from
	return Made{n}, err
}

// Store stores a new account with its memberships.
func (m *Made) Store(ctx context.Context, w *unit.Writer) error {
	return storeAccount(ctx, w, m.newAccount)
}

// MayUsePassword reports whether a policy lets an account sign in with a password, by what it holds at the moment.
func MayUsePassword(ctx context.Context, src unit.Reader, p org.PasswordPolicy, row db.UserRow) (bool, error) {
	if p != org.PasswordsForOwners {
		return p == "" || p == org.PasswordsForAll, nil
	}
	now, err := unit.HeldNow(ctx, src, []db.UserRow{row}, unit.UserStored)
	return err == nil && slices.Contains(strings.Fields(now[0].Roles), org.RoleOwner), err
}

// errNoPassword is the refusal of what is about a password, for an account of a login type that has none.
func errNoPassword(loginType string) *org.Error {
	if loginType == org.LoginOIDC {
		return org.ErrInvalid("This account has no password.", "It signs in with a provider.")
	}
	return org.ErrInvalid("A service account has no password.", "It signs in with API tokens only.")
}

// errUseProvider is the refusal of a right password that the policy does not let in.
var errUseProvider = &org.Error{Kind: org.Forbidden, Message: "Sign in with your organization's provider."}

// ownPassword makes sure that who uses a session knows the password of its account, and returns the hash that it matched.
// Invalid: a wrong one, or the account has none. TooMany: too many wrong ones.
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

// confirmedFor is as long as a sign-in at a provider may take.
const confirmedFor = 10 * time.Minute

// ConfirmPassword makes sure that who uses a session knows the password of its account. Confirmed believes what it returns, in
// this session and for a while. Invalid: a wrong one, or the account has none. TooMany: too many wrong ones.
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

// Confirmed reports whether ConfirmPassword returned this to the caller's session a moment ago.
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

// confirmed says that a session knew the password at a time. Its key is the stored hash, which no browser has, and which is
// another one as soon as the password is.
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

// notManaged refuses to change by hand what a directory writes: it would be as before with its next request. Of an account with a
// role of the site a directory writes nothing, and no address of one that belongs to another organization too. Invalid: names the
// directory.
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
