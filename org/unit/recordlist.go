package unit

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// RecordsOfMember returns all that is stored of what a member holds in its organization, by role and source. That includes the
// membership, and what has ended and is not swept yet (Assignment.Counts). A member that is not stored yet has none.
func (s Reader) RecordsOfMember(ctx context.Context, row db.MemberRow) ([]org.Assignment, error) {
	set, err := s.Roles(ctx, row.OrganizationID)
	if err != nil {
		return nil, err
	}
	rows, err := s.Q.ListRecords(ctx, db.ListRecordsParams{OrganizationID: row.OrganizationID, UsernameKey: row.UsernameKey})
	list := make([]org.Assignment, len(rows))
	for i, r := range rows {
		list[i] = named(set, AssignmentOf(r))
	}
	return list, err
}

// RecordsOfUser does what RecordsOfMember does, for the site roles that an account holds.
func (s Reader) RecordsOfUser(ctx context.Context, user uuid.UUID) ([]org.Assignment, error) {
	set, err := s.Roles(ctx, uuid.Nil)
	if err != nil {
		return nil, err
	}
	rows, err := s.Q.ListSiteRecords(ctx, user)
	list := make([]org.Assignment, len(rows))
	for i, r := range rows {
		list[i] = named(set, SiteAssignmentOf(r))
	}
	return list, err
}

// RecordsElsewhere returns all that is stored of what an account holds in organizations, by organization, role and source, where
// the caller may read the membership.
func (s Reader) RecordsElsewhere(ctx context.Context, by *org.Actor, user uuid.UUID) ([]org.Assignment, error) {
	rows, err := s.Q.ListRecordsOfUser(ctx, user)
	if err != nil {
		return nil, err
	}
	list := make([]org.Assignment, 0, len(rows))
	var set *RoleSet
	for _, r := range rows { // those of one organization are consecutive
		if !by.Can("read", org.MemberObject(r.OrganizationID, user)) {
			continue
		}
		if set == nil || set.Org != r.OrganizationID {
			if set, err = s.Roles(ctx, r.OrganizationID); err != nil {
				return nil, err
			}
		}
		list = append(list, named(set, AssignmentOf(r)))
	}
	return list, nil
}

// RecordsShown returns what gives an account its roles on the site and in organizations, as a caller may see it.
func (s Reader) RecordsShown(ctx context.Context, by *org.Actor, user uuid.UUID) ([]org.Assignment, error) {
	site, err := s.RecordsOfUser(ctx, user)
	if err != nil {
		return nil, err
	}
	elsewhere, err := s.RecordsElsewhere(ctx, by, user)
	if err != nil {
		return nil, err
	}
	list := Shown(by, append(site, elsewhere...), s.When)
	return list, s.nameRules(ctx, list)
}

// named returns a record with the display name of its role. A record of the membership is named as such.
func named(set *RoleSet, a org.Assignment) org.Assignment {
	if role, ok := set.ByName[a.Role]; ok {
		a.DisplayName = role.DisplayName
	} else if a.Role == org.RoleOrganizationUser {
		a.DisplayName = "Member"
	}
	return a
}

// Shown returns the records that count at a moment, as a caller may see them. It leaves out who gave one if the caller may read
// neither that account nor the members of the organization, so that no one learns of people from their own records.
func Shown(by *org.Actor, records []org.Assignment, now time.Time) []org.Assignment {
	list := make([]org.Assignment, 0, len(records))
	for _, r := range records {
		if !r.Counts(now) {
			continue
		}
		inside := r.OrganizationID != uuid.Nil && by.Can("read", org.MembersObject(r.OrganizationID))
		if !inside && !by.Can("read", org.UserObject(r.GivenByID)) {
			r.GivenByID, r.GivenByName = uuid.Nil, ""
		}
		list = append(list, r)
	}
	return list
}

// RecordsOfMember is Reader's, from memory if ReadRecords has read the member's records ahead.
func (a *Attempt) RecordsOfMember(ctx context.Context, row db.MemberRow) ([]org.Assignment, error) {
	if list, ok := a.records[row.UserID]; ok {
		return list, nil
	}
	return a.Reader.RecordsOfMember(ctx, row)
}

// ReadRecords reads the records of many members of an organization ahead, for a change of all of them.
func (a *Attempt) ReadRecords(ctx context.Context, orgID uuid.UUID, members []db.MemberRow) error {
	set, err := a.Roles(ctx, orgID)
	if err != nil {
		return err
	}
	a.records = make(map[uuid.UUID][]org.Assignment, len(members))
	for piece := range slices.Chunk(members, maxAtOnce) {
		ids := make([]uuid.UUID, len(piece))
		for i, m := range piece {
			ids[i], a.records[m.UserID] = m.UserID, nil
		}
		rows, err := a.Q.ListRecordsOf(ctx, db.ListRecordsOfParams{FirstID: orgID, LastID: orgID, UserIds: ids})
		if err != nil {
			return err
		}
		for _, r := range rows {
			a.records[r.UserID] = append(a.records[r.UserID], named(set, AssignmentOf(r)))
		}
	}
	return nil
}
