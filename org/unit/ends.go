package unit

import (
	"context"
	"database/sql"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac/snapshot"
)

// Stay says until when someone holds what in an organization, as documents and events of snapshots write it: microseconds
// since 1970, or snapshot.Endless. A role is held until the last of its records ends, and no longer than the membership.
type Stay struct {
	Until int64
	Roles map[string]int64
}

// End returns the end of a role, which is no later than that of the membership.
func (s *Stay) End(role string) int64 { return min(s.Until, s.Roles[role]) }

// StayOf names an account in an organization.
type StayOf struct{ Organization, User uuid.UUID }

// endMicro returns the end of a record.
func endMicro(at sql.NullTime) int64 {
	if !at.Valid {
		return snapshot.Endless
	}
	return at.Time.UnixMicro()
}

// Stays returns what some members hold in the organizations between two ids, and until when.
func (s Reader) Stays(ctx context.Context, first, last uuid.UUID, users []uuid.UUID) (map[StayOf]*Stay, error) {
	stays := map[StayOf]*Stay{}
	for piece := range slices.Chunk(users, maxAtOnce) {
		rows, err := s.Q.ListRecordsOf(ctx, db.ListRecordsOfParams{FirstID: first, LastID: last, UserIds: piece})
		if err != nil {
			return nil, err
		}
		for i := range rows {
			r := &rows[i]
			at := StayOf{r.OrganizationID, r.UserID}
			stay := stays[at]
			if stay == nil {
				stay = &Stay{Roles: map[string]int64{}}
				stays[at] = stay
			}
			if r.Role == org.RoleOrganizationUser {
				stay.Until = max(stay.Until, endMicro(r.EndsAt))
			} else {
				stay.Roles[r.Role] = max(stay.Roles[r.Role], endMicro(r.EndsAt))
			}
		}
	}
	return stays, nil
}

// tellEnds adds to a change until when the members that it sets hold what. It reads what has been written, and only if
// something ends.
func (a *Attempt) tellEnds(ctx context.Context, w *Writer, c *snapshot.Change, orgID uuid.UUID) error {
	if len(c.Set) == 0 || !w.head.NextEnd.Valid && !slices.ContainsFunc(a.change.holders, lends) {
		return nil
	}
	users := make([]uuid.UUID, 0, len(c.Set))
	for i := range a.change.holders {
		users = append(users, a.change.holders[i].User)
	}
	stays, err := a.Stays(ctx, orgID, orgID, users)
	if err != nil {
		return err
	}
	for at, stay := range stays {
		held, ok := c.Set[at.User.String()]
		if !ok {
			continue
		}
		for i := range held {
			held[i].Until = stay.Roles[held[i].Role]
		}
		if stay.Until != snapshot.Endless {
			held = append(held, snapshot.Holding{Role: a.Catalog().ImpliedOrganization().Name, Until: stay.Until})
		}
		c.Set[at.User.String()] = held
	}
	return nil
}

// lends reports whether something is added that ends.
func lends(h org.HolderChange) bool {
	return h.Origin.Until != nil || slices.ContainsFunc(h.After, func(role string) bool { return h.OriginOf(role).Until != nil })
}
