package org

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// readableOrganizations leaves out what the caller may not read.
func readableOrganizations(by *Subject, rows []db.Organization) []Organization {
	out := []Organization{}
	for _, r := range rows {
		if by.Can("read", orgObject(r.ID)) {
			out = append(out, organizationFor(by, r))
		}
	}
	return out
}

// Organizations is every organization that the caller may read, by name.
func (s *Service) Organizations(ctx context.Context, subject *Subject) ([]Organization, error) {
	rows, err := s.organizationRows(ctx, subject, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	return readableOrganizations(subject, rows), nil
}

// OrganizationFilter selects organizations.
type OrganizationFilter struct {
	Query  string // substring, case folded, of name or display name
	Limit  int    // 0 is no limit
	Offset int
}

// OrganizationList is one page of organizations.
type OrganizationList struct {
	Organizations []Organization
	Count         int  // of all that match
	CanCreate     bool // the caller may create organizations
}

// FindOrganizations is one page of the organizations that the caller may read, by name.
func (s *Service) FindOrganizations(ctx context.Context, subject *Subject, f OrganizationFilter) (OrganizationList, error) {
	all, err := s.Organizations(ctx, subject)
	if err != nil {
		return OrganizationList{}, err
	}
	all = slices.DeleteFunc(all, func(o Organization) bool { return !contains(f.Query, o.Name, o.DisplayName) })
	list := OrganizationList{Count: len(all), CanCreate: subject.Can("create", orgObject(uuid.Nil))}
	all = all[min(max(f.Offset, 0), len(all)):]
	if f.Limit > 0 {
		all = all[:min(f.Limit, len(all))]
	}
	list.Organizations = all
	return list, nil
}

// organizationRows is all organizations for who may read any, else those the caller is a member of.
func (s *Service) organizationRows(ctx context.Context, by *Subject, limit int64) ([]db.Organization, error) {
	if by.Can("read", orgObject(uuid.Nil)) {
		return s.db.ListOrganizations(ctx, limit)
	}
	return s.db.ListOrganizationsOfUser(ctx, db.ListOrganizationsOfUserParams{UserID: by.ID(), MaxRows: limit})
}

// Organization is one organization. NotFound: not there, or may not be read.
func (s *Service) Organization(ctx context.Context, subject *Subject, organization string) (Organization, error) {
	row, err := s.snapshot(subject).organization(ctx, subject, organization)
	if err != nil {
		return Organization{}, err
	}
	return organizationFor(subject, row), nil
}

// defaultOrganization is the default one, made when it is not there yet.
func (c *change) defaultOrganization() (db.Organization, error) {
	row, err := c.q.GetDefaultOrganization(c.ctx)
	if !db.IsNotFound(err) {
		return row, err
	}
	c.written()
	id := newID()
	if err := c.q.InsertOrganization(c.ctx, db.InsertOrganizationParams{
		ID: id, Name: defaultName, NameKey: defaultName, DisplayName: "Default", IsDefault: true, Now: c.now,
	}); err != nil {
		return row, err
	}
	return c.q.GetOrganization(c.ctx, id)
}

// EnsureDefault makes the default organization if there is none, so that accounts can be put into it.
func (s *Service) EnsureDefault(ctx context.Context) (Organization, error) {
	row, err := s.db.GetDefaultOrganization(ctx)
	if err == nil || !db.IsNotFound(err) {
		return organizationOf(row), err
	}
	err = s.change(ctx, s.Operator(), "create", func(c *change) error {
		if row, err = c.defaultOrganization(); err == nil {
			c.about("organization", row.ID, row.Name, row.ID)
			c.organizationFields(db.Organization{}, row)
		}
		return err
	})
	return organizationOf(row), err
}

func (c *change) organizationFields(before, after db.Organization) {
	c.field("name", before.Name, after.Name)
	c.field("display_name", before.DisplayName, after.DisplayName)
	c.field("description", before.Description, after.Description)
	c.field("icon", before.Icon, after.Icon)
}

// CreateOrganization makes an organization with the caller as its first member, without roles.
// Forbidden: needs organization:create. Invalid: what is wrong with the input. Conflict: the name is taken.
func (s *Service) CreateOrganization(ctx context.Context, subject *Subject, input Input[OrganizationInput]) (o Organization, err error) {
	err = s.change(ctx, subject, "create", func(c *change) error {
		if !c.by.Can("create", orgObject(uuid.Nil)) {
			return errForbidden()
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		row := db.Organization{ID: newID(), CreatedAt: c.now}
		if row, err = c.revised(row, in); err != nil {
			return err
		}
		if row.DisplayName == "" {
			row.DisplayName = row.Name
		}
		c.written()
		c.entry.status = 201
		c.about("organization", row.ID, row.Name, row.ID)
		c.organizationFields(db.Organization{}, row)
		if err := c.q.InsertOrganization(ctx, db.InsertOrganizationParams{
			ID: row.ID, Name: row.Name, NameKey: row.NameKey, DisplayName: row.DisplayName,
			Description: row.Description, Icon: row.Icon, Now: c.now,
		}); err != nil {
			return err
		}
		if !c.by.operator {
			if err := c.insertMember(row.ID, c.by.ID()); err != nil {
				return err
			}
		}
		row, err = c.q.GetOrganization(ctx, row.ID)
		o = organizationOf(row)
		return err
	})
	return o, err
}

// revised is row with the input applied, checked.
func (c *change) revised(row db.Organization, in OrganizationInput) (db.Organization, error) {
	if in.Name == "" {
		in.Name = row.Name
	}
	var bad problems
	switch {
	case row.IsDefault && in.Name == row.Name:
	case Fold(in.Name) == defaultName:
		return row, &Error{Kind: Invalid, Message: fmt.Sprintf("Organization name %q is reserved.", defaultName),
			Fields: []Field{{Field: "name", Detail: "is reserved"}}}
	case row.IsDefault:
		return row, invalid("The default organization keeps its name.", "Change its display name instead.")
	default:
		bad.add("name", addressProblem(in.Name, nil))
	}
	if in.DisplayName != "" {
		bad.add("display_name", textProblem(in.DisplayName, 64))
		row.DisplayName = in.DisplayName
	}
	if in.Description != nil {
		if len(*in.Description) > 4096 {
			bad.add("description", "must be <= 4096 bytes")
		}
		row.Description = *in.Description
	}
	if in.Icon != nil {
		bad.add("icon", textProblem(*in.Icon, 2048))
		row.Icon = *in.Icon
	}
	if err := bad.err("Validation failed."); err != nil {
		return row, err
	}
	other, err := c.q.GetOrganizationByName(c.ctx, Fold(in.Name))
	if err == nil && other.ID != row.ID {
		return row, &Error{Kind: Conflict, Message: fmt.Sprintf("Organization already exists with the name %q.", in.Name),
			Fields: []Field{{Field: "name", Detail: "This value is already in use and should be unique."}}}
	}
	if err != nil && !db.IsNotFound(err) {
		return row, err
	}
	row.Name, row.NameKey = in.Name, Fold(in.Name)
	return row, nil
}

// UpdateOrganization changes an organization; what the input leaves out stays.
// NotFound: not there, or may not be read. Forbidden: needs organization:update. Invalid, Conflict: as Create.
func (s *Service) UpdateOrganization(ctx context.Context, subject *Subject, organization string, input Input[OrganizationInput]) (o Organization, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		row, err := c.organizationToChange(organization, "update")
		if err != nil {
			return err
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		revised, err := c.revised(row, in)
		if err != nil {
			return err
		}
		o = organizationOf(row)
		if err := c.begunFrom(o.Tag(), organizationChanged); err != nil {
			return err
		}
		if c.organizationFields(row, revised); len(c.entry.fields) == 0 {
			return nil
		}
		c.written()
		if err := c.q.UpdateOrganization(ctx, db.UpdateOrganizationParams{
			Name: revised.Name, NameKey: revised.NameKey, DisplayName: revised.DisplayName,
			Description: revised.Description, Icon: revised.Icon, Now: c.now, ID: row.ID,
		}); err != nil {
			return err
		}
		row, err = c.q.GetOrganization(ctx, row.ID)
		o = organizationOf(row)
		return err
	})
	return o, err
}

func (c *change) organizationToChange(ref, action string) (db.Organization, error) {
	row, err := c.organization(c.ctx, c.by, ref)
	if err != nil {
		return row, err
	}
	c.about("organization", row.ID, row.Name, row.ID)
	if !c.by.Can(action, orgObject(row.ID)) {
		return row, errForbidden()
	}
	return row, nil
}

// DeleteOrganization deletes an organization that holds nothing but the caller's own membership.
// NotFound: not there, or may not be read. Forbidden: needs organization:delete. Invalid: the default one, or not empty.
func (s *Service) DeleteOrganization(ctx context.Context, subject *Subject, organization string) (o Organization, err error) {
	err = s.change(ctx, subject, "delete", func(c *change) error {
		row, err := c.organizationToChange(organization, "delete")
		if err != nil {
			return err
		}
		if row.IsDefault {
			return invalid("Default organization cannot be deleted.", "")
		}
		if err := c.mustBeEmpty(row); err != nil {
			return err
		}
		if err := c.begunFrom(tag(row.Version, row.ID), organizationChanged); err != nil {
			return err
		}
		c.written()
		c.organizationFields(row, db.Organization{})
		if err := c.q.DeleteMember(ctx, db.DeleteMemberParams{OrganizationID: row.ID, UserID: c.by.ID()}); err != nil {
			return err
		}
		o = organizationOf(row)
		return c.q.DeleteOrganization(ctx, row.ID)
	})
	return o, err
}

// mustBeEmpty refuses to delete an organization with other members or with custom roles, and says what is in it.
func (c *change) mustBeEmpty(org db.Organization) error {
	roles, err := c.q.CountRolesOfOrganization(c.ctx, nullID(org.ID))
	if err != nil {
		return err
	}
	in := notEmpty(org, c.by, roles)
	if in == "" {
		return nil
	}
	return invalid("Organization is not empty.", fmt.Sprintf("%s has %s. Remove them first.", org.DisplayName, in))
}

// notEmpty says what an organization holds besides the caller's own membership, "" if nothing.
func notEmpty(org db.Organization, by *Subject, roles int64) string {
	others := org.MemberCount
	if by.grants.InOrg(org.ID) {
		others--
	}
	var in []string
	for _, thing := range []struct {
		n    int64
		name string
	}{{others, "other member"}, {roles, "custom role"}} {
		if thing.n > 0 {
			in = append(in, plural(thing.n, thing.name))
		}
	}
	return strings.Join(in, " and ")
}

func plural(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
