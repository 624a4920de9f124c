package account

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// membershipLimit is how many memberships the view of an account lists at most.
const membershipLimit = 100

// UserView returns an account with its memberships, and what the caller may do to it. Invalid: no user that the caller may read.
func (s *Service) UserView(ctx context.Context, subject *org.Actor, user string) (_ org.UserView, err error) {
	defer org.Wrap(&err, "view user %q", user)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.UserView, error) {
		row, err := src.ReadableUser(ctx, subject, user)
		if err != nil {
			return org.UserView{}, err
		}
		v := org.UserView{Self: row.ID == subject.ID(), ReadTokens: subject.Can("read", org.KeyObject(row.ID))}
		if v.User, err = src.User(ctx, row); err != nil {
			return v, err
		}
		records, err := src.RecordsOf(ctx, uuid.Nil, row.ID)
		if err != nil {
			return v, err
		}
		v.Records = records[row.ID]
		if v.SecondStep, err = hasApp(ctx, src, row.ID); err != nil {
			return v, err
		}
		if v.MustChange, err = src.Q.GetMustChange(ctx, row.ID); err != nil {
			return v, err
		}
		if err := memberships(ctx, src, subject, &v); err != nil {
			return v, err
		}
		if v.Assignments, err = src.RecordsShown(ctx, subject, row.ID); err != nil {
			return v, err
		}
		if err := userRefusals(ctx, src, subject, &v); err != nil {
			return v, err
		}
		v.Sessions = org.Unknown
		if v.Self || subject.Can("read_personal", org.UserObject(row.ID)) {
			n, err := src.Q.CountSessions(ctx, db.CountSessionsParams{UserID: unit.NullID(row.ID), Now: src.When})
			if err != nil {
				return v, err
			}
			v.Sessions = int(n)
		}
		if v.ReadTokens {
			n, err := s.units.DB.CountTokens(ctx, row.ID)
			if err != nil {
				return v, err
			}
			v.Tokens = int(n)
		}
		if v.LinkRefusal != "" {
			return v, nil
		}
		link, ok, err := s.PasswordLinkOf(ctx, subject, row.ID.String())
		if ok {
			v.Link = &link
		}
		return v, err
	})
}

// memberships fills in the memberships that the caller may read: the right to read an account does not include these.
func memberships(ctx context.Context, s unit.Reader, by *org.Actor, v *org.UserView) error {
	homes, err := s.Memberships(ctx, v.User.ID)
	if err != nil {
		return err
	}
	held := map[uuid.UUID]string{}
	v.User.OrganizationIDs = nil // it may contain one whose membership has ended
	for _, h := range homes {
		held[h.OrganizationID] = h.Roles
		v.User.OrganizationIDs = append(v.User.OrganizationIDs, h.OrganizationID)
	}
	orgs, err := s.Q.ListOrganizationsOfUser(ctx, db.ListOrganizationsOfUserParams{UserID: v.User.ID, MaxRows: membershipLimit + 1})
	if err != nil {
		return err
	}
	if v.More = len(orgs) > membershipLimit; v.More {
		orgs = orgs[:membershipLimit]
	}
	for _, o := range unit.ReadableOrganizations(by, orgs) {
		if _, there := held[o.ID]; !there || !by.Can("read", org.MemberObject(o.ID, v.User.ID)) {
			continue
		}
		set, err := s.Roles(ctx, o.ID)
		if err != nil {
			return err
		}
		v.Memberships = append(v.Memberships, org.Membership{Organization: o, Roles: set.Refs(held[o.ID])})
	}
	return nil
}

// userRefusals fills in, for each action on an account, why the caller may not do it.
// It only predicts: the use cases decide, by the same rules (B8 in SECURITY.md).
func userRefusals(ctx context.Context, s unit.Reader, by *org.Actor, v *org.UserView) error {
	object := org.UserObject(v.User.ID)
	needs := func(action string, o rbac.Object) string {
		if by.Can(action, o) {
			return ""
		}
		return "Needs " + o.Type + ":" + action
	}
	personal := needs("update_personal", object)
	v.ProfileRefusal, v.PasswordRefusal, v.LinkRefusal = personal, personal, personal
	v.EmailRefusal = needs("update", org.UsersObject)
	if v.User.LoginType == org.LoginNone {
		v.EmailRefusal = "Service accounts have no email address"
	}
	v.StatusRefusal, v.DeleteRefusal = needs("update", object), needs("delete", object)
	v.TokensRefusal, v.RevokeRefusal = needs("create", org.KeyObject(v.User.ID)), needs("delete", org.KeyObject(v.User.ID))
	v.RolesRefusal = needs("assign", org.SiteRolesObject)
	if by.Can("unassign", org.SiteRolesObject) {
		v.RolesRefusal = ""
	}
	if v.User.LoginType != org.LoginPassword {
		v.PasswordRefusal = strings.TrimSuffix(errNoPassword(v.User.LoginType).Message, ".")
		v.LinkRefusal = v.PasswordRefusal
	}
	if v.Self {
		v.RolesRefusal, v.StatusRefusal, v.DeleteRefusal = "You can't change your own roles", "You can't suspend yourself", "You can't delete yourself"
		return nil
	}
	if err := reachRefusals(ctx, s, by, v); err != nil {
		return err
	}
	return lastOnes(ctx, s, by, v)
}

// reachRefusals refuses the actions that are still possible if the account holds more than the caller.
func reachRefusals(ctx context.Context, s unit.Reader, by *org.Actor, v *org.UserView) error {
	target, err := s.Subject(ctx, v.User.ID)
	if err != nil {
		return err
	}
	// As in planStatus: suspending compares the site alone, activating everything.
	status := unit.Whole
	if v.User.Status != org.StatusSuspended {
		status = unit.SiteOnly
	}
	for m, refusals := range map[unit.Measure][]*string{
		unit.Whole:    {&v.ProfileRefusal, &v.PasswordRefusal, &v.RolesRefusal, &v.DeleteRefusal, &v.TokensRefusal},
		unit.SiteOnly: {&v.LinkRefusal, &v.RevokeRefusal},
	} {
		if m == status {
			refusals = append(refusals, &v.StatusRefusal)
		}
		more, err := s.HoldsMore(ctx, by, target, m)
		if err != nil {
			return err
		}
		for _, refusal := range refusals {
			if *refusal == "" && more != "" {
				*refusal = "Has permissions you don't have, " + more
			}
		}
	}
	return nil
}

// lastOnes fills in that the last owner, or the last admin of an organization, must stay. It predicts what the guard rails will
// say; they decide.
func lastOnes(ctx context.Context, s unit.Reader, by *org.Actor, v *org.UserView) error {
	why, err := lastOwner(ctx, s, v.User)
	if err != nil {
		return err
	}
	for _, m := range v.Memberships {
		if why != "" {
			break
		}
		last, err := s.LastAdmin(ctx, by, m.Organization.ID, v.User.ID, v.User.Status, unit.RoleNames(m.Roles))
		if err != nil {
			return err
		}
		if last {
			why = "The last active organization admin of " + m.Organization.DisplayName + "; only a site owner can"
			break
		}
		only, err := s.OnlyManager(ctx, by, m.Organization.ID, &v.User)
		if err != nil {
			return err
		}
		if only {
			why = "The only one who can manage " + m.Organization.DisplayName + "; only a site owner can"
		}
	}
	for _, refusal := range []*string{&v.DeleteRefusal, &v.StatusRefusal} {
		if *refusal == "" && (refusal == &v.DeleteRefusal || v.User.Status != org.StatusSuspended) {
			*refusal = why
		}
	}
	return nil
}

// lastOwner returns a refusal for an account without which no owner could do its work any more, and "" for any other.
func lastOwner(ctx context.Context, s unit.Reader, u org.User) (string, error) {
	if !slices.Contains(unit.RoleNames(u.Roles), org.RoleOwner) {
		return "", nil
	}
	if found, err := s.ManagedBeside(ctx, u.ID); err != nil || found {
		return "", err
	}
	return "The last active owner; give another active account the owner role first", nil
}

// UserAssignment returns the form with the site roles of an account: every role of the site, and which the caller may change.
// Invalid: no such user. Forbidden: the caller may not read the site roles.
func (s *Service) UserAssignment(ctx context.Context, subject *org.Actor, user string) (_ org.UserRoleForm, err error) {
	defer org.Wrap(&err, "read role form of %q", user)
	v, err := s.UserView(ctx, subject, user)
	if err != nil {
		return org.UserRoleForm{}, err
	}
	if !subject.Can("read", org.SiteRolesObject) {
		return org.UserRoleForm{}, org.ErrForbidden()
	}
	set, err := s.units.RolesNow(ctx, subject, uuid.Nil)
	if err != nil {
		return org.UserRoleForm{}, err
	}
	a := org.UserRoleForm{User: v.User, Refusal: v.RolesRefusal, Records: v.Records}
	held := unit.RoleNames(v.User.Roles)
	for i := range set.List {
		r := &set.List[i]
		choice := org.RoleChoice{Role: r.Role, Held: slices.Contains(held, r.Name), Refusal: a.Refusal}
		choice.Role.Refusal = unit.GiveRefusal(subject, "assign", org.SiteRolesObject, r)
		choice.Role.Assignable = choice.Role.Refusal == ""
		if choice.Refusal == "" {
			action := "assign"
			if choice.Held {
				action = "unassign"
			}
			choice.Refusal = cmp.Or(unit.SyncedRefusal(a.Records, r.Name), unit.GiveRefusal(subject, action, org.SiteRolesObject, r))
		}
		if r.Name == org.RoleOwner && choice.Held && choice.Refusal == "" {
			choice.Refusal, err = unit.Glance(ctx, s.units, subject, func(src unit.Reader) (string, error) { return lastOwner(ctx, src, v.User) })
			if err != nil {
				return a, err
			}
		}
		a.Choices = append(a.Choices, choice)
	}
	return a, nil
}
