package tenant

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// SetUserRoles replaces the site roles of an account. An unchanged list writes nothing.
// Invalid: no such user, oneself, a bad body, an unknown role, the last owner. Forbidden: the caller may neither assign nor
// unassign, may not hand out one of the roles, or lacks a permission that the account has. Conflict: the form showed another
// version of the account.
func (s *Service) SetUserRoles(ctx context.Context, subject *org.Actor, user string, input org.Input[org.RolesInput]) (_ org.User, _ org.Receipt, err error) {
	defer org.Wrap(&err, "set site roles of %q", user)
	return unit.Do(ctx, s.units, subject, unit.OnSite, "write", userRoles{user, input}, planUserRoles, applyUserRoles)
}

// PreviewUserRoles returns how SetUserRoles would change what people may do. Errors as there.
func (s *Service) PreviewUserRoles(ctx context.Context, subject *org.Actor, user string, input org.Input[org.RolesInput]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview site roles of %q", user)
	_, impact, err := unit.Try(ctx, s.units, subject, userRoles{user, input}, planUserRoles)
	return impact, err
}

// userRoles asks to replace the site roles of an account.
type userRoles struct {
	// as the path has it: an id, a username or "me"
	user  string
	roles org.Input[org.RolesInput]
}

// userChange is an account whose site roles change, as it was decided.
type userChange struct {
	org.HolderChange
	user    org.User // as it is afterwards
	changes bool
}

// planUserRoles checks rows 1 and 2 of docs/spec/assigning.md for an account; decideUserRoles checks the rest.
func planUserRoles(ctx context.Context, a *unit.Attempt, in userRoles) (userChange, error) {
	row, err := a.Account(ctx, in.user)
	if err != nil {
		return userChange{}, err
	}
	return decideUserRoles(ctx, a, row, in.roles)
}

// decideUserRoles is the only way to replace the site roles of an account.
func decideUserRoles(ctx context.Context, a *unit.Attempt, row db.UserRow, input org.Input[org.RolesInput]) (userChange, error) {
	return decideAccount(ctx, a, row, func(roles *assignment, u *org.User) (bool, error) {
		return roles.decide(ctx, input, u.Roles, u.Tag())
	})
}

// decideAccount is the only way to change records of site roles. The page, the API and undo all use it, so none of them
// gives what another would refuse (T06 in docs/spec/threats.md). decide is as in decideMember.
func decideAccount(ctx context.Context, a *unit.Attempt, row db.UserRow, decide func(*assignment, *org.User) (bool, error)) (c userChange, err error) {
	// Row 3 comes before any right, and applies to owners too: changing one's own rights takes a second person.
	if row.ID == a.Actor.ID() {
		return c, org.ErrInvalid("You cannot change your own roles.", "")
	}
	set, err := a.Roles(ctx, uuid.Nil)
	if err != nil {
		return c, err
	}
	if c.user, err = a.User(ctx, row); err != nil {
		return c, err
	}
	// Rows 4 to 13 are the same as for a member.
	roles := assignment{
		Attempt: a, set: set, object: org.SiteRolesObject, implied: org.RoleMember,
		read:   func() ([]org.Assignment, error) { return a.RecordsOfUser(ctx, row.ID) },
		ending: row.NextEnd.Valid,
	}
	c.changes, err = decide(&roles, &c.user)
	if err != nil || !c.changes {
		return c, err
	}
	// Row 14 is guard rail R1 of docs/spec/roles.md. Site roles count in every organization, so everything that the account
	// holds anywhere is compared.
	if err := a.MayActOn(ctx, row.ID, unit.Whole); err != nil {
		return c, err
	}
	c.HolderChange = org.HolderChange{User: row.ID, Username: row.Username, Before: unit.RoleNames(c.user.Roles), After: roles.wanted,
		Gone: set.Gone(strings.Fields(row.Roles)), Edits: roles.edits, Ending: roles.passing}
	c.user.Roles, c.user.Version, c.user.UpdatedAt = set.Refs(strings.Join(roles.wanted, " ")), c.user.Version+1, a.Now
	// The guards below ask about the state after the change, so the change must be announced first.
	a.WillHold(c.HolderChange)
	if err := a.KeepManagers(ctx, row); err != nil {
		return c, err
	}
	// Taking away any role but owner leaves the owners able to do what they could, so they need no check.
	if !roles.loosens(org.RoleOwner) && len(roles.added) == 0 {
		return c, nil
	}
	return c, a.KeepOwners(ctx) // a role that was given may deny
}

// applyUserRoles stores the site roles of an account.
func applyUserRoles(ctx context.Context, w *unit.Writer, c userChange) (org.User, error) {
	if !c.changes {
		return c.user, nil
	}
	return c.user, w.StoreSiteRoles(ctx, c.HolderChange)
}
