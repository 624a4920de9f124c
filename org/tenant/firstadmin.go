package tenant

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// fieldFirstAdmin is the field of the input that names who becomes the first administrator.
const fieldFirstAdmin = "first_administrator"

// firstAdmin decides that an account, the caller's own too, begins as organization admin of an organization that is made.
// Forbidden: the caller may not assign that role there. Invalid: no such account, or one that cannot sign in.
func firstAdmin(ctx context.Context, a *unit.Attempt, o db.Organization, name string) (c memberChange, err error) {
	if !a.Actor.Can("assign", org.OrgRolesObject(o.ID)) {
		return c, org.ErrForbidden("assign_org_role:assign")
	}
	user, ok, err := findUserOrEmail(ctx, a, name)
	if err != nil {
		return c, err
	}
	// Who may not be read is answered like nobody (docs/spec/refusals.md).
	if !ok || !a.Actor.Can("read", org.UserObject(user.ID)) {
		return c, org.FieldErrors{{Field: fieldFirstAdmin, Detail: "is no account"}}.Err("Validation failed.")
	}
	if org.Status(user.Status) == org.StatusSuspended {
		return c, org.FieldErrors{{Field: fieldFirstAdmin, Detail: "is suspended"}}.Err("Validation failed.")
	}
	if user.ID != a.Actor.ID() && !unit.MayAddMembers(a.Actor, o.ID) {
		return c, org.ErrForbidden(unit.PermissionsToAdd...)
	}
	builtIn, err := a.Roles(ctx, org.ElsewhereOrg) // nothing is stored of an organization that is not there yet
	if err != nil {
		return c, err
	}
	wanted := []string{org.RoleOrganizationAdmin}
	if err := a.MayHandOut(builtIn, o.ID, wanted); err != nil {
		return c, err
	}
	if c, _, err = decideAddition(ctx, a, o, user, org.Terms{}); err != nil {
		return c, err
	}
	c.After, c.member.Roles = wanted, builtIn.Refs(org.RoleOrganizationAdmin)
	return c, nil
}
