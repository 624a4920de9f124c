package unit

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// RecordsOf returns the records of some accounts in a place, uuid.Nil for the site, that count at the moment of the
// unit. Those of an organization include the memberships.
func (s Reader) RecordsOf(ctx context.Context, place uuid.UUID, users ...uuid.UUID) (map[uuid.UUID][]org.Assignment, error) {
	found := map[uuid.UUID][]org.Assignment{}
	set, err := s.Roles(ctx, place)
	if err != nil || len(users) == 0 {
		return found, err
	}
	add := func(r db.UserRole) {
		if due(r.EndsAt, s.When) {
			return
		}
		a := org.Assignment{
			Role: r.Role, OrganizationID: place, Source: org.Source(r.Source), SourceRef: r.SourceRef, Reason: r.Reason,
			GivenByID: r.GivenBy.UUID, GivenByName: r.GivenByName, GivenAt: r.GivenAt,
		}
		if role := set.ByName[r.Role]; role != nil {
			a.DisplayName = role.DisplayName
		}
		if r.EndsAt.Valid {
			a.Until = &r.EndsAt.Time
		}
		found[r.UserID] = append(found[r.UserID], a)
	}
	if place == uuid.Nil {
		rows, err := s.Q.ListSiteRecordsOf(ctx, users)
		for _, r := range rows {
			add(r)
		}
		return found, err
	}
	rows, err := s.Q.ListRecordsOf(ctx, db.ListRecordsOfParams{FirstID: place, LastID: place, UserIds: users})
	for _, r := range rows {
		add(db.UserRole{
			UserID: r.UserID, Role: r.Role, Source: r.Source, SourceRef: r.SourceRef, Reason: r.Reason,
			GivenBy: r.GivenBy, GivenByName: r.GivenByName, GivenAt: r.GivenAt, EndsAt: r.EndsAt,
		})
	}
	return found, err
}

// SyncedRefusal says why a role cannot be taken here: a source would give it again. "" if there is none.
func SyncedRefusal(records []org.Assignment, role string) string {
	for _, r := range records {
		if r.Role == role && r.Source.Synced() {
			return "From " + r.Source.Words() + ": changed there"
		}
	}
	return ""
}
