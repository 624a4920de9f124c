package unit

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// A row of a list says what is held by the texts beside it, until the first of its records ends. From then on its records
// say it, until the sweeper has taken out what has ended (docs/spec/records.md). So rows without an end cost nothing.

// heldRow is a row of a member as it is at a moment.
type heldRow struct {
	db.MemberRow
	sources []string // if they were asked for
}

// due reports whether something has ended by a moment.
func due(end sql.NullTime, now time.Time) bool { return end.Valid && !end.Time.After(now) }

// heldThen is what some records say at a moment.
type heldThen struct {
	roles   []string
	member  bool
	next    sql.NullTime
	sources []string
}

// add counts a record, unless it has ended.
func (t *heldThen) add(role, source string, end sql.NullTime, now time.Time) {
	if due(end, now) {
		return
	}
	if end.Valid && (!t.next.Valid || end.Time.Before(t.next.Time)) {
		t.next = end
	}
	if !slices.Contains(t.sources, source) {
		t.sources = append(t.sources, source)
	}
	switch {
	case role == org.RoleOrganizationUser:
		t.member = true
	case !slices.Contains(t.roles, role):
		t.roles = append(t.roles, role)
	}
}

// membersAt gives rows of members as they are at a moment: who is no member any more is left out. sources says whether
// where their records come from is wanted, for which all records are read.
func (s Reader) membersAt(ctx context.Context, orgID uuid.UUID, rows []db.MemberRow, now time.Time, sources bool) ([]heldRow, error) {
	var keys []string
	var users []uuid.UUID
	for i := range rows {
		r := &rows[i]
		if r.UsernameKey = org.FoldCase(r.Username); sources || due(r.NextEnd, now) {
			keys = append(keys, r.UsernameKey)
		}
		if due(r.SiteNextEnd, now) {
			users = append(users, r.UserID)
		}
	}
	held, err := s.recordsAt(ctx, orgID, keys, now)
	if err != nil {
		return nil, err
	}
	onSite, err := s.siteRecordsAt(ctx, users, now)
	if err != nil {
		return nil, err
	}
	list := make([]heldRow, 0, len(rows))
	for i := range rows {
		h := heldRow{MemberRow: rows[i]}
		if t := held[h.UsernameKey]; t != nil {
			if !t.member {
				continue
			}
			h.Roles, h.NextEnd, h.sources = strings.Join(t.roles, " "), t.next, t.sources
		}
		if t := onSite[h.UserID]; t != nil {
			h.SiteRoles, h.SiteNextEnd = strings.Join(t.roles, " "), t.next
		}
		list = append(list, h)
	}
	return list, nil
}

// recordsAt is what the records of some members say at a moment, by their place.
func (s Reader) recordsAt(ctx context.Context, orgID uuid.UUID, keys []string, now time.Time) (map[string]*heldThen, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	held := make(map[string]*heldThen, len(keys))
	for _, key := range keys {
		held[key] = &heldThen{}
	}
	for piece := range slices.Chunk(keys, ChunkSize) {
		records, err := s.Q.ListRecordsOf(ctx, db.ListRecordsOfParams{OrganizationID: orgID, Keys: piece})
		if err != nil {
			return nil, err
		}
		for i := range records {
			r := &records[i]
			held[r.UsernameKey].add(r.Role, r.Source, r.EndsAt, now)
		}
	}
	for _, t := range held {
		slices.Sort(t.sources)
	}
	return held, nil
}

// siteRecordsAt is the same of accounts on the site.
func (s Reader) siteRecordsAt(ctx context.Context, users []uuid.UUID, now time.Time) (map[uuid.UUID]*heldThen, error) {
	if len(users) == 0 {
		return nil, nil
	}
	held := make(map[uuid.UUID]*heldThen, len(users))
	for _, id := range users {
		held[id] = &heldThen{}
	}
	for piece := range slices.Chunk(users, ChunkSize) {
		records, err := s.Q.ListSiteRecordsOf(ctx, piece)
		if err != nil {
			return nil, err
		}
		for i := range records {
			r := &records[i]
			held[r.UserID].add(r.Role, r.Source, r.EndsAt, now)
		}
	}
	for _, t := range held {
		slices.Sort(t.sources)
	}
	return held, nil
}

// usersAt gives rows of accounts the roles of the site that they hold at a moment, in one query for all of which something
// has ended.
func (s Reader) usersAt(ctx context.Context, rows []db.UserRow, now time.Time) error {
	var ids []uuid.UUID
	for i := range rows {
		if due(rows[i].NextEnd, now) {
			ids = append(ids, rows[i].ID)
		}
	}
	held, err := s.siteRecordsAt(ctx, ids, now)
	for i := range rows {
		if t := held[rows[i].ID]; t != nil {
			rows[i].Roles, rows[i].NextEnd = strings.Join(t.roles, " "), t.next
		}
	}
	return err
}

// Users gives stored accounts the display names of the roles that they hold now.
func (s Reader) Users(ctx context.Context, rows []db.UserRow) ([]org.User, error) {
	if err := s.usersAt(ctx, rows, s.Now()); err != nil {
		return nil, err
	}
	site, err := s.Roles(ctx, uuid.Nil)
	if err != nil {
		return nil, err
	}
	users := make([]org.User, len(rows))
	for i := range rows {
		users[i] = userOf(&rows[i], site)
	}
	return users, nil
}

// SiteSources is where the roles of the site come from that some accounts hold now.
func (s Reader) SiteSources(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]string, error) {
	held, err := s.siteRecordsAt(ctx, ids, s.Now())
	sources := make(map[uuid.UUID][]string, len(held))
	for id, t := range held {
		sources[id] = t.sources
	}
	return sources, err
}
