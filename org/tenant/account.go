package tenant

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// SetUserRoles replaces the site roles of an account. An unchanged list writes nothing.
// Invalid: no such user, oneself, a bad body, an unknown role, the last owner. Forbidden: neither assign nor unassign,
// a role that the caller may not hand out, or an account that holds more than the caller. Conflict: the form showed
// another version of the account.
func (s *Service) SetUserRoles(ctx context.Context, subject *org.Actor, user string, input org.Input[org.RolesInput]) (u org.User, err error) {
	defer org.Wrap(&err, "set site roles of %q", user)
	err = s.units.Do(ctx, subject, unit.OnSite, "write", func(c *unit.Mixed) error {
		row, err := account.Target(c, user)
		if err != nil {
			return err
		}
		u, err = setUserRoles(c, row, input)
		return err
	})
	return u, err
}

// setUserRoles is the one way in which the site roles of an account change.
func setUserRoles(c *unit.Mixed, row db.UserRow, input org.Input[org.RolesInput]) (org.User, error) {
	if row.ID == c.Actor.ID() {
		return org.User{}, org.ErrInvalid("You cannot change your own roles.", "")
	}
	set, err := c.Roles(c.Ctx, uuid.Nil)
	if err != nil {
		return org.User{}, err
	}
	u, err := c.User(c.Ctx, row)
	if err != nil {
		return u, err
	}
	a := assignment{Mixed: c, set: set, object: org.SiteRolesObject, implied: org.RoleMember}
	changed, err := a.decide(input, u.Roles, u.Tag())
	if err != nil || !changed {
		return u, err
	}
	if err := c.MayActOn(row.ID, unit.Whole); err != nil {
		return u, err
	}
	becomes := func(was *org.Actor) *rbac.Subject { return unit.WithSiteRoles(was, c.Catalog, set, a.wanted) }
	if err := c.KeepManagers(row, becomes); err != nil {
		return u, err
	}
	if err := c.WatchUser(row, func(h *unit.Holding) { h.SiteRoles = strings.Join(a.wanted, " ") }); err != nil {
		return u, err
	}
	if err := account.WriteUserRoles(c, row.ID, a.added, a.removed); err != nil {
		return u, err
	}
	c.Field("rbac_roles", unit.RoleNames(u.Roles), a.wanted)
	if u, err = account.UserByID(c, row.ID); err != nil || !slices.Contains(a.removed, org.RoleOwner) && len(a.added) == 0 {
		return u, err
	}
	return u, c.KeepOwners() // a role that was given may deny
}
