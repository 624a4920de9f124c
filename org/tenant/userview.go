package tenant

import (
	"context"
	"slices"

	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
)

// NewUserOrganizations returns the organizations that a new account can be put into. Forbidden: the caller may not create
// accounts.
func (s *Service) NewUserOrganizations(ctx context.Context, subject *org.Actor) (_ []org.Organization, err error) {
	defer org.Wrap(&err, "list organizations for a new user")
	if !account.MayCreateUsers(subject) {
		return nil, org.ErrForbidden()
	}
	all, err := s.Organizations(ctx, subject)
	return slices.DeleteFunc(all, func(o org.Organization) bool { return !unit.MayAddMembers(subject, o.ID) }), err
}

// OrganizationView returns one organization with what the caller may do to it. NotFound: missing, or the caller may not read it.
func (s *Service) OrganizationView(ctx context.Context, subject *org.Actor, organization string) (_ org.OrganizationView, err error) {
	defer org.Wrap(&err, "view organization %q", organization)
	row, err := s.units.OrganizationNow(ctx, subject, organization)
	if err != nil {
		return org.OrganizationView{}, err
	}
	object := org.OrgObject(row.ID)
	v := org.OrganizationView{Organization: unit.OrganizationFor(subject, row), CanUpdate: subject.Can("update", object), CanDelete: subject.Can("delete", object), Checklist: !row.ChecklistHidden}
	roles, err := s.units.DB.CountRolesOfOrganization(ctx, unit.NullID(row.ID))
	if err != nil {
		return v, err
	}
	v.Roles = int(roles)
	// The order is that of planOrganizationDeletion: the page gives the reason that an attempt would get.
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
