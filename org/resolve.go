package org

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"rolecall.example/db"
)

const defaultName = "default"

// organization finds what a path names: "default", a uuid, or a name in any case.
// NotFound: it is not there, or the caller may not read it.
func (s source) organization(ctx context.Context, by *Subject, ref string) (db.Organization, error) {
	var row db.Organization
	var err error
	id, parseErr := uuid.Parse(ref)
	switch {
	case ref == defaultName || parseErr == nil && id == uuid.Nil:
		row, err = s.q.GetDefaultOrganization(ctx)
	case parseErr == nil:
		row, err = s.q.GetOrganization(ctx, id)
	default:
		row, err = s.q.GetOrganizationByName(ctx, Fold(ref))
	}
	if db.IsNotFound(err) || err == nil && !by.Can("read", orgObject(row.ID)) {
		return db.Organization{}, errNotFound()
	}
	return row, err
}

// findUser finds what a path names: "me", a uuid, or a username in any case. ok is false when there is no such user.
func (s source) findUser(ctx context.Context, by *Subject, ref string) (row db.UserRow, ok bool, err error) {
	id, parseErr := uuid.Parse(ref)
	switch {
	case ref == "me":
		row, err = s.q.GetUser(ctx, by.ID())
	case parseErr == nil:
		row, err = s.q.GetUser(ctx, id)
	default:
		row, err = s.q.GetUserByUsername(ctx, Fold(ref))
	}
	if db.IsNotFound(err) {
		return row, false, nil
	}
	return row, err == nil, err
}

// readableUser is a user that the caller may read. Invalid: it is not there, or may not be read; the two look the same.
func (s source) readableUser(ctx context.Context, by *Subject, ref string) (db.UserRow, error) {
	row, ok, err := s.findUser(ctx, by, ref)
	if err != nil {
		return row, err
	}
	if !ok || !by.Can("read", userObject(row.ID)) {
		return db.UserRow{}, errNoUser(ref)
	}
	return row, nil
}

func errNoUser(ref string) *Error {
	return invalid(`"user" must be an existing uuid or username.`, fmt.Sprintf("queried user=%q", ref))
}

// missingUser is the answer to an unknown user on a path of an organization: only who may read every user may learn
// that there is none.
func missingUser(by *Subject, ref string) *Error {
	if by.Can("read", usersObject) {
		return errNoUser(ref)
	}
	return errNotFound()
}

// member finds a membership that the caller may read.
// Invalid or NotFound: there is no such user; NotFound: no such membership, or it may not be read.
func (s source) member(ctx context.Context, by *Subject, org uuid.UUID, ref string) (db.MemberRow, error) {
	row, err := s.memberRow(ctx, by, org, ref)
	if err == nil && by.Can("read", memberObject(org, row.UserID)) || err != nil && !db.IsNotFound(err) {
		return row, err
	}
	_, ok, err := s.findUser(ctx, by, ref)
	switch {
	case err != nil:
		return db.MemberRow{}, err
	case !ok:
		return db.MemberRow{}, missingUser(by, ref)
	}
	return db.MemberRow{}, errNotFound()
}

// memberRow finds a membership by what findUser finds the account by.
func (s source) memberRow(ctx context.Context, by *Subject, org uuid.UUID, ref string) (db.MemberRow, error) {
	id, err := uuid.Parse(ref)
	switch {
	case ref == "me":
		id = by.ID()
	case err != nil:
		return s.q.GetMemberByUsername(ctx, db.GetMemberByUsernameParams{OrganizationID: org, UsernameKey: Fold(ref)})
	}
	return s.q.GetMember(ctx, db.GetMemberParams{OrganizationID: org, UserID: id})
}
