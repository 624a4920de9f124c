package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Guards for the ways to sign in to an account, when one of them is removed or another one is added.

// lastFactor refuses to remove the caller's last second factor if the policy needs one.
func lastFactor(a *unit.Attempt, policy org.FactorPolicy, last bool) error {
	if !last || a.Actor.User.LoginType != org.LoginPassword || !policy.Covers(a.Actor.User) {
		return nil
	}
	return org.ErrInvalid("Your account needs a second factor, and this is the last one.", "Add another one first.")
}

// ChosePassword refuses to add a way to sign in to an account whose password someone else has set: that person may be the caller,
// and what they add would outlive the password (R4 in docs/spec/roles.md). Invalid.
func ChosePassword(ctx context.Context, q db.Reads, user uuid.UUID) error {
	maker, err := q.GetPasswordMaker(ctx, user)
	if err == nil && maker.Valid {
		err = org.ErrInvalid("Choose your own password first.", "Someone else set the one that you have.")
	}
	return err
}

// OtherWayIn reports whether the caller could sign in without this provider and without any passkey: with a password that the
// policy allows, or at another provider that is configured.
func OtherWayIn(ctx context.Context, a *unit.Attempt, policy org.PasswordPolicy, provider string) (bool, error) {
	return otherWayIn(ctx, a, policy, a.Actor.ID(), provider)
}

func otherWayIn(ctx context.Context, a *unit.Attempt, policy org.PasswordPolicy, user uuid.UUID, provider string) (bool, error) {
	has, err := a.Q.ListIdentities(ctx, user)
	if err != nil {
		return false, err
	}
	for _, i := range has {
		if i.Provider != provider && a.Configured(i.Provider) {
			return true, nil
		}
	}
	ways, err := a.Q.GetWaysIn(ctx, user)
	if err != nil || !ways.HasPassword {
		return false, err
	}
	row, err := a.Q.GetUser(ctx, user)
	if err != nil {
		return false, err
	}
	return MayUsePassword(ctx, a.Reader, policy, row)
}

// deleteFactors deletes all second factors of an account.
func deleteFactors(ctx context.Context, w *unit.Writer, user uuid.UUID) error {
	return errors.Join(
		w.W.DeleteTOTP(ctx, user), w.W.DeleteRecoveryCodes(ctx, user), w.W.DeletePasskeys(ctx, user), w.W.DeletePasskeyChallengesOfUser(ctx, unit.NullID(user)),
	)
}

// ResetFactors removes the second factors of an account whose owner has lost them, and ends its sessions. Invalid: no such
// user, or oneself. Forbidden: needs user:update_personal, and all that the account holds. NotFound: it has none.
func (s *Service) ResetFactors(ctx context.Context, subject *org.Actor, user string) (err error) {
	defer org.Wrap(&err, "reset second factors of %q", user)
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", user, planReset, applyReset)
	return err
}

// planReset refuses the caller's own account: removing one's own factors takes the password, which a stolen session lacks.
func planReset(ctx context.Context, a *unit.Attempt, user string) (row db.UserRow, err error) {
	if row, err = personal(ctx, a, user, unit.Whole); err != nil {
		return row, err
	}
	a.About("mfa", row.ID, row.Username, uuid.Nil)
	if row.ID == a.Actor.ID() {
		return row, org.ErrInvalid("You can't reset your own second factor.", "Remove it with your password.")
	}
	if err := mustHaveFactor(ctx, a, row.ID); err != nil {
		return row, err
	}
	return row, staysOpen(ctx, a, row)
}

// staysOpen refuses to remove all passkeys of an account that must be able to sign in, and could not without them.
func staysOpen(ctx context.Context, a *unit.Attempt, row db.UserRow) error {
	if n, err := a.Q.CountPasskeys(ctx, row.ID); err != nil || n == 0 {
		return err
	}
	if other, err := otherWayIn(ctx, a, org.PasswordPolicy(a.PasswordPolicy()), row.ID, ""); err != nil || other {
		return err
	}
	a.WillEnd(row.ID) // to be judged as if it were gone, which it is not
	if err := a.KeepAdmins(ctx, row); err != nil {
		return err
	}
	return a.KeepOwners(ctx)
}

func applyReset(ctx context.Context, w *unit.Writer, row db.UserRow) (none struct{}, err error) {
	w.Secret("app")
	w.Secret("passkeys")
	if err := deleteFactors(ctx, w, row.ID); err != nil {
		return none, err
	}
	if err := notifyReset(ctx, w, row); err != nil {
		return none, err
	}
	return none, w.W.DeleteSessionsOfUser(ctx, unit.NullID(row.ID))
}

// notifyReset tells the owner of an account that its second factors were removed.
func notifyReset(ctx context.Context, w *unit.Writer, row db.UserRow) error {
	n := org.Notice{Kind: org.NoticeFactorsReset, At: w.Now}
	if !w.Actor.Operator {
		n.By = w.Actor.User.Label()
	}
	return w.Notify(ctx, row.ID, row.Email, n)
}
