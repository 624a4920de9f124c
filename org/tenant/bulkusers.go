package tenant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
)

// MaxBulkUsers is the most accounts that one bulk action may change. Everything that each holds anywhere is compared with what
// the caller holds, and nothing else on the site can be written meanwhile.
const MaxBulkUsers = 1000

// BulkUsers suspends, activates or deletes many accounts in one transaction, with one audit row for each that changes. Those
// that a rule protects are left out and listed in the result; the others are done.
// Invalid: a bad body, an exception that does not match, or more than 1,000 accounts. Forbidden: the caller may do this to no
// one. Conflict: other accounts match than were expected.
func (s *Service) BulkUsers(ctx context.Context, subject *org.Actor, input org.Input[org.UserBulk]) (_ org.UserBulkResult, err error) {
	defer org.Wrap(&err, "change accounts in bulk")
	result, done, err := unit.Do(ctx, s.units, subject, unit.OnSite, "write", input, planBulkUsers, applyBulkUsers)
	result.Entry = done.Entry
	return result, err
}

// PreviewBulkUsers returns what BulkUsers would answer. Errors as there.
func (s *Service) PreviewBulkUsers(ctx context.Context, subject *org.Actor, input org.Input[org.UserBulk]) (_ org.UserBulkResult, err error) {
	defer org.Wrap(&err, "preview a change of accounts in bulk")
	p, _, err := unit.Try(ctx, s.units, subject, input, planBulkUsers)
	return p.result, err
}

// EachSelectedUser calls each for the accounts that a bulk action would be about, in order. Names of no account are left out.
// Errors as those of BulkUsers about the selection.
func (s *Service) EachSelectedUser(ctx context.Context, subject *org.Actor, input org.Input[org.UserBulk], each func(*org.User) error) (err error) {
	defer org.Wrap(&err, "list selected accounts")
	return s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		rows, err := bulkUserRows(ctx, src, subject, in, &org.UserBulkResult{})
		if err != nil {
			return err
		}
		users, err := src.Users(ctx, rows)
		if err != nil {
			return err
		}
		from, err := src.SiteSources(ctx, idsOf(rows))
		if err != nil {
			return err
		}
		for i := range users {
			users[i].Sources = from[users[i].ID]
			if err := each(&users[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func idsOf(rows []db.UserRow) []uuid.UUID {
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids
}

// userChangeOf is what was decided about one account of many: exactly one of the two is set.
type userChangeOf struct {
	status   *account.StatusChange
	deletion *account.Deletion
}

func (c userChangeOf) user() org.User {
	if c.deletion != nil {
		return c.deletion.User()
	}
	return c.status.User()
}

// bulkUsersPlan holds the accounts that change, in order, and the answer.
type bulkUsersPlan struct {
	changes []userChangeOf
	result  org.UserBulkResult
}

// bulkRights is the right that each action needs, the same as for a single change.
var bulkRights = map[org.BulkAction]string{org.BulkSuspend: "update", org.BulkActivate: "update", org.BulkDelete: "delete"}

// planBulkUsers checks the caller before the body, then the action as such, then each account separately.
func planBulkUsers(ctx context.Context, a *unit.Attempt, input org.Input[org.UserBulk]) (p bulkUsersPlan, err error) {
	if !a.Actor.Can("update", org.UsersObject) && !a.Actor.Can("delete", org.UsersObject) {
		return p, org.ErrForbidden("user:update")
	}
	in, err := input.Read()
	if err != nil && org.FieldsOf(err) == nil {
		return p, err
	}
	right, known := bulkRights[in.Action]
	if !known {
		return p, org.WithFields(org.FieldErrors{{Field: "action", Detail: "must be one of suspend, activate, delete"}}.Err("Unknown bulk action."), org.FieldsOf(err))
	}
	if err != nil {
		return p, err
	}
	if !a.Actor.Can(right, org.UsersObject) {
		return p, org.ErrForbidden("user:" + right)
	}
	rows, err := bulkUserRows(ctx, a.Reader, a.Actor, in, &p.result)
	if err != nil {
		return p, err
	}
	readable := func(id uuid.UUID) bool { return a.Actor.Can("read", org.UserObject(id)) }
	if err := asSeen(ctx, a, in.Seen, rows, userMeant, readable); err != nil {
		return p, err
	}
	if err := asExpected(in.Expect, len(rows)+len(p.result.Refused), "accounts"); err != nil {
		return p, err
	}
	a.Sets = map[uuid.UUID]*unit.RoleSet{} // of many accounts it is the same roles
	for i := range rows {
		if err := p.add(ctx, a, rows[i], in.Action); err != nil {
			return p, err
		}
	}
	return p, nil
}

// add decides about one account, given what was decided about those before it.
func (p *bulkUsersPlan) add(ctx context.Context, a *unit.Attempt, row db.UserRow, action org.BulkAction) error {
	c, err := decideBulkUser(ctx, a, row, action)
	refusal, refused := errors.AsType[*org.Error](err)
	switch {
	// A rule protects this account only; the others continue. Any other error stops the whole action.
	case refused:
		a.WontEnd(row.ID)
		u, err := a.User(ctx, row)
		if err != nil {
			return err
		}
		p.result.Refused = append(p.result.Refused, org.BulkRefusal{Who: row.Username, User: &u, Reason: cmp.Or(refusal.Detail, refusal.Message)})
	case err != nil:
		return err
	case c.status != nil && !c.status.Changes():
		p.result.Unchanged = append(p.result.Unchanged, c.user())
	default:
		p.changes, p.result.Done = append(p.changes, c), append(p.result.Done, c.user())
	}
	return nil
}

func decideBulkUser(ctx context.Context, a *unit.Attempt, row db.UserRow, action org.BulkAction) (userChangeOf, error) {
	if action == org.BulkDelete {
		d, err := account.DecideDeletion(ctx, a, row)
		return userChangeOf{deletion: &d}, err
	}
	status := org.StatusActive
	if action == org.BulkSuspend {
		status = org.StatusSuspended
	}
	c, err := account.DecideStatusOf(ctx, a, row, status)
	return userChangeOf{status: &c}, err
}

// applyBulkUsers stores the changes, each with an entry of its own.
func applyBulkUsers(ctx context.Context, w *unit.Writer, p bulkUsersPlan) (org.UserBulkResult, error) {
	for _, c := range p.changes {
		u := c.user()
		action, store := "write", func() error { return c.status.Store(ctx, w) }
		if c.deletion != nil {
			action, store = "delete", func() error { return c.deletion.Store(ctx, w) }
		}
		w.Begin(action, 200)
		w.About("user", u.ID, u.Username, uuid.Nil)
		if err := store(); err != nil {
			return p.result, err
		}
		if err := w.Record(ctx); err != nil {
			return p.result, err
		}
	}
	return p.result, nil
}

// bulkUserRows finds the accounts that the action is about. Names of no account that the caller may read are listed in result.
func bulkUserRows(ctx context.Context, src unit.Reader, by *org.Actor, in org.UserBulk, result *org.UserBulkResult) ([]db.UserRow, error) {
	tooMany := org.ErrInvalid(fmt.Sprintf("More than %d accounts at once.", MaxBulkUsers), "Narrow the filter and do it in parts.")
	if in.Match == nil {
		if len(in.Users) > MaxBulkUsers {
			return nil, tooMany
		}
		return namedUsers(ctx, src, by, in.Users, result)
	}
	ids, roles, err := account.SelectUsers(ctx, src, by, *in.Match, MaxBulkUsers+1)
	if err != nil {
		return nil, err
	}
	if len(ids) > MaxBulkUsers {
		return nil, tooMany
	}
	rows, err := usersByID(ctx, src, ids)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r db.UserRow) bool { return !holdsSome(roles, r.Roles) }) // as stillHolding of members
	return without(by, rows, userMeant, in.Except)
}

// usersByID reads accounts as they are at the time of the unit, in the order of ids.
func usersByID(ctx context.Context, src unit.Reader, ids []uuid.UUID) (rows []db.UserRow, err error) {
	if rows, err = src.Q.ListUsersByID(ctx, ids); err != nil { // no more than an action takes
		return nil, err
	}
	if rows, err = unit.HeldNow(ctx, src, rows, unit.UserStored); err != nil {
		return nil, err
	}
	unit.InOrder(rows, ids, func(r *db.UserRow) uuid.UUID { return r.ID })
	return rows, nil
}

// namedUsers looks up accounts by name. A repeated name counts once; an unknown or unreadable account is refused by itself.
func namedUsers(ctx context.Context, src unit.Reader, by *org.Actor, names []string, result *org.UserBulkResult) (rows []db.UserRow, err error) {
	var ids []uuid.UUID
	for _, name := range names {
		if id, err := uuid.Parse(name); err == nil {
			ids = append(ids, id)
		}
	}
	found, err := usersByID(ctx, src, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[uuid.UUID]db.UserRow, len(found))
	for _, row := range found {
		byID[row.ID] = row
	}
	named := make(map[uuid.UUID]bool, len(names))
	for _, name := range names {
		id, parsed := uuid.Parse(name)
		row, known := byID[id]
		if parsed != nil {
			if row, known, err = src.FindUser(ctx, by, name); err != nil {
				return nil, err
			}
		}
		switch {
		case !known || !by.Can("read", org.UserObject(row.ID)):
			result.Refused = append(result.Refused, org.BulkRefusal{Who: name, Reason: "No such user"})
		case !named[row.ID]:
			named[row.ID] = true
			rows = append(rows, row)
		}
	}
	return rows, nil
}
