package tenant

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// mayBulk reports whether the caller may assign, unassign or remove at all; mayDo then checks the action that is wanted.
func mayBulk(by *org.Actor, orgID uuid.UUID) bool {
	return by.Can("assign", org.OrgRolesObject(orgID)) || by.Can("unassign", org.OrgRolesObject(orgID)) || by.Can("delete", org.MembersObject(orgID))
}

// mayDo checks the action as such. unread is the error from reading its fields, if any. Invalid: there is no such action or role.
// Forbidden: the caller may not do this to any member.
func mayDo(ctx context.Context, a *unit.Attempt, o db.Organization, in org.Bulk, unread error) error {
	wrong := org.WithFields(unread, in.Problems(a.Now))
	if in.Action == org.BulkRemove {
		if wrong != nil {
			return wrong
		}
		if !a.Actor.Can("delete", org.MembersObject(o.ID)) {
			return org.ErrForbidden("organization_member:delete")
		}
		return nil
	}
	var moves []roleMove
	switch in.Action {
	case org.BulkAddRole:
		moves = []roleMove{{"role", in.Role, "assign"}}
	case org.BulkRemoveRole:
		moves = []roleMove{{"role", in.Role, "unassign"}}
	case org.BulkReplaceRole:
		moves = []roleMove{{"role", in.Role, "unassign"}, {"with", in.With, "assign"}}
	default:
		return org.WithFields(org.FieldErrors{{Field: "action", Detail: "must be one of add-role, remove-role, replace-role, remove"}}.Err("Unknown bulk action."), org.FieldsOf(wrong))
	}
	return mayMove(ctx, a, o, moves, wrong)
}

// roleMove is a role that a bulk action gives or takes, the field that names it, and the right that the caller needs for it.
type roleMove struct{ field, role, right string }

// mayMove checks the roles of a bulk action. wrong holds whatever else is wrong with it.
func mayMove(ctx context.Context, a *unit.Attempt, o db.Organization, moves []roleMove, wrong error) error {
	set, err := a.Roles(ctx, o.ID)
	if err != nil {
		return err
	}
	var unknown org.FieldErrors
	for i, m := range moves {
		switch {
		case set.ByName[m.role] == nil:
			unknown.Add(m.field, fmt.Sprintf("%q is not a role of %s", m.role, o.DisplayName))
		case i > 0 && m.role == moves[0].role:
			unknown.Add(m.field, "must be another role")
		}
	}
	if len(unknown) > 0 {
		return org.WithFields(unknown.Err("Choose a role."), org.FieldsOf(wrong))
	}
	if wrong != nil {
		return wrong
	}
	for _, m := range moves {
		if refusal := unit.GiveRefusal(a.Actor, m.right, org.OrgRolesObject(o.ID), set.ByName[m.role]); refusal != "" {
			return &org.Error{Kind: org.Forbidden, Message: fmt.Sprintf("not authorized to assign role %q", m.role), Detail: refusal + "."}
		}
	}
	return nil
}
