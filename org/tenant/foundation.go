package tenant

import (
	"cmp"
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// CreateOrganization creates an organization with the caller as its first member, without roles, and with the first
// administrator that the input names.
// Forbidden: needs organization:create, or the caller may not assign the role. Invalid: something is wrong with the input.
// Conflict: the name is taken.
func (s *Service) CreateOrganization(ctx context.Context, subject *org.Actor, input org.Input[org.OrganizationInput]) (o org.Organization, err error) {
	defer org.Wrap(&err, "create organization")
	o, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "create", input, planFoundation, applyFoundation)
	return o, err
}

// planFoundation checks the right before it reads the body (docs/spec/refusals.md).
func planFoundation(ctx context.Context, a *unit.Attempt, input org.Input[org.OrganizationInput]) (f foundation, err error) {
	if !a.Actor.Can("create", org.OrgObject(uuid.Nil)) {
		return f, org.ErrForbidden()
	}
	in, err := input.Read()
	if err != nil {
		return f, err
	}
	f.row = db.Organization{ID: unit.NewID(), CreatedAt: a.Now, UpdatedAt: a.Now, Version: 1}
	place := f.row
	f.row, err = revised(ctx, a, place, in)
	if in.Admin != "" && (err == nil || org.FieldsOf(err) != nil) {
		admin, problem := firstAdmin(ctx, a, place, in.Admin)
		if fields := org.FieldsOf(problem); fields != nil {
			err = org.WithFields(err, fields)
		} else if problem != nil {
			return f, problem
		}
		f.admin = &admin
	}
	if err != nil {
		return f, err
	}
	// An organization without a display name is shown by its name (docs/spec/organizations.md).
	f.row.DisplayName = cmp.Or(f.row.DisplayName, f.row.Name)
	a.Entry.Status = 201
	a.About("organization", f.row.ID, f.row.Name, f.row.ID)
	// The operator has no account, so it cannot be a member.
	if !a.Actor.Operator {
		f.first, f.row.MemberCount = a.Actor.ID(), 1
		a.WillHold(org.HolderChange{Place: f.row.ID, User: f.first, Username: a.Actor.User.Username, Joins: true})
	}
	if f.admin != nil {
		f.row.MemberCount = 1
		if f.admin.User == f.first {
			f.first = uuid.Nil // a member by the role
		} else if f.first != uuid.Nil {
			f.row.MemberCount = 2
		}
		a.WillHold(f.admin.HolderChange)
	}
	return f, nil
}

// applyFoundation stores the organization and its first member, who gets no roles: creating one gives no rights in it. The first
// administrator has their own entry, like everyone who gets a role.
func applyFoundation(ctx context.Context, w *unit.Writer, f foundation) (org.Organization, error) {
	o := unit.OrganizationOf(f.row)
	organizationFields(w, db.Organization{}, f.row)
	if err := w.InsertOrganization(ctx, f.row); err != nil {
		return o, err
	}
	if f.first != uuid.Nil {
		if err := w.InsertMember(ctx, f.row.ID, f.first, org.Origin{}); err != nil {
			return o, err
		}
	}
	if f.admin == nil {
		return o, nil
	}
	if err := w.Record(ctx); err != nil {
		return o, err
	}
	w.Begin("create", 200)
	w.About("organization_member", f.admin.User, f.admin.Username, f.row.ID)
	return o, storeMember(ctx, w, *f.admin)
}

// fieldFirstAdmin is the field of the input that names who becomes the first administrator.
const fieldFirstAdmin = "first_administrator"

// firstAdmin decides that an account, which may be the caller's, becomes organization admin of a new organization.
// Forbidden: the caller may not assign that role there. Invalid: no such account, or a suspended one.
func firstAdmin(ctx context.Context, a *unit.Attempt, o db.Organization, name string) (c memberChange, err error) {
	if !a.Actor.Can("assign", org.OrgRolesObject(o.ID)) {
		return c, org.ErrForbidden("assign_org_role:assign")
	}
	user, ok, err := findUserOrEmail(ctx, a, name)
	if err != nil {
		return c, err
	}
	// An account that the caller may not read gets the answer of an unknown one (docs/spec/refusals.md).
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
