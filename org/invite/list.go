package invite

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Invitations returns a page of the invitations into an organization, newest first. NotFound: no such organization. Forbidden:
// needs what inviting into it needs.
func (s *Service) Invitations(ctx context.Context, subject *org.Actor, organization string, f org.InvitationFilter) (list org.InvitationList, err error) {
	defer org.Wrap(&err, "list invitations into %q", organization)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		if !unit.MayAddMembers(subject, o.ID) {
			return org.ErrForbidden(unit.PermissionsToAdd...)
		}
		p := db.ListInvitationsParams{OrganizationID: o.ID, MaxRows: rows(f.Limit), Skip: int64(f.Offset)}
		p.States, p.EndsAfter, p.EndsBy = bounds(f.State, src.When)
		found, err := src.Q.ListInvitations(ctx, p)
		if err != nil {
			return err
		}
		n, err := src.Q.CountInvitations(ctx, db.CountInvitationsParams{
			OrganizationID: o.ID, States: p.States, EndsAfter: p.EndsAfter, EndsBy: p.EndsBy,
		})
		if err != nil {
			return err
		}
		list = org.InvitationList{Organization: unit.OrganizationOf(o), Count: int(n), CanInvite: mayInvite(subject, s.policy) == nil, SendsMail: s.SendsMail()}
		list.Invitations, err = offers(ctx, src, subject, found)
		return err
	})
	return list, err
}

// AllInvitations returns a page of all invitations, newest first: all of them for callers who may add members in any
// organization, otherwise those that the caller has made.
func (s *Service) AllInvitations(ctx context.Context, subject *org.Actor, f org.InvitationFilter) (list org.InvitationList, err error) {
	defer org.Wrap(&err, "list invitations")
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		p := db.ListAllInvitationsParams{MaxRows: rows(f.Limit), Skip: int64(f.Offset)}
		// Addresses are personal: without the right on the whole site only the caller's own invitations are shown.
		if !unit.MayAddMembers(subject, uuid.Nil) {
			p.CreatedBy = unit.NullID(subject.ID())
		}
		p.States, p.EndsAfter, p.EndsBy = bounds(f.State, src.When)
		found, err := src.Q.ListAllInvitations(ctx, p)
		if err != nil {
			return err
		}
		n, err := src.Q.CountAllInvitations(ctx, db.CountAllInvitationsParams{
			CreatedBy: p.CreatedBy, States: p.States, EndsAfter: p.EndsAfter, EndsBy: p.EndsBy,
		})
		if err != nil {
			return err
		}
		list = org.InvitationList{Count: int(n), CanInvite: mayInvite(subject, s.policy) == nil, SendsMail: s.SendsMail()}
		list.Invitations, err = offers(ctx, src, subject, found)
		return err
	})
	return list, err
}

// MayInvite refuses a caller who may not invite into an organization. Forbidden.
func (s *Service) MayInvite(subject *org.Actor, organization uuid.UUID) error {
	if err := mayInvite(subject, s.policy); err != nil {
		return err
	}
	if !unit.MayAddMembers(subject, organization) {
		return org.ErrForbidden(unit.PermissionsToAdd...)
	}
	return nil
}

func rows(limit int) int64 {
	if limit == 0 {
		return math.MaxInt64
	}
	return int64(limit)
}

// The times between which every invitation ends.
var (
	never  = time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)
	always = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// bounds turns a state at some time into arguments of the queries.
func bounds(state string, now time.Time) (states string, after, by time.Time) {
	switch state {
	case org.InvitationPending:
		return " open ", now, always
	case org.InvitationExpired:
		return " open ", never, now
	case org.InvitationsOpen:
		return " open ", never, always
	case org.InvitationAccepted:
		return " accepted finished ", never, always
	case org.InvitationRevoked:
		return " revoked ", never, always
	}
	return "", never, always
}

// stateOf returns the state of an invitation at some time.
func stateOf(row *db.Invitation, now time.Time) string {
	switch {
	case row.State == "revoked":
		return org.InvitationRevoked
	case row.State != "open":
		return org.InvitationAccepted
	case !row.ExpiresAt.After(now):
		return org.InvitationExpired
	}
	return org.InvitationPending
}

// invitationOf converts a stored invitation, without what it gives.
func invitationOf(row *db.Invitation, now time.Time) org.Invitation {
	return org.Invitation{
		ID: row.ID, Email: row.Email, Name: row.Name, State: stateOf(row, now), Reason: row.Reason, Until: row.EndsAt.Time,
		MakerID: row.CreatedBy.UUID, Maker: row.CreatedByName, CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt,
		AcceptedAt: row.AcceptedAt.Time, Resent: int(row.Resent), Mail: row.Mail, SentAt: row.SentAt.Time, SendError: row.SendError,
	}
}

// offers returns invitations with what they give in the organizations that the caller may read; for a stranger, in all.
func offers(ctx context.Context, src unit.Reader, by *org.Actor, found []db.Invitation) ([]org.Invitation, error) {
	list, ids, at := []org.Invitation{}, make([]uuid.UUID, len(found)), map[uuid.UUID]int{}
	for i := range found {
		ids[i], at[found[i].ID] = found[i].ID, i
		list = append(list, invitationOf(&found[i], src.When))
	}
	if len(ids) == 0 {
		return list, nil
	}
	grants, err := src.Q.ListInvitationGrants(ctx, ids)
	if err != nil {
		return nil, err
	}
	// Each organization is read once, however many invitations lead into it.
	places := map[uuid.UUID]*place{} // a page has few
	for len(grants) > 0 {
		n := 0
		for n < len(grants) && grants[n].InvitationID == grants[0].InvitationID {
			n++
		}
		into := &list[at[grants[0].InvitationID]].Into
		for id, roles := range byOrganization(grants[:n]) {
			p, err := placeOf(ctx, src, places, id)
			if err != nil {
				return nil, err
			}
			if p == nil || by != nil && !by.Can("read", org.OrgObject(id)) {
				continue
			}
			gives := place{p.row, p.set, roles}
			*into = append(*into, gives.offer())
		}
		grants = grants[n:]
	}
	return list, nil
}

// placeOf returns an organization with its roles, read once; nil if it was deleted.
func placeOf(ctx context.Context, src unit.Reader, known map[uuid.UUID]*place, id uuid.UUID) (*place, error) {
	if p, ok := known[id]; ok {
		return p, nil
	}
	found, err := src.Q.FindOrganization(ctx, id)
	if db.IsNotFound(err) {
		known[id] = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	set, err := src.Roles(ctx, id)
	if err != nil {
		return nil, err
	}
	known[id] = &place{row: found.Organization, set: set}
	return known[id], nil
}

// Waiting is the first of the invitations into an organization that still work, and how many there are: those whose mail
// failed, then those that end first. Errors as Invitations.
func (s *Service) Waiting(ctx context.Context, subject *org.Actor, organization string, limit int) (list org.OpenInvitations, err error) {
	defer org.Wrap(&err, "list invitations into %q that wait", organization)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		if !unit.MayAddMembers(subject, o.ID) {
			return org.ErrForbidden(unit.PermissionsToAdd...)
		}
		rows, err := src.Q.ListInvitationsToMind(ctx, db.ListInvitationsToMindParams{OrganizationID: o.ID, Now: src.When, MaxRows: int64(limit)})
		if err != nil || len(rows) == 0 {
			return err
		}
		found := make([]db.Invitation, len(rows))
		for i := range rows {
			found[i] = rows[i].Invitation
		}
		list.Count = int(rows[0].Total)
		list.First, err = offers(ctx, src, subject, found)
		return err
	})
	return list, err
}
