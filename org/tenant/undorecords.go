package tenant

import (
	"context"
	"fmt"
	"slices"

	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
)

// takeBack edits each record that the entry changed back to what it was, as if the caller had typed it. Entries from before there
// were records have only roles. A role that was deleted since is refused.
func (u *undoing) takeBack(ctx context.Context, roles *assignment, held []org.RoleRef, stored string, since error) (bool, error) {
	if _, err := begin(roles, org.Given(struct{}{})); err != nil {
		return false, err
	}
	if err := u.sameRoles(roles.set); err != nil {
		return false, err
	}
	if len(u.was)+len(u.is) == 0 {
		return roles.decide(ctx, org.Given(org.RolesInput{Roles: u.before}), held, stored)
	}
	if _, err := roles.set.Named(u.before, roles.implied); err != nil {
		return false, err
	}
	var err error
	if roles.records, err = roles.read(); err != nil {
		return false, err
	}
	for _, role := range touched(u.was, u.is) {
		back, ok := u.goesBack(roles, role)
		switch {
		case !ok:
			return false, since
		case back != nil:
			roles.edit(role, roles.fresh(role, *back))
		case len(roles.live(role, false)) > 0:
			roles.edit(role, nil)
		}
	}
	if len(roles.edits) == 0 {
		return false, u.tooLate()
	}
	roles.conclude(unit.RoleNames(held))
	return true, roles.permitted()
}

// sameRoles refuses if a role in the entry was deleted since and another one has its name now: the entry is not about that one
// (T19 in docs/spec/threats.md). Conflict.
func (u *undoing) sameRoles(set *unit.RoleSet) error {
	c := org.HolderChange{Before: u.before, After: u.after}
	for _, name := range slices.Concat(touched(u.was, u.is), c.Given(), c.Dropped()) {
		if r := custom(set, name); r != nil && r.CreatedAt.After(u.made) {
			return changedSince(fmt.Sprintf("The role “%s” was deleted since, and made anew.", r.Label()))
		}
	}
	return nil
}

// goesBack returns the terms that the local record of a role goes back to: those of the old record that ends last, nil if none
// would still count. ok is false if the records are no longer as the entry left them.
func (u *undoing) goesBack(roles *assignment, role string) (back *org.Terms, ok bool) {
	var now []org.AuditAssignment
	for _, r := range roles.live(role, false) {
		now = append(now, r.Brief())
	}
	left := slices.DeleteFunc(ofRole(u.is, role), func(r org.AuditAssignment) bool { return !r.Counts(u.Now) })
	if !sameRecords(now, left) {
		return nil, false
	}
	for _, r := range ofRole(u.was, role) {
		if r.Counts(u.Now) && (back == nil || earlier(back.Until, r.Until)) {
			back = &org.Terms{Until: r.Until, Reason: r.Reason}
		}
	}
	return back, true
}

// tooLate returns the refusal to give back what would have ended by now.
func (u *undoing) tooLate() *org.Error {
	return changedSince(fmt.Sprintf("What %s held would have ended by now.", u.user.Username))
}

// ofRole returns the local records of a role, from those of an entry.
func ofRole(records []org.AuditAssignment, role string) (list []org.AuditAssignment) {
	for _, r := range records {
		if r.Role == role && !r.Source.Synced() {
			list = append(list, r)
		}
	}
	return list
}

// touched returns the roles that records are about, each once and sorted, without the membership.
func touched(lists ...[]org.AuditAssignment) (roles []string) {
	for _, r := range slices.Concat(lists...) {
		if r.Role != org.RoleOrganizationUser {
			roles = append(roles, r.Role)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// sameRecords reports whether two lists have the same sources, ends and reasons, in any order.
func sameRecords(a, b []org.AuditAssignment) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x org.AuditAssignment) bool {
		return !slices.ContainsFunc(b, func(y org.AuditAssignment) bool {
			return x.Source == y.Source && x.Reason == y.Reason && sameEnd(x.Until, y.Until)
		})
	})
}

// undoStatus suspends an account again, or reactivates it. An account that had never signed in becomes active too, as by any
// reactivation. So the step from never signed in to active can't be undone: Invalid.
func (u *undoing) undoStatus(ctx context.Context) (account.StatusChange, error) {
	if org.Status(u.user.Status) != u.isStatus {
		return account.StatusChange{}, changedSince(fmt.Sprintf("The status of %s was changed since.", u.user.Username))
	}
	back := org.StatusActive
	if u.wasStatus == org.StatusSuspended {
		back = u.wasStatus
	}
	if back == u.isStatus {
		return account.StatusChange{}, errNotUndoable
	}
	return account.DecideStatus(ctx, u.Attempt, u.user.ID.String(), back, nil)
}
