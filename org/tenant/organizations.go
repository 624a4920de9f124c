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

// Organizations returns every organization that the caller may read, by name.
func (s *Service) Organizations(ctx context.Context, subject *org.Actor) (_ []org.Organization, err error) {
	defer org.Wrap(&err, "list organizations")
	rows, err := s.units.OrganizationRows(ctx, subject, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	return unit.ReadableOrganizations(subject, rows), nil
}

// FindOrganizations returns one page of the organizations that the caller may read, by name.
// The page is cut here and not by the query, since the engine decides what may be read.
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

// Organization returns one organization. NotFound: no such organization, or the caller may not read it.
func (s *Service) Organization(ctx context.Context, subject *org.Actor, organization string) (_ org.Organization, err error) {
	defer org.Wrap(&err, "read organization %q", organization)
	row, err := s.units.OrganizationNow(ctx, subject, organization)
	if err != nil {
		return org.Organization{}, err
	}
	return unit.OrganizationFor(subject, row), nil
}

// EnsureDefaultOrganization creates the default organization if there is none, so that accounts can be put into it.
// The operator does this, so no right is checked.
func (s *Service) EnsureDefaultOrganization(ctx context.Context) (_ org.Organization, err error) {
	defer org.Wrap(&err, "ensure default organization")
	// This look takes no lock. The plan looks again.
	row, err := s.units.DB.GetDefaultOrganization(ctx)
	if err == nil || !db.IsNotFound(err) {
		return unit.OrganizationOf(row), err
	}
	row, _, err = unit.Do(ctx, s.units, s.units.Operator(), unit.OnSite, "create", struct{}{}, planDefaultOrganization, applyDefaultOrganization)
	return unit.OrganizationOf(row), err
}

// foundation is a new organization and its first member. If the organization exists already, stored is set, row is all there
// is, and nothing is written.
type foundation struct {
	row    db.Organization
	stored bool
	first  uuid.UUID     // uuid.Nil if it begins without members
	admin  *memberChange // who begins as its administrator; nil for nobody
}

// planDefaultOrganization looks under the lock of the site: if two ask at once, one creates it.
func planDefaultOrganization(ctx context.Context, a *unit.Attempt, _ struct{}) (f foundation, err error) {
	if f.row, f.stored, err = a.DefaultOrganization(ctx); err == nil {
		a.About("organization", f.row.ID, f.row.Name, f.row.ID)
	}
	return f, err
}

// applyDefaultOrganization makes the organization, if no one else has meanwhile.
func applyDefaultOrganization(ctx context.Context, w *unit.Writer, f foundation) (db.Organization, error) {
	if f.stored {
		return f.row, nil
	}
	organizationFields(w, db.Organization{}, f.row)
	return f.row, w.InsertOrganization(ctx, f.row)
}

// organizationFields records what changes between two states of an organization; an empty state means none. The names are
// those of docs/spec/audit.md.
func organizationFields(w *unit.Writer, before, after db.Organization) {
	w.Field("name", before.Name, after.Name)
	w.Field("display_name", before.DisplayName, after.DisplayName)
	w.Field("description", before.Description, after.Description)
	w.Field("icon", before.Icon, after.Icon)
}

// revised returns row with the input applied and checked.
// Everything wrong with the fields is reported at once. Whether the name is taken is checked last, if the name is valid.
func revised(ctx context.Context, a *unit.Attempt, row db.Organization, in org.OrganizationInput) (db.Organization, error) {
	if in.Name == "" {
		in.Name = row.Name
	}
	var bad org.FieldErrors
	switch {
	// The default organization keeps its name, which no other may have.
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
	// An empty text clears this field and the icon. Only nil leaves them.
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
	other, err := a.Q.GetOrganizationByName(ctx, org.FoldCase(in.Name))
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
// NotFound: no such organization, or the caller may not read it. Forbidden: needs organization:update. Invalid and Conflict:
// as CreateOrganization. It is a unit of the site, since the name must be free among all organizations.
func (s *Service) UpdateOrganization(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.OrganizationInput], ifMatch org.Versions) (o org.Organization, err error) {
	defer org.Wrap(&err, "update organization %q", organization)
	in := organizationUpdate{organization, input, ifMatch}
	o, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "write", in, planOrganizationUpdate, applyOrganizationUpdate)
	return o, err
}

// organizationUpdate asks to change an organization.
// A deletion is one without input: its first steps are the same.
type organizationUpdate struct {
	organization string
	input        org.Input[org.OrganizationInput]
	ifMatch      org.Versions
}

// revision is an organization before and after a change.
type revision struct{ before, after db.Organization }

// planOrganizationUpdate checks the right, then reads the body, then compares versions.
func planOrganizationUpdate(ctx context.Context, a *unit.Attempt, in organizationUpdate) (r revision, err error) {
	if r.before, err = organizationToChange(ctx, a, in.organization, "update"); err != nil {
		return r, err
	}
	input, err := in.input.Read()
	if err != nil {
		return r, err
	}
	if r.after, err = revised(ctx, a, r.before, input); err != nil {
		return r, err
	}
	if err := a.BegunFrom(ctx, in.ifMatch, org.Tag(r.before.Version, r.before.ID), unit.OrganizationChanged); err != nil {
		return r, err
	}
	// An update that changes nothing keeps the version, so that no ETag changes.
	if r.after != r.before {
		r.after.Version, r.after.UpdatedAt = r.before.Version+1, a.Now
	}
	return r, nil
}

func applyOrganizationUpdate(ctx context.Context, w *unit.Writer, r revision) (org.Organization, error) {
	o := unit.OrganizationOf(r.after)
	if r.after == r.before {
		return o, nil
	}
	organizationFields(w, r.before, r.after)
	return o, w.W.UpdateOrganization(ctx, db.UpdateOrganizationParams{
		Name: r.after.Name, NameKey: r.after.NameKey, DisplayName: r.after.DisplayName,
		Description: r.after.Description, Icon: r.after.Icon, Now: w.Now, ID: r.after.ID,
	})
}

// organizationToChange finds an organization for a caller who has the right to the action. A refusal of that right is
// recorded. NotFound: the caller may not read it.
func organizationToChange(ctx context.Context, a *unit.Attempt, ref, action string) (db.Organization, error) {
	row, err := a.Organization(ctx, a.Actor, ref)
	if err != nil {
		return row, err
	}
	a.About("organization", row.ID, row.Name, row.ID)
	if !a.Actor.Can(action, org.OrgObject(row.ID)) {
		return row, org.ErrForbidden()
	}
	return row, nil
}

// DeleteOrganization deletes an organization that holds nothing but the caller's own membership.
// NotFound: no such organization, or the caller may not read it. Forbidden: needs organization:delete. Invalid: the default one,
// or not empty. Conflict: ifMatch does not include the stored version.
// It is a unit of the site, since the scope of the organization ends.
func (s *Service) DeleteOrganization(ctx context.Context, subject *org.Actor, organization string, ifMatch org.Versions) (o org.Organization, err error) {
	defer org.Wrap(&err, "delete organization %q", organization)
	in := organizationUpdate{organization: organization, ifMatch: ifMatch}
	o, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", in, planOrganizationDeletion, applyOrganizationDeletion)
	return o, err
}

func planOrganizationDeletion(ctx context.Context, a *unit.Attempt, in organizationUpdate) (db.Organization, error) {
	row, err := organizationToChange(ctx, a, in.organization, "delete")
	if err != nil {
		return row, err
	}
	if row.IsDefault {
		return row, org.ErrInvalid("Default organization cannot be deleted.", "")
	}
	if err := mustBeEmpty(ctx, a, row); err != nil {
		return row, err
	}
	return row, a.BegunFrom(ctx, in.ifMatch, org.Tag(row.Version, row.ID), unit.OrganizationChanged)
}

func applyOrganizationDeletion(ctx context.Context, w *unit.Writer, row db.Organization) (org.Organization, error) {
	o := unit.OrganizationOf(row)
	organizationFields(w, row, db.Organization{})
	// No other membership can be left. A caller who is no member has none to delete.
	if err := w.W.DeleteMember(ctx, db.DeleteMemberParams{OrganizationID: row.ID, UserID: w.Actor.ID()}); err != nil {
		return o, err
	}
	return o, w.DeleteOrganization(ctx, row.ID)
}

// mustBeEmpty refuses to delete an organization with other members or with custom roles, and says what is in it.
// Deleting it must not silently take rights from people: each is removed first, with an entry that says so.
func mustBeEmpty(ctx context.Context, a *unit.Attempt, o db.Organization) error {
	roles, err := a.Q.CountRolesOfOrganization(ctx, unit.NullID(o.ID))
	if err != nil {
		return err
	}
	in := notEmpty(o, a.Actor, roles)
	if in == "" {
		return nil
	}
	return org.ErrInvalid("Organization is not empty.", fmt.Sprintf("%s has %s. Remove them first.", o.DisplayName, in))
}

// notEmpty says what an organization holds apart from the caller's own membership, "" if nothing.
// The page uses it too, to give the reason before anyone tries.
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
