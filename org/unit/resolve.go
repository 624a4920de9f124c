package unit

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

const DefaultName = "default"

// Organization finds what a path names: "default", a uuid, or a name in any case.
// NotFound: it does not exist, or the caller may not read it.
func (s Reader) Organization(ctx context.Context, by *org.Actor, ref string) (db.Organization, error) {
	found, err := s.named(ctx, ref)
	row := found.Organization
	if err == nil && ref != row.ID.String() {
		s.Memory.places.Remember(ref, row.ID) // for locate
	}
	if db.IsNotFound(err) {
		return db.Organization{}, org.ErrNotFound()
	}
	if err == nil {
		err = s.at(ctx, found.Catalog)
	}
	if err == nil && !by.Can("read", org.OrgObject(row.ID)) { // under the catalog in force, too
		return db.Organization{}, org.ErrNotFound()
	}
	if err == nil && s.states != nil {
		s.states[row.ID], s.states[uuid.Nil] = found.Revision.Roles, found.SiteRoleState
	}
	if err == nil && s.heads != nil {
		s.heads[row.ID] = found.Revision
	}
	return row, err
}

// named returns the organization that a path names, whoever may read it.
func (s Reader) named(ctx context.Context, ref string) (db.FindOrganizationRow, error) {
	id, err := uuid.Parse(ref)
	switch {
	case ref == DefaultName || err == nil && id == uuid.Nil:
		row, err := s.Q.FindDefaultOrganization(ctx)
		return db.FindOrganizationRow(row), err
	case err == nil:
		return s.Q.FindOrganization(ctx, id)
	}
	row, err := s.Q.FindOrganizationByName(ctx, org.FoldCase(ref))
	return db.FindOrganizationRow(row), err
}

// NamedAt returns the organization that a path names in a state of the site. Every change of a name changes that state.
func (s *Units) NamedAt(ctx context.Context, ref string, site int64) (uuid.UUID, error) {
	if id, err := uuid.Parse(ref); err == nil && id != uuid.Nil {
		return id, nil
	}
	key := homeKey(ref, site)
	if id, ok := s.Memory.places.Recall(key); ok {
		return id, nil
	}
	row, err := s.reader(s.DB.Reads, nil).named(ctx, ref)
	if err == nil {
		s.Memory.places.Remember(key, row.Organization.ID)
	}
	return row.Organization.ID, err
}

// FindUser finds what a path names: "me", a uuid, or a username in any case. ok is false when there is no such user.
func (s Reader) FindUser(ctx context.Context, by *org.Actor, ref string) (row db.UserRow, ok bool, err error) {
	id, parseErr := uuid.Parse(ref)
	switch {
	case ref == "me":
		row, err = s.Q.GetUser(ctx, by.ID())
	case parseErr == nil:
		row, err = s.Q.GetUser(ctx, id)
	default:
		row, err = s.Q.GetUserByUsername(ctx, org.FoldCase(ref))
	}
	if db.IsNotFound(err) {
		return row, false, nil
	}
	row, err = s.heldAccount(ctx, row, err)
	return row, err == nil, err
}

// ReadableUser returns a user that the caller may read. Invalid: it does not exist, or may not be read; the two look the same.
func (s Reader) ReadableUser(ctx context.Context, by *org.Actor, ref string) (db.UserRow, error) {
	row, ok, err := s.FindUser(ctx, by, ref)
	if err != nil {
		return row, err
	}
	if !ok || !by.Can("read", org.UserObject(row.ID)) {
		return db.UserRow{}, errNoUser(ref)
	}
	return row, nil
}

func errNoUser(ref string) *org.Error {
	return org.ErrInvalid(`"user" must be an existing uuid or username.`, fmt.Sprintf("queried user=%q", ref))
}

// MissingUser returns the answer to an unknown user on a path of an organization: only callers who may read every user may learn
// that it does not exist.
func MissingUser(by *org.Actor, ref string) *org.Error {
	if by.Can("read", org.UsersObject) {
		return errNoUser(ref)
	}
	return org.ErrNotFound()
}

// Member finds a membership that the caller may read.
// Invalid or NotFound: no such user. NotFound: no such membership, or it may not be read.
func (s Reader) Member(ctx context.Context, by *org.Actor, orgID uuid.UUID, ref string) (db.MemberRow, error) {
	row, err := s.memberRow(ctx, by, orgID, ref)
	if err == nil && by.Can("read", org.MemberObject(orgID, row.UserID)) || err != nil && !db.IsNotFound(err) {
		return row, err
	}
	_, ok, err := s.FindUser(ctx, by, ref)
	switch {
	case err != nil:
		return db.MemberRow{}, err
	case !ok:
		return db.MemberRow{}, MissingUser(by, ref)
	}
	return db.MemberRow{}, org.ErrNotFound()
}

// memberRow finds a membership by what FindUser finds the account by.
func (s Reader) memberRow(ctx context.Context, by *org.Actor, orgID uuid.UUID, ref string) (db.MemberRow, error) {
	id, err := uuid.Parse(ref)
	switch {
	case ref == "me":
		id = by.ID()
	case err != nil:
		row, err := s.Q.GetMemberByUsername(ctx, db.GetMemberByUsernameParams{OrganizationID: orgID, UsernameKey: org.FoldCase(ref)})
		return s.heldMember(ctx, row, err)
	}
	return s.MemberRow(ctx, orgID, id)
}

// MemberRow returns a membership with what it holds at the moment of the unit. Not found: no such membership, or it has ended.
func (s Reader) MemberRow(ctx context.Context, orgID, user uuid.UUID) (db.MemberRow, error) {
	row, err := s.Q.GetMember(ctx, db.GetMemberParams{OrganizationID: orgID, UserID: user})
	return s.heldMember(ctx, row, err)
}
