package account

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// StatusChange is the decided suspension or activation of an account, as part of a larger change.
type StatusChange struct{ accountChange }

// User returns the account as it will be.
func (c *StatusChange) User() org.User { return c.user }

// DecideStatus decides as SetStatus does. Errors as SetStatus.
func DecideStatus(ctx context.Context, a *unit.Attempt, user string, status org.Status, ifMatch org.Versions) (c StatusChange, err error) {
	c.accountChange, err = planStatus(ctx, a, statusCommand{named{user, ifMatch}, status})
	return c, err
}

// DecideStatusOf does the same for an account that was read already, one of many.
func DecideStatusOf(ctx context.Context, a *unit.Attempt, row db.UserRow, status org.Status) (c StatusChange, err error) {
	c.accountChange, err = decideStatus(ctx, a, row, status, nil)
	return c, err
}

// Changes reports whether there is anything to store.
func (c *StatusChange) Changes() bool { return c.user.Version != c.before.Version }

// Deletion is the decided deletion of an account, as part of a larger change.
type Deletion struct{ user org.User }

// DecideDeletion decides as DeleteUser does. Errors as DeleteUser.
func DecideDeletion(ctx context.Context, a *unit.Attempt, row db.UserRow) (d Deletion, err error) {
	d.user, err = decideDeletion(ctx, a, row, nil)
	return d, err
}

// User returns the account as it was.
func (d *Deletion) User() org.User { return d.user }

// Store deletes the account, and fills in the entry.
func (d *Deletion) Store(ctx context.Context, w *unit.Writer) error {
	_, err := applyDeletion(ctx, w, d.user)
	return err
}

// Store stores the status, and fills in the entry.
func (c *StatusChange) Store(ctx context.Context, w *unit.Writer) error {
	_, err := applyStatus(ctx, w, c.accountChange)
	return err
}

// MayStop checks whether the caller may end an account's sessions, or its tokens: an emergency stop must not need all that the
// account holds. Forbidden: needs user:update or api_key:delete, and all that the account holds on the site.
func MayStop(ctx context.Context, a *unit.Attempt, row db.UserRow, sessions, tokens bool) error {
	if sessions {
		if err := allowed(ctx, a, row, "update", unit.SiteOnly); err != nil {
			return err
		}
	}
	if !tokens {
		return nil
	}
	if !a.Actor.Can("delete", org.KeyObject(row.ID)) {
		return org.ErrForbidden("api_key:delete")
	}
	return a.MayActOn(ctx, row.ID, unit.SiteOnly)
}

// EndSessionsOf ends the browser sessions of an account.
func EndSessionsOf(ctx context.Context, w *unit.Writer, row db.UserRow) error {
	return w.W.DeleteSessionsOfUser(ctx, unit.NullID(row.ID))
}
