package tenant

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// mayBulk lets in whoever may do one of the three things at all; mayDo then asks for the one that is wanted.
func mayBulk(by *org.Actor, orgID uuid.UUID) bool {
	return by.Can("assign", org.OrgRolesObject(orgID)) || by.Can("unassign", org.OrgRolesObject(orgID)) || by.Can("delete", org.MembersObject(orgID))
}

// mayDo checks the action as such. unread is what could not be read of it. Invalid: there is no such action or role. Forbidden:
// the caller may not at all.
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

// roleMove is a role that a bulk action gives or takes, the field that names it, and what the caller must be able to do with it.
type roleMove struct{ field, role, right string }

// mayMove checks the roles of a bulk action. wrong is what else is wrong with it.
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
