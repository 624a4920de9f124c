package unit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// The guard rails: states that no write may leave behind, however many rights the caller has. Views check the same rules
// beforehand; the answers that count are those of After.

// KeepOwners refuses a change after which no one could give and take site roles any more.
func (a *Attempt) KeepOwners(ctx context.Context) error {
	found, err := a.After().ManagedBeside(ctx, uuid.Nil)
	if err != nil || found {
		return err
	}
	return org.ErrInvalid("At least one active owner must remain.",
		"After this change no active account with the owner role could manage site roles and users. Give another active account the owner role first.")
}

// ManagedBeside reports whether the engine allows an owner's work to an active account, other than the one named, that has the
// owner role for good: neither a demotion nor a deny in a site role may lock everyone out.
func (s Reader) ManagedBeside(ctx context.Context, user uuid.UUID) (bool, error) {
	holders, err := s.Q.ListActiveHoldersOfSiteRole(ctx, db.ListActiveHoldersOfSiteRoleParams{Role: org.RoleOwner, Passwords: s.PasswordPolicy(), Providers: s.ProviderList()})
	if err != nil {
		return false, err
	}
	for _, id := range s.over.gaining(org.RoleOwner, holders) {
		if s.over.gone(id) || s.over.ends(uuid.Nil, id, org.RoleOwner) {
			continue
		}
		owner, err := s.Subject(ctx, id)
		if err != nil {
			return false, err
		}
		if id == user || !owner.Owner() || owner.User.Status != org.StatusActive || !AdministersSite(owner) {
			continue
		}
		if in, err := s.HasWayIn(ctx, id); err != nil || in {
			return in, err
		}
	}
	return false, nil
}

// gaining returns accounts, and with them those that would gain a role of the site, or hold it longer.
func (o *overlay) gaining(role string, accounts []uuid.UUID) []uuid.UUID {
	if o == nil {
		return accounts
	}
	for _, h := range o.holders {
		given := slices.Contains(h.Given(), role) || slices.ContainsFunc(h.Edits, func(e org.RecordEdit) bool { return e.Role == role && e.New != nil })
		if given && h.Place == uuid.Nil && !slices.Contains(accounts, h.User) {
			accounts = append(accounts, h.User)
		}
	}
	return accounts
}

// AdministersSite reports whether an account may do an owner's work. Someone must be able to do it at any time.
func AdministersSite(s *org.Actor) bool {
	return s.Can("assign", org.SiteRolesObject) && s.Can("unassign", org.SiteRolesObject) && s.Can("update", org.UsersObject)
}

// KeepAdmin refuses to take the last active organization-admin from an organization, unless a site owner does it. The
// account has that status and these roles before the change.
func (a *Attempt) KeepAdmin(ctx context.Context, o db.Organization, user uuid.UUID, status org.Status, roles []string) error {
	if a.exempt() || !mayBeLastAdmin(status, roles) {
		return nil
	}
	if a.admins == nil || a.admins.org != o.ID {
		a.admins = a.After().holders(o.ID, org.RoleOrganizationAdmin)
	}
	if other, err := a.admins.beside(ctx, user); err != nil || other != nil {
		return err
	}
	return a.lastAdmin(o)
}

func (a *Attempt) lastAdmin(o db.Organization) error {
	return org.ErrInvalid("At least one active organization admin must remain.",
		fmt.Sprintf("%s would be left without an active organization admin. Make another active member one first, or ask a site owner.", a.nameOf(o, "An organization that you can't see")))
}

func mayBeLastAdmin(status org.Status, roles []string) bool {
	return status == org.StatusActive && slices.Contains(roles, org.RoleOrganizationAdmin)
}

// LastAdmin reports whether an account with these roles is the last active organization-admin, which only a site owner may
// take away.
func (s Reader) LastAdmin(ctx context.Context, by *org.Actor, orgID, user uuid.UUID, status org.Status, roles []string) (bool, error) {
	if by.Owner() || !mayBeLastAdmin(status, roles) {
		return false, nil
	}
	other, err := s.Q.HasActiveHolder(ctx, db.HasActiveHolderParams{OrganizationID: orgID, Role: org.RoleOrganizationAdmin, ExceptUser: user, Passwords: s.PasswordPolicy(), Providers: s.ProviderList()})
	return err == nil && !other, err
}

// KeepAdmins does what KeepAdmin and KeepManagers do, for every organization of an account about to be suspended or deleted.
func (a *Attempt) KeepAdmins(ctx context.Context, user db.UserRow) error {
	homes, err := a.Memberships(ctx, user.ID)
	if err != nil {
		return err
	}
	for _, h := range homes {
		roles := strings.Fields(h.Roles)
		if !slices.Contains(roles, org.RoleOrganizationAdmin) {
			continue
		}
		o, err := a.Q.GetOrganization(ctx, h.OrganizationID)
		if err != nil {
			return err
		}
		if err := a.KeepAdmin(ctx, o, user.ID, org.Status(user.Status), roles); err != nil {
			return err
		}
	}
	return a.KeepManagers(ctx, user)
}

// KeepUndo refuses a change of a role that the caller itself could not undo afterwards: it must still hold the action,
// and every permission that restoring the role would give or deny again.
func (a *Attempt) KeepUndo(ctx context.Context, object rbac.Object, action string, restored org.Role) error {
	if a.Actor.Operator {
		return nil
	}
	after, err := a.After().grants(ctx, a.Actor.ID(), a.Actor.Basis) // a deleted role gives its holders nothing
	if err != nil {
		return err
	}
	lost := a.Actor.Can(action, object) && !after.Authorize(action, object)
	for level, perms := range restored.Levels() {
		held := slices.DeleteFunc(slices.Clone(perms), func(p rbac.Permission) bool {
			return len(a.Actor.Grants.CheckGrant(level, object.Org, []rbac.Permission{p})) > 0
		})
		lost = lost || len(after.CheckGrant(level, object.Org, held)) > 0
	}
	if !lost {
		return nil
	}
	return org.ErrInvalid("You could not undo this change.",
		"You have this role yourself and could not restore it. Ask another administrator to make this change.")
}

// BeyondCaller lists what roles held in an organization give that the caller does not hold there itself.
func (s Reader) BeyondCaller(by *org.Actor, orgID uuid.UUID, roles []*rbac.Role) []rbac.Permission {
	if len(roles) == 0 {
		return nil
	}
	return s.Catalog().OrganizationRights(orgID, roles).Minus(by.Grants.AllowedIn(orgID))
}

// MemberByID returns the membership as this transaction leaves it.
func (s Reader) MemberByID(ctx context.Context, orgID, user uuid.UUID) (org.Member, error) {
	row, err := s.MemberRow(ctx, orgID, user)
	if err != nil {
		return org.Member{}, err
	}
	return s.MemberOf(ctx, row)
}

// MemberOf turns a stored membership into one with the roles that it holds.
func (s Reader) MemberOf(ctx context.Context, row db.MemberRow) (org.Member, error) {
	roles, err := s.Roles(ctx, row.OrganizationID)
	if err != nil {
		return org.Member{}, err
	}
	site, err := s.Roles(ctx, uuid.Nil)
	if err != nil {
		return org.Member{}, err
	}
	m := memberOf(&row, roles, site)
	managers, err := s.membershipManagers(ctx, row.OrganizationID, []uuid.UUID{row.UserID})
	m.ManagedBy = managers[row.UserID]
	return m, err
}
