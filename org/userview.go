package org

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// membershipLimit is how many memberships the view of an account lists.
const membershipLimit = 100

// Membership is an organization that an account belongs to, with the roles that it holds there.
type Membership struct {
	Organization Organization
	Roles        []RoleRef
}

// UserView is an account with what the caller may do to it. A refusal is a short sentence, "" where there is none.
type UserView struct {
	User        User
	Self        bool
	Memberships []Membership // those that the caller may read, by name, at most 100
	More        bool         // there are more memberships than listed
	Tokens      int          // 0 where the caller may not read them
	ReadTokens  bool
	Link        *PasswordLink // the link that sets its password, without the secret; nil: none, or not for this caller

	ProfileRefusal  string
	PasswordRefusal string // for the password, and for making a link that sets it
	LinkRefusal     string // for revoking that link
	RolesRefusal    string // for its site roles
	StatusRefusal   string // for suspending it, or activating it when it is suspended
	DeleteRefusal   string
	TokensRefusal   string // for making tokens of it
	RevokeRefusal   string // for revoking its tokens
}

// UserView is one account with its memberships, and what the caller may do to it. Invalid: not there, or may not be read.
func (s *Service) UserView(ctx context.Context, subject *Subject, user string) (UserView, error) {
	src := s.snapshot(subject)
	row, err := src.readableUser(ctx, subject, user)
	if err != nil {
		return UserView{}, err
	}
	v := UserView{Self: row.ID == subject.ID(), ReadTokens: subject.Can("read", keyObject(row.ID))}
	if v.User, err = src.user(ctx, row); err != nil {
		return v, err
	}
	if err := src.memberships(ctx, subject, &v); err != nil {
		return v, err
	}
	if err := src.userRefusals(ctx, subject, &v); err != nil {
		return v, err
	}
	if v.ReadTokens {
		n, err := s.db.CountTokens(ctx, row.ID)
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
}

func (s source) memberships(ctx context.Context, by *Subject, v *UserView) error {
	homes, err := s.q.ListMemberships(ctx, v.User.ID)
	if err != nil {
		return err
	}
	held := map[uuid.UUID]string{}
	for _, h := range homes {
		held[h.OrganizationID] = h.Roles
	}
	orgs, err := s.q.ListOrganizationsOfUser(ctx, db.ListOrganizationsOfUserParams{UserID: v.User.ID, MaxRows: membershipLimit + 1})
	if err != nil {
		return err
	}
	if v.More = len(orgs) > membershipLimit; v.More {
		orgs = orgs[:membershipLimit]
	}
	for _, o := range readableOrganizations(by, orgs) {
		if !by.Can("read", memberObject(o.ID, v.User.ID)) {
			continue
		}
		set, err := s.roles(ctx, o.ID)
		if err != nil {
			return err
		}
		v.Memberships = append(v.Memberships, Membership{Organization: o, Roles: set.refs(held[o.ID])})
	}
	return nil
}

// userRefusals says why the caller may not do what can be done to an account.
func (s source) userRefusals(ctx context.Context, by *Subject, v *UserView) error {
	object := userObject(v.User.ID)
	needs := func(action string, o rbac.Object) string {
		if by.Can(action, o) {
			return ""
		}
		return "Needs " + o.Type + ":" + action
	}
	personal := needs("update_personal", object)
	v.ProfileRefusal, v.PasswordRefusal, v.LinkRefusal = personal, personal, personal
	v.StatusRefusal, v.DeleteRefusal = needs("update", object), needs("delete", object)
	v.TokensRefusal, v.RevokeRefusal = needs("create", keyObject(v.User.ID)), needs("delete", keyObject(v.User.ID))
	v.RolesRefusal = needs("assign", siteRolesObject)
	if by.Can("unassign", siteRolesObject) {
		v.RolesRefusal = ""
	}
	if v.User.LoginType != LoginPassword {
		v.PasswordRefusal = "A service account has no password"
		v.LinkRefusal = v.PasswordRefusal
	}
	if v.Self {
		v.RolesRefusal, v.StatusRefusal, v.DeleteRefusal = "You can't change your own roles", "You can't suspend yourself", "You can't delete yourself"
		return nil
	}
	if err := s.reachRefusals(ctx, by, v); err != nil {
		return err
	}
	return s.lastOnes(ctx, by, v)
}

// reachRefusals says of all that is possible otherwise that the account holds more than the caller.
func (s source) reachRefusals(ctx context.Context, by *Subject, v *UserView) error {
	target, err := s.subject(ctx, v.User.ID)
	if err != nil {
		return err
	}
	status := whole
	if v.User.Status != StatusSuspended {
		status = siteOnly
	}
	for m, refusals := range map[measure][]*string{
		whole:    {&v.ProfileRefusal, &v.PasswordRefusal, &v.RolesRefusal, &v.DeleteRefusal, &v.TokensRefusal},
		siteOnly: {&v.LinkRefusal, &v.RevokeRefusal},
	} {
		if m == status {
			refusals = append(refusals, &v.StatusRefusal)
		}
		more, err := s.holdsMore(ctx, by, target, m)
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

// lastOnes tells before anybody tries that the last owner and the last admin of an organization must stay. It foresees
// what the guard rails will say; they have the last word.
func (s source) lastOnes(ctx context.Context, by *Subject, v *UserView) error {
	why, err := s.lastOwner(ctx, v.User)
	if err != nil {
		return err
	}
	for _, m := range v.Memberships {
		if why != "" {
			break
		}
		last, err := s.lastAdmin(ctx, by, m.Organization.ID, v.User.ID, v.User.Status, names(m.Roles))
		if err != nil {
			return err
		}
		if last {
			why = "The last active organization admin of " + m.Organization.DisplayName + "; only a site owner can"
			break
		}
		only, err := s.onlyManager(ctx, by, m.Organization.ID, &v.User)
		if err != nil {
			return err
		}
		if only {
			why = "The only one who can manage " + m.Organization.DisplayName + "; only a site owner can"
		}
	}
	for _, refusal := range []*string{&v.DeleteRefusal, &v.StatusRefusal} {
		if *refusal == "" && (refusal == &v.DeleteRefusal || v.User.Status != StatusSuspended) {
			*refusal = why
		}
	}
	return nil
}

// lastOwner says so of an account without which no owner could do its work any more.
func (s source) lastOwner(ctx context.Context, u User) (string, error) {
	if !slices.Contains(names(u.Roles), roleOwner) {
		return "", nil
	}
	if found, err := s.managedBeside(ctx, u.ID); err != nil || found {
		return "", err
	}
	return "The last active owner; give another active account the owner role first", nil
}

// UserAssignment is what the form with the site roles of an account shows.
type UserAssignment struct {
	User    User
	Refusal string       // why the caller may not change these roles at all, "" if it may
	Choices []RoleChoice // custom roles first, then built-in
}

// UserAssignment is the form with the site roles of an account: every role of the site, and which the caller may change.
// Invalid: no such user. Forbidden: the caller may not read the site roles.
func (s *Service) UserAssignment(ctx context.Context, subject *Subject, user string) (UserAssignment, error) {
	v, err := s.UserView(ctx, subject, user)
	if err != nil {
		return UserAssignment{}, err
	}
	if !subject.Can("read", siteRolesObject) {
		return UserAssignment{}, errForbidden()
	}
	set, err := s.snapshot(subject).roles(ctx, uuid.Nil)
	if err != nil {
		return UserAssignment{}, err
	}
	a := UserAssignment{User: v.User, Refusal: v.RolesRefusal}
	held := names(v.User.Roles)
	for i := range set.list {
		r := &set.list[i]
		choice := RoleChoice{Role: r.Role, Held: slices.Contains(held, r.Name), Refusal: a.Refusal}
		choice.Role.Refusal = mayGive(subject, "assign", siteRolesObject, r)
		choice.Role.Assignable = choice.Role.Refusal == ""
		if choice.Refusal == "" {
			action := "assign"
			if choice.Held {
				action = "unassign"
			}
			choice.Refusal = mayGive(subject, action, siteRolesObject, r)
		}
		if r.Name == roleOwner && choice.Held && choice.Refusal == "" {
			if choice.Refusal, err = s.snapshot(subject).lastOwner(ctx, v.User); err != nil {
				return a, err
			}
		}
		a.Choices = append(a.Choices, choice)
	}
	return a, nil
}

// NewUserOrganizations is the organizations that a new account can be put into. Forbidden: the caller may not create
// accounts.
func (s *Service) NewUserOrganizations(ctx context.Context, subject *Subject) ([]Organization, error) {
	if !mayCreateUsers(subject) {
		return nil, errForbidden()
	}
	all, err := s.Organizations(ctx, subject)
	return slices.DeleteFunc(all, func(o Organization) bool { return !mayAdd(subject, o.ID) }), err
}

// OrganizationView is an organization with what the caller may do to it.
type OrganizationView struct {
	Organization  Organization
	CanUpdate     bool
	CanDelete     bool
	DeleteRefusal string // why it can't be deleted as it is now, "" if it can
	Roles         int    // custom ones
}

// OrganizationView is one organization with what the caller may do to it. NotFound: not there, or may not be read.
func (s *Service) OrganizationView(ctx context.Context, subject *Subject, organization string) (OrganizationView, error) {
	row, err := s.snapshot(subject).organization(ctx, subject, organization)
	if err != nil {
		return OrganizationView{}, err
	}
	object := orgObject(row.ID)
	v := OrganizationView{Organization: organizationFor(subject, row), CanUpdate: subject.Can("update", object), CanDelete: subject.Can("delete", object)}
	roles, err := s.db.CountRolesOfOrganization(ctx, nullID(row.ID))
	if err != nil {
		return v, err
	}
	v.Roles = int(roles)
	switch contents := notEmpty(row, subject, roles); {
	case !v.CanDelete:
		v.DeleteRefusal = "Needs organization:delete"
	case row.IsDefault:
		v.DeleteRefusal = "The default organization can't be deleted"
	case contents != "":
		v.DeleteRefusal = "It still has " + contents + "; remove them first"
	}
	return v, nil
}
