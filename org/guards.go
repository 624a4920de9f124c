package org

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// The guard rails: what no write may leave behind, however many rights the caller has. Views ask the same questions
// before anybody tries; the answers that count are those after the write.

// keepOwners refuses a change after which nobody could give and take site roles any more.
func (c *change) keepOwners() error {
	found, err := source{Service: c.Service, q: c.q}.managedBeside(c.ctx, uuid.Nil)
	if err != nil || found {
		return err
	}
	return invalid("The last active owner must stay.",
		"After this change no active account with the owner role could manage site roles and users. Give another active account the owner role first.")
}

// managedBeside says whether an active account with the owner role, other than the one named, is allowed to do an owner's
// work by the engine: neither a demotion nor a deny in a site role may lock everybody out.
func (s source) managedBeside(ctx context.Context, user uuid.UUID) (bool, error) {
	holders, err := s.q.ListActiveHoldersOfSiteRole(ctx, roleOwner)
	if err != nil {
		return false, err
	}
	for _, id := range holders {
		owner, err := s.subject(ctx, id)
		if err != nil {
			return false, err
		}
		if id != user && owner.administersSite() {
			return true, nil
		}
	}
	return false, nil
}

// administersSite reports whether an account may do the work of an owner, which someone must be able to do at any time.
func (s *Subject) administersSite() bool {
	return s.Can("assign", siteRolesObject) && s.Can("unassign", siteRolesObject) && s.Can("update", usersObject)
}

// keepAdmin refuses to take the last active organization-admin from an organization, unless a site owner does it.
func (c *change) keepAdmin(org db.Organization, user uuid.UUID, status Status, roles []string) error {
	last, err := c.lastAdmin(c.ctx, c.by, org.ID, user, status, roles)
	if err != nil || !last {
		return err
	}
	return invalid("The last active organization admin must stay.",
		fmt.Sprintf("%s would be left without an active organization admin. Make another active member one first, or ask a site owner.", c.nameOf(org, "An organization that you can't see")))
}

// lastAdmin says whether an account with these roles is the last active organization-admin, whom only a site owner may
// take away.
func (s source) lastAdmin(ctx context.Context, by *Subject, org, user uuid.UUID, status Status, roles []string) (bool, error) {
	if by.owner() || status != StatusActive || !slices.Contains(roles, roleOrganizationAdmin) {
		return false, nil
	}
	other, err := s.q.HasActiveHolder(ctx, db.HasActiveHolderParams{OrganizationID: org, Role: roleOrganizationAdmin, ExceptUser: user})
	return err == nil && !other, err
}

// keepAdmins is keepAdmin and keepManager for every organization of an account that is about to go.
func (c *change) keepAdmins(user db.UserRow) error {
	homes, err := c.q.ListMemberships(c.ctx, user.ID)
	if err != nil {
		return err
	}
	for _, h := range homes {
		roles := strings.Fields(h.Roles)
		if !slices.Contains(roles, roleOrganizationAdmin) {
			continue
		}
		org, err := c.q.GetOrganization(c.ctx, h.OrganizationID)
		if err != nil {
			return err
		}
		if err := c.keepAdmin(org, user.ID, Status(user.Status), roles); err != nil {
			return err
		}
	}
	return c.keepManagers(user, nil)
}

// keepUndo refuses a change of a role after which the caller itself could not undo it: it must still hold the action,
// and every permission that putting the role back would give or deny anew.
func (c *change) keepUndo(object rbac.Object, action string, restored Role) error {
	if c.by.operator {
		return nil
	}
	after, err := c.after(c.by.ID())
	if err != nil {
		return err
	}
	lost := c.by.Can(action, object) && !after.Can(action, object)
	for level, perms := range restored.levels() {
		held := slices.DeleteFunc(slices.Clone(perms), func(p rbac.Permission) bool {
			return len(c.by.grants.CheckGrant(level, object.Org, []rbac.Permission{p})) > 0
		})
		lost = lost || len(after.grants.CheckGrant(level, object.Org, held)) > 0
	}
	if !lost {
		return nil
	}
	return invalid("This would take away your own right to undo it.",
		"You hold this role yourself, and after the change you could not put it back. Ask another administrator to make it.")
}

// beyondCaller is what roles held in an organization give that the caller does not hold there itself.
func (s source) beyondCaller(by *Subject, org uuid.UUID, roles []*rbac.Role) []rbac.Permission {
	if len(roles) == 0 {
		return nil
	}
	return s.catalog.OrganizationRights(org, roles).Minus(by.grants.AllowedIn(org))
}

// some names a few permissions.
func some(perms []rbac.Permission) string {
	var shown []string
	for _, p := range perms[:min(3, len(perms))] {
		shown = append(shown, strings.TrimPrefix(p.String(), "!"))
	}
	list := strings.Join(shown, ", ")
	if more := len(perms) - len(shown); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// member is the membership as this transaction leaves it.
func (s source) memberByID(ctx context.Context, org, user uuid.UUID) (Member, error) {
	row, err := s.q.GetMember(ctx, db.GetMemberParams{OrganizationID: org, UserID: user})
	if err != nil {
		return Member{}, err
	}
	return s.memberOf(ctx, row)
}

func (s source) memberOf(ctx context.Context, row db.MemberRow) (Member, error) {
	roles, err := s.roles(ctx, row.OrganizationID)
	if err != nil {
		return Member{}, err
	}
	site, err := s.roles(ctx, uuid.Nil)
	if err != nil {
		return Member{}, err
	}
	return memberOf(&row, roles, site), nil
}
