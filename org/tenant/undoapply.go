package tenant

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
)

// undo is the change that takes an entry back: of a member, of an account, of a role or of a dismissal.
type undo struct {
	member    *memberChange
	user      *userChange
	status    *account.StatusChange
	role      *roleChange
	dismissal *org.Dismissal
	before    []string // names of the roles that there were, as the entry has them
}

// holder returns what the change is about, as it is afterwards.
func (u *undo) holder() org.RoleHolder {
	switch {
	case u.member != nil:
		return org.RoleHolder{Member: &u.member.member}
	case u.role != nil:
		return org.RoleHolder{Role: &u.role.After}
	case u.dismissal != nil:
		return org.RoleHolder{Dismissal: u.dismissal}
	case u.status != nil:
		user := u.status.User()
		return org.RoleHolder{User: &user}
	}
	return org.RoleHolder{User: &u.user.user}
}

// applyUndo stores what was decided, each kind of change with its own function.
func applyUndo(ctx context.Context, w *unit.Writer, u undo) (h org.RoleHolder, err error) {
	switch {
	case u.user != nil:
		_, err = applyUserRoles(ctx, w, *u.user)
	case u.status != nil:
		err = u.status.Store(ctx, w)
	case u.role != nil:
		_, err = applyRole(ctx, w, *u.role)
	case u.dismissal != nil:
		_, err = applyBringBack(ctx, w, *u.dismissal)
	default:
		_, err = applyMember(ctx, w, *u.member)
	}
	return u.holder(), err
}
