package tenant

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Organizations is every organization that the caller may read, by name.
func (s *Service) Organizations(ctx context.Context, subject *org.Actor) (_ []org.Organization, err error) {
	defer org.Wrap(&err, "list organizations")
	rows, err := s.units.OrganizationRows(ctx, subject, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	return unit.ReadableOrganizations(subject, rows), nil
}

// FindOrganizations is one page of the organizations that the caller may read, by name.
func (s *Service) FindOrganizations(ctx context.Context, subject *org.Actor, f org.OrganizationFilter) (_ org.OrganizationList, err error) {
	defer org.Wrap(&err, "find organizations")
	all, err := s.Organizations(ctx, subject)
	if err != nil {
		return org.OrganizationList{}, err
	}
	all = slices.DeleteFunc(all, func(o org.Organization) bool { return !contains(f.Query, o.Name, o.DisplayName) })
	list := org.OrganizationList{Count: len(all), CanCreate: subject.Can("create", org.OrgObject(uuid.Nil))}
	all = all[min(max(f.Offset, 0), len(all)):]
	if f.Limit > 0 {
		all = all[:min(f.Limit, len(all))]
	}
	list.Organizations = all
	return list, nil
}

// Organization is one organization. NotFound: not there, or may not be read.
func (s *Service) Organization(ctx context.Context, subject *org.Actor, organization string) (_ org.Organization, err error) {
	defer org.Wrap(&err, "read organization %q", organization)
	row, err := s.units.Snapshot(subject).Organization(ctx, subject, organization)
	if err != nil {
		return org.Organization{}, err
	}
	return unit.OrganizationFor(subject, row), nil
}

// EnsureDefaultOrganization makes the default organization if there is none, so that accounts can be put into it.
func (s *Service) EnsureDefaultOrganization(ctx context.Context) (_ org.Organization, err error) {
	defer org.Wrap(&err, "ensure default organization")
	row, err := s.units.DB.GetDefaultOrganization(ctx)
	if err == nil || !db.IsNotFound(err) {
		return unit.OrganizationOf(row), err
	}
	err = s.units.Do(ctx, s.units.Operator(), unit.OnSite, "create", func(c *unit.Mixed) error {
		if row, err = c.DefaultOrganization(); err == nil {
			c.About("organization", row.ID, row.Name, row.ID)
			organizationFields(c, db.Organization{}, row)
		}
		return err
	})
	return unit.OrganizationOf(row), err
}

func organizationFields(c *unit.Mixed, before, after db.Organization) {
	c.Field("name", before.Name, after.Name)
	c.Field("display_name", before.DisplayName, after.DisplayName)
	c.Field("description", before.Description, after.Description)
	c.Field("icon", before.Icon, after.Icon)
}

// CreateOrganization makes an organization with the caller as its first member, without roles.
// Forbidden: needs organization:create. Invalid: what is wrong with the input. Conflict: the name is taken.
func (s *Service) CreateOrganization(ctx context.Context, subject *org.Actor, input org.Input[org.OrganizationInput]) (o org.Organization, err error) {
	defer org.Wrap(&err, "create organization")
	err = s.units.Do(ctx, subject, unit.OnSite, "create", func(c *unit.Mixed) error {
		if !c.Actor.Can("create", org.OrgObject(uuid.Nil)) {
			return org.ErrForbidden()
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		row := db.Organization{ID: unit.NewID(), CreatedAt: c.Now}
		if row, err = revised(c, row, in); err != nil {
			return err
		}
		if row.DisplayName == "" {
			row.DisplayName = row.Name
		}
		c.Entry.Status = 201
		c.About("organization", row.ID, row.Name, row.ID)
		organizationFields(c, db.Organization{}, row)
		if err := c.W.InsertOrganization(ctx, db.InsertOrganizationParams{
			ID: row.ID, Name: row.Name, NameKey: row.NameKey, DisplayName: row.DisplayName,
			Description: row.Description, Icon: row.Icon, Now: c.Now,
		}); err != nil {
			return err
		}
		if !c.Actor.Operator {
			if err := c.InsertMember(row.ID, c.Actor.ID()); err != nil {
				return err
			}
		}
		row, err = c.Q.GetOrganization(ctx, row.ID)
		o = unit.OrganizationOf(row)
		return err
	})
	return o, err
}

// revised is row with the input applied, checked.
func revised(c *unit.Mixed, row db.Organization, in org.OrganizationInput) (db.Organization, error) {
	if in.Name == "" {
		in.Name = row.Name
	}
	var bad org.FieldErrors
	switch {
	case row.IsDefault && in.Name == row.Name:
	case org.FoldCase(in.Name) == unit.DefaultName:
		return row, &org.Error{Kind: org.Invalid, Message: fmt.Sprintf("Organization name %q is reserved.", unit.DefaultName),
			Fields: []org.Field{{Field: "name", Detail: "is reserved"}}}
	case row.IsDefault:
		return row, org.ErrInvalid("The default organization keeps its name.", "Change its display name instead.")
	default:
		bad.Add("name", org.AddressProblem(in.Name, nil))
	}
	if in.DisplayName != "" {
		bad.Add("display_name", org.TextProblem(in.DisplayName, 64))
		row.DisplayName = in.DisplayName
	}
	if in.Description != nil {
		if len(*in.Description) > 4096 {
			bad.Add("description", "must be <= 4096 bytes")
		}
		row.Description = *in.Description
	}
	if in.Icon != nil {
		bad.Add("icon", org.TextProblem(*in.Icon, 2048))
		row.Icon = *in.Icon
	}
	if err := bad.Err("Validation failed."); err != nil {
		return row, err
	}
	other, err := c.Q.GetOrganizationByName(c.Ctx, org.FoldCase(in.Name))
	if err == nil && other.ID != row.ID {
		return row, &org.Error{Kind: org.Conflict, Message: fmt.Sprintf("Organization already exists with the name %q.", in.Name),
			Fields: []org.Field{{Field: "name", Detail: "This value is already in use and should be unique."}}}
	}
	if err != nil && !db.IsNotFound(err) {
		return row, err
	}
	row.Name, row.NameKey = in.Name, org.FoldCase(in.Name)
	return row, nil
}

// UpdateOrganization changes an organization; what the input leaves out stays.
// NotFound: not there, or may not be read. Forbidden: needs organization:update. Invalid, Conflict: as Create.
func (s *Service) UpdateOrganization(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.OrganizationInput], ifMatch org.Versions) (o org.Organization, err error) {
	defer org.Wrap(&err, "update organization %q", organization)
	err = s.units.Do(ctx, subject, unit.OnSite, "write", func(c *unit.Mixed) error {
		row, err := organizationToChange(c, organization, "update")
		if err != nil {
			return err
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		revised, err := revised(c, row, in)
		if err != nil {
			return err
		}
		o = unit.OrganizationOf(row)
		if err := c.BegunFrom(ifMatch, o.Tag(), unit.OrganizationChanged); err != nil {
			return err
		}
		if organizationFields(c, row, revised); len(c.Entry.Fields) == 0 {
			return nil
		}
		if err := c.W.UpdateOrganization(ctx, db.UpdateOrganizationParams{
			Name: revised.Name, NameKey: revised.NameKey, DisplayName: revised.DisplayName,
			Description: revised.Description, Icon: revised.Icon, Now: c.Now, ID: row.ID,
		}); err != nil {
			return err
		}
		row, err = c.Q.GetOrganization(ctx, row.ID)
		o = unit.OrganizationOf(row)
		return err
	})
	return o, err
}

func organizationToChange(c *unit.Mixed, ref, action string) (db.Organization, error) {
	row, err := c.Organization(c.Ctx, c.Actor, ref)
	if err != nil {
		return row, err
	}
	c.About("organization", row.ID, row.Name, row.ID)
	if !c.Actor.Can(action, org.OrgObject(row.ID)) {
		return row, org.ErrForbidden()
	}
	return row, nil
}

// DeleteOrganization deletes an organization that holds nothing but the caller's own membership.
// NotFound: not there, or may not be read. Forbidden: needs organization:delete. Invalid: the default one, or not empty.
// Conflict: ifMatch is without the version that is stored.
func (s *Service) DeleteOrganization(ctx context.Context, subject *org.Actor, organization string, ifMatch org.Versions) (o org.Organization, err error) {
	defer org.Wrap(&err, "delete organization %q", organization)
	err = s.units.Do(ctx, subject, unit.OnSite, "delete", func(c *unit.Mixed) error {
		row, err := organizationToChange(c, organization, "delete")
		if err != nil {
			return err
		}
		if row.IsDefault {
			return org.ErrInvalid("Default organization cannot be deleted.", "")
		}
		if err := mustBeEmpty(c, row); err != nil {
			return err
		}
		if err := c.BegunFrom(ifMatch, org.Tag(row.Version, row.ID), unit.OrganizationChanged); err != nil {
			return err
		}
		organizationFields(c, row, db.Organization{})
		if err := c.W.DeleteMember(ctx, db.DeleteMemberParams{OrganizationID: row.ID, UserID: c.Actor.ID()}); err != nil {
			return err
		}
		o = unit.OrganizationOf(row)
		return c.W.DeleteOrganization(ctx, row.ID)
	})
	return o, err
}

// mustBeEmpty refuses to delete an organization with other members or with custom roles, and says what is in it.
func mustBeEmpty(c *unit.Mixed, o db.Organization) error {
	roles, err := c.Q.CountRolesOfOrganization(c.Ctx, unit.NullID(o.ID))
	if err != nil {
		return err
	}
	in := notEmpty(o, c.Actor, roles)
	if in == "" {
		return nil
	}
	return org.ErrInvalid("Organization is not empty.", fmt.Sprintf("%s has %s. Remove them first.", o.DisplayName, in))
}

// notEmpty says what an organization holds besides the caller's own membership, "" if nothing.
func notEmpty(o db.Organization, by *org.Actor, roles int64) string {
	others := o.MemberCount
	if by.Grants.InOrg(o.ID) {
		others--
	}
	var in []string
	for _, thing := range []struct {
		n    int64
		name string
	}{{others, "other member"}, {roles, "custom role"}} {
		if thing.n > 0 {
			in = append(in, org.Plural(thing.n, thing.name))
		}
	}
	return strings.Join(in, " and ")
}
