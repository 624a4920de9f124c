package unit

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// heldRow is a row of a member as it is at the moment of the unit.
type heldRow struct {
	db.MemberRow
	sources  []string // if they were asked for
	managers []org.ManagedBy
}

// heldRows returns rows of members as they are at the moment of the unit, without those who are no longer members. sources says
// whether the sources of their records are wanted, for which the records of all are looked up.
func (s Reader) heldRows(ctx context.Context, rows []db.MemberRow, sources bool) ([]heldRow, error) {
	var ended []uuid.UUID // whose row is no longer true
	for i := range rows {
		if due(rows[i].NextEnd, s.When) {
			ended = append(ended, rows[i].UserID)
		}
	}
	here, err := HeldNow(ctx, s, rows, MemberStored)
	if err != nil || len(here) == 0 {
		return nil, err
	}
	place, ids := here[0].OrganizationID, make([]uuid.UUID, len(here))
	for i := range here {
		ids[i] = here[i].UserID
	}
	managers, err := s.membershipManagers(ctx, place, ids)
	if err != nil {
		return nil, err
	}
	var from map[uuid.UUID][]string
	if sources {
		if from, err = s.sources(ctx, place, here, ended); err != nil {
			return nil, err
		}
	}
	list := make([]heldRow, len(here))
	for i := range here {
		list[i] = heldRow{here[i], from[ids[i]], managers[ids[i]]}
	}
	return list, nil
}

// sources returns the sources of the records that some members have at the moment of the unit. ended names the members with
// records that have ended.
func (s Reader) sources(ctx context.Context, orgID uuid.UUID, members []db.MemberRow, ended []uuid.UUID) (map[uuid.UUID][]string, error) {
	keys, ids := make([]string, len(members)), make(map[string]uuid.UUID, len(members))
	for i := range members {
		keys[i] = org.FoldCase(members[i].Username)
		ids[keys[i]] = members[i].UserID
	}
	stored, err := s.Q.ListSourcesOf(ctx, db.ListSourcesOfParams{OrganizationID: orgID, UsernameKeys: keys})
	if err != nil {
		return nil, err
	}
	from := make(map[uuid.UUID][]string, len(members))
	sorted := map[string][]string{} // most members have the same
	for i := range stored {
		list, known := sorted[stored[i].Sources]
		if !known {
			list = slices.Compact(slices.Sorted(strings.FieldsSeq(stored[i].Sources)))
			sorted[stored[i].Sources] = list
		}
		from[ids[stored[i].UsernameKey]] = list
	}
	now, err := s.RecordsOf(ctx, orgID, ended...)
	for _, id := range ended {
		from[id] = nil
		for i := range now[id] {
			from[id] = withSource(from[id], string(now[id][i].Source))
		}
	}
	return from, err
}

// SiteSources returns the same for accounts on the site.
func (s Reader) SiteSources(ctx context.Context, users []uuid.UUID) (map[uuid.UUID][]string, error) {
	records, err := s.Q.ListSiteRecordsOf(ctx, users)
	from := make(map[uuid.UUID][]string, len(users))
	for i := range records {
		if r := &records[i]; !due(r.EndsAt, s.When) {
			from[r.UserID] = withSource(from[r.UserID], r.Source)
		}
	}
	return from, err
}

// withSource adds a source to a sorted list, unless it is in it.
func withSource(list []string, source string) []string {
	at, there := slices.BinarySearch(list, source)
	if there {
		return list
	}
	return slices.Insert(list, at, source)
}

// Users turns stored accounts into accounts with the display names of the roles that they hold at the moment of the unit, and
// the organizations that they belong to then.
func (s Reader) Users(ctx context.Context, rows []db.UserRow) ([]org.User, error) {
	if err := s.belonging(ctx, rows); err != nil {
		return nil, err
	}
	return s.users(ctx, rows)
}

// belonging removes from accounts the organizations in which their membership has ended. If nothing waits to be swept it costs
// one small statement, else one more for all of them.
func (s Reader) belonging(ctx context.Context, rows []db.UserRow) error {
	next, err := s.Q.GetNextEnd(ctx)
	if db.IsNotFound(err) || err == nil && !due(next, s.When) {
		return nil
	}
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	homes, err := s.MembershipsOf(ctx, ids)
	if err != nil {
		return err
	}
	of := make(map[uuid.UUID][]string, len(rows))
	for _, h := range homes {
		of[h.UserID] = append(of[h.UserID], h.OrganizationID.String())
	}
	for i := range rows {
		there := of[rows[i].ID]
		stored := strings.Fields(rows[i].OrganizationIds) // in their order
		rows[i].OrganizationIds = strings.Join(slices.DeleteFunc(stored, func(id string) bool { return !slices.Contains(there, id) }), " ")
	}
	return nil
}

// users does what Users does, with the organizations that the rows name.
func (s Reader) users(ctx context.Context, rows []db.UserRow) ([]org.User, error) {
	rows, err := HeldNow(ctx, s, rows, UserStored)
	if err != nil {
		return nil, err
	}
	site, err := s.Roles(ctx, uuid.Nil)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	managers, err := s.accountManagers(ctx, ids)
	if err != nil {
		return nil, err
	}
	users := make([]org.User, len(rows))
	for i := range rows {
		users[i] = userOf(&rows[i], site)
		users[i].ManagedBy = managers[ids[i]]
	}
	return users, nil
}
