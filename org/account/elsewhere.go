package account

import (
	"context"
	"slices"
	"strings"

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

// ConfirmPassword makes sure that who uses a session knows the password of its account.
// Invalid: a wrong one, or the account has none. TooMany: too many wrong ones.
func (s *Service) ConfirmPassword(ctx context.Context, subject *org.Actor, password string) (err error) {
	defer org.Wrap(&err, "confirm a password")
	stored, err := s.units.DB.GetPasswordHash(ctx, subject.ID())
	if err != nil {
		return err
	}
	door := passwordCounter(subject.ID())
	if err := s.countAttempt(ctx, []failureCounter{door}); err != nil {
		return err
	}
	right := false
	if stored != "" {
		if right, err = s.hashing.matches(ctx, stored, password); err != nil {
			return err
		}
	}
	if !right {
		return org.FieldErrors{{Field: "password", Detail: "is not your current password"}}.Err("The password is incorrect.")
	}
	_, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "login", door.name, planConfirmed, applyConfirmed)
	return err
}

func planConfirmed(_ context.Context, a *unit.Attempt, door string) (string, error) {
	a.Aside()
	return door, nil
}

func applyConfirmed(ctx context.Context, w *unit.Writer, door string) (none struct{}, err error) {
	return none, w.W.DeleteLoginFailures(ctx, door)
}
