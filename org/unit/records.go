package unit

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// What is held is stored as records (docs/spec/records.md). A plan says in its change where what it adds comes from, and the
// functions here write it. Triggers update the lists of roles, the counts and the ends of members, accounts and scopes.

// Machine returns a caller that is not an account, and may do what an operator may: the trail has no id for it. Its name has a
// colon, which no username has: system:expiry, oidc:NAME, scim:NAME.
func (s *Units) Machine(name string) *org.Actor {
	a := s.Operator()
	a.User.Username = name
	return a
}

// source returns the source that a record of this origin is stored under.
func (w *Writer) source(from org.Origin) string {
	switch {
	case from.Source != "":
		return string(from.Source)
	case w.Actor != nil && w.Actor.Operator:
		return string(org.SourceOperator)
	}
	return string(org.SourceManual)
}

// giver returns who adds a record: no one if someone creates the first account or their own.
func (w *Writer) giver(from org.Origin) (uuid.NullUUID, string) {
	if from.Giver != nil {
		return NullID(from.Giver.ID), from.Giver.Name
	}
	if w.Actor == nil {
		return uuid.NullUUID{}, ""
	}
	return NullID(w.Actor.ID()), w.Actor.User.Username
}

// until returns the end of a record as it is stored.
func until(at *time.Time) sql.NullTime {
	if at == nil {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: at.UTC(), Valid: true}
}

// InsertMember makes an account a member, without roles.
func (w *Writer) InsertMember(ctx context.Context, orgID, user uuid.UUID, from org.Origin) error {
	if w.lapsed[standing{orgID, user}] {
		if err := w.W.DeleteMember(ctx, db.DeleteMemberParams{OrganizationID: orgID, UserID: user}); err != nil {
			return err
		}
	}
	if err := w.W.InsertMember(ctx, db.InsertMemberParams{OrganizationID: orgID, UserID: user, Now: w.Now}); err != nil {
		return err
	}
	by, name := w.giver(from)
	return w.W.InsertMembership(ctx, db.InsertMembershipParams{
		OrganizationID: orgID, UserID: user, Source: w.source(from), SourceRef: from.Ref, Reason: from.Reason,
		GivenBy: by, GivenByName: name, Now: w.Now, EndsAt: until(from.Until),
	})
}

// StoreRecord stores the record of a role, or of the membership, that this origin gives a member. It replaces the one that the
// source had, so it also stores a later or earlier end, or none, and another reason. key is that of the username.
func (w *Writer) StoreRecord(ctx context.Context, orgID, user uuid.UUID, key, role string, from org.Origin) error {
	by, name := w.giver(from)
	return w.W.InsertMemberRole(ctx, db.InsertMemberRoleParams{
		OrganizationID: orgID, Role: role, UsernameKey: key, UserID: user, Source: w.source(from), SourceRef: from.Ref,
		Reason: from.Reason, GivenBy: by, GivenByName: name, Now: w.Now, EndsAt: until(from.Until),
	})
}

// StoreSiteRecord does what StoreRecord does, for a role of the site.
func (w *Writer) StoreSiteRecord(ctx context.Context, user uuid.UUID, role string, from org.Origin) error {
	by, name := w.giver(from)
	return w.W.InsertUserRole(ctx, db.InsertUserRoleParams{
		UserID: user, Role: role, Source: w.source(from), SourceRef: from.Ref, Reason: from.Reason,
		GivenBy: by, GivenByName: name, Now: w.Now, EndsAt: until(from.Until),
	})
}

// AssignmentOf turns a stored record of a member into an assignment.
func AssignmentOf(r db.MemberRole) org.Assignment {
	return org.Assignment{
		Role: r.Role, OrganizationID: r.OrganizationID, Source: org.Source(r.Source), SourceRef: r.SourceRef, Reason: r.Reason,
		Until: endOf(r.EndsAt), GivenByID: r.GivenBy.UUID, GivenByName: r.GivenByName, GivenAt: r.GivenAt,
	}
}

// SiteAssignmentOf turns a stored record of an account into an assignment.
func SiteAssignmentOf(r db.UserRole) org.Assignment {
	return org.Assignment{
		Role: r.Role, Source: org.Source(r.Source), SourceRef: r.SourceRef, Reason: r.Reason,
		Until: endOf(r.EndsAt), GivenByID: r.GivenBy.UUID, GivenByName: r.GivenByName, GivenAt: r.GivenAt,
	}
}

func endOf(at sql.NullTime) *time.Time {
	if !at.Valid {
		return nil
	}
	return &at.Time
}

// Records returns the records of a member that count at the moment of the unit, by role and source, with those of the membership.
// key is that of the username.
func (s Reader) Records(ctx context.Context, orgID uuid.UUID, key string) (list []org.Assignment, err error) {
	rows, err := s.Q.ListRecords(ctx, db.ListRecordsParams{OrganizationID: orgID, UsernameKey: key})
	for _, r := range rows {
		if record := AssignmentOf(r); record.Counts(s.When) {
			list = append(list, record)
		}
	}
	return list, err
}

// SiteRecords returns the records of an account that count at the moment of the unit, by role and source.
func (s Reader) SiteRecords(ctx context.Context, user uuid.UUID) (list []org.Assignment, err error) {
	rows, err := s.Q.ListSiteRecords(ctx, user)
	for _, r := range rows {
		if record := SiteAssignmentOf(r); record.Counts(s.When) {
			list = append(list, record)
		}
	}
	return list, err
}

// StoreEdits stores what becomes of the records of a member, and adds it to the entry. key is that of the username.
func (w *Writer) StoreEdits(ctx context.Context, h *org.HolderChange, key string) error {
	return w.edit(h, func(role string, source org.Source) error {
		return w.W.DeleteMemberRecord(ctx, db.DeleteMemberRecordParams{OrganizationID: h.Place, Role: role, UsernameKey: key, Source: string(source)})
	}, func(r *org.Assignment) error {
		return w.W.InsertMemberRole(ctx, db.InsertMemberRoleParams{
			OrganizationID: h.Place, Role: r.Role, UsernameKey: key, UserID: h.User, Source: string(r.Source), SourceRef: r.SourceRef,
			Reason: r.Reason, GivenBy: NullID(r.GivenByID), GivenByName: r.GivenByName, Now: r.GivenAt, EndsAt: until(r.Until),
		})
	})
}

// storeSiteEdits does what StoreEdits does, for the roles of the site.
func (w *Writer) storeSiteEdits(ctx context.Context, h *org.HolderChange) error {
	return w.edit(h, func(role string, source org.Source) error {
		return w.W.DeleteUserRecord(ctx, db.DeleteUserRecordParams{UserID: h.User, Role: role, Source: string(source)})
	}, func(r *org.Assignment) error {
		return w.W.InsertUserRole(ctx, db.InsertUserRoleParams{
			UserID: h.User, Role: r.Role, Source: string(r.Source), SourceRef: r.SourceRef,
			Reason: r.Reason, GivenBy: NullID(r.GivenByID), GivenByName: r.GivenByName, Now: r.GivenAt, EndsAt: until(r.Until),
		})
	})
}

// edit stores edits, and then the other gains and losses of a change. It stores the new record of each role before it removes the
// old ones, so that a role that is kept is held all the time, and neither texts nor counts change. A record of the same source
// is overwritten.
func (w *Writer) edit(h *org.HolderChange, remove func(string, org.Source) error, put func(*org.Assignment) error) error {
	for _, e := range h.Edits {
		if e.New != nil {
			if err := put(e.New); err != nil {
				return err
			}
		}
		for _, r := range e.Gone {
			if e.New != nil && e.New.Source == r.Source {
				continue
			}
			if err := remove(e.Role, r.Source); err != nil {
				return err
			}
		}
	}
	w.Recorded(h)
	return nil
}

// Recorded puts the records that a change makes and ends into the entry, which undo reads.
func (w *Writer) Recorded(h *org.HolderChange) {
	var gone, made []org.Assignment
	for _, e := range h.Edits {
		gone = append(gone, e.Gone...)
		if e.New != nil {
			made = append(made, *e.New)
		}
	}
	fresh := h.Unedited(h.Given())
	if h.Joins {
		fresh = append([]string{org.RoleOrganizationUser}, fresh...)
	}
	from := h.Origin
	for _, role := range fresh {
		made = append(made, org.Assignment{
			Role: role, Source: org.Source(w.source(from)), SourceRef: from.Ref, Reason: from.Reason, Until: from.Until,
		})
	}
	w.Assignments(gone, made)
}
