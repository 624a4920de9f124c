package unit

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Person is an account that a caller asks about.
type Person struct {
	Basis org.Basis  // empty: there is no such account
	Actor *org.Actor // nil if it was not needed
}

// Wanted says which accounts are asked about.
type Wanted struct {
	IDs    []uuid.UUID
	Place  uuid.UUID                       // an organization whose revision is to be told, or uuid.Nil
	Needed func(uuid.UUID, org.Basis) bool // whether an account that holds this is to be compiled
	Rows   map[uuid.UUID]db.UserRow        // those of them that have been read already
}

// People holds accounts, and the revision of a place, at one moment.
type People struct {
	Of       map[uuid.UUID]Person
	Revision int64 // 0: there is no such place
}

// place is the key under which the state of an organization is remembered next to the bases of accounts. No token has such an id.
func (w *Wanted) place() Credential { return Credential{Token: w.Place.String()} }

// PeopleNow returns accounts with every write that was acknowledged before the call: from the memory that also holds callers, or
// else in three queries, however many there are. It may renew the caller, if another catalog has come into force.
func (s *Units) PeopleNow(ctx context.Context, by *org.Actor, w Wanted) (found People, err error) {
	version, known := s.DB.Version()
	if known {
		if found, ok := s.peopleAt(version, by.Catalog, &w); ok {
			return found, nil
		}
	}
	err = s.Moment(ctx, by, func(src Reader) error {
		found, err = src.People(ctx, w)
		return err
	})
	if err == nil && known { // if a write came in between, only the version is out of date
		s.Memory.bases.put(version, w.place(), found.Of[uuid.Nil].Basis)
		for _, id := range w.IDs {
			s.Memory.bases.put(version, Credential{User: id}, found.Of[id].Basis)
		}
	}
	return found, err
}

// peopleAt returns accounts in a state of the data if all of them are remembered in it. Missing accounts are remembered too:
// the caller must not learn from the time taken which of them exist.
func (s *Units) peopleAt(version db.Version, c *rbac.Catalog, w *Wanted) (found People, ok bool) {
	src := s.reader(nil, nil)
	found.Of = make(map[uuid.UUID]Person, len(w.IDs))
	if w.Place != uuid.Nil {
		at, known := s.Memory.bases.peek(version, w.place())
		if !known || at.Ended(src.When) {
			return found, false
		}
		row, _ := at.Of(w.Place)
		found.Revision = row.Value
	}
	for _, id := range w.IDs {
		b, known := s.Memory.bases.peek(version, Credential{User: id})
		known = known && !b.Ended(src.When)
		p := Person{Basis: b}
		if known && len(b) > 0 && w.Needed(id, b) {
			p.Actor, known = src.Remembered(id, b)
			known = known && b.Catalog() == c.Version()
		}
		if !known {
			return found, false
		}
		found.Of[id] = p
	}
	return found, true
}

// maxAtOnce is how many ids one query takes.
const maxAtOnce = 10_000

// People returns accounts of one snapshot.
func (s Reader) People(ctx context.Context, w Wanted) (People, error) {
	found := People{Of: make(map[uuid.UUID]Person, len(w.IDs))}
	bases, err := s.bases(ctx, &w)
	if err != nil {
		return found, err
	}
	row, _ := bases[uuid.Nil].Of(w.Place)
	found.Revision = row.Value
	if err := s.at(ctx, bases[uuid.Nil].Catalog()); err != nil {
		return found, err
	}
	found.Of[uuid.Nil] = Person{Basis: bases[uuid.Nil]}
	var cold []uuid.UUID
	for _, id := range w.IDs {
		if _, done := found.Of[id]; done {
			continue
		}
		p := Person{Basis: bases[id]}
		if len(p.Basis) > 0 && w.Needed(id, p.Basis) {
			var warm bool
			if p.Actor, warm = s.Remembered(id, p.Basis); !warm {
				cold = append(cold, id)
			}
		}
		found.Of[id] = p
	}
	if len(cold) == 0 {
		return found, nil
	}
	if err := s.prepareRoles(ctx, cold, bases); err != nil {
		return found, err
	}
	users, err := s.accountsOf(ctx, cold, bases, w.Rows)
	if err != nil {
		return found, err
	}
	for _, id := range cold {
		user, there := users[id]
		if !there {
			return found, errUnsteady // it has a basis but no row, so this is not a snapshot
		}
		grants, err := s.grants(ctx, id, bases[id])
		if err != nil {
			return found, err
		}
		p := Person{bases[id], &org.Actor{User: user, Grants: grants, Catalog: s.Catalog(), Basis: bases[id], Key: bases[id].Key(id)}}
		s.learnSubject(id, p.Actor)
		found.Of[id] = p
	}
	return found, nil
}

// bases reads what decides about accounts and, under the zero id, the states of the site and the place.
func (s Reader) bases(ctx context.Context, w *Wanted) (map[uuid.UUID]org.Basis, error) {
	bases := make(map[uuid.UUID]org.Basis, len(w.IDs))
	pieces := slices.Collect(slices.Chunk(w.IDs, maxAtOnce))
	for _, piece := range append(pieces, nil)[:max(1, len(pieces))] {
		rows, err := s.Q.ListCallers(ctx, db.ListCallersParams{Place: w.Place, UserIds: piece})
		if err != nil {
			return nil, err
		}
		rows, err = HeldNow(ctx, s, rows, func(r *db.ListCallersRow) Stored {
			if r.UserID == uuid.Nil { // of the place: no one holds it, and its end is not that of a membership
				return Stored{}
			}
			return Stored{Place: r.OrganizationID, User: r.UserID, Roles: &r.Roles, NextEnd: r.EndsAt}
		})
		if err != nil {
			return nil, err
		}
		bases[uuid.Nil] = nil
		for _, r := range rows {
			bases[r.UserID] = append(bases[r.UserID], db.ListCallerRow{
				OrganizationID: r.OrganizationID, Roles: r.Roles, Version: r.Version, Value: r.Value, RoleState: r.RoleState, Catalog: r.Catalog,
				EndsAt: r.EndsAt, ScopeEnd: r.ScopeEnd,
			})
			if s.states != nil {
				s.states[r.OrganizationID] = r.RoleState
			}
		}
	}
	return bases, nil
}

// prepareRoles makes sure that the roles of all organizations of these accounts are known.
func (s Reader) prepareRoles(ctx context.Context, ids []uuid.UUID, bases map[uuid.UUID]org.Basis) error {
	if s.Sets == nil || s.states == nil {
		return nil // not a snapshot: each is read until it no longer changes
	}
	asked := map[uuid.UUID]bool{}
	var missing []uuid.NullUUID
	for _, id := range ids {
		for _, h := range bases[id] {
			place := h.OrganizationID
			if asked[place] || place == uuid.Nil || s.Sets[place] != nil { // the site's were needed for the caller's own rights
				continue
			}
			asked[place] = true
			if set, ok := s.Memory.roleSets.recall(place, h.RoleState, s.Catalog().Version()); ok {
				s.Sets[place] = set
			} else {
				missing = append(missing, NullID(place))
			}
		}
	}
	for piece := range slices.Chunk(missing, maxAtOnce) {
		rows, err := s.Q.ListRolesOfMany(ctx, piece)
		if err != nil {
			return err
		}
		if err := s.rolesOfMany(ctx, piece, rows); err != nil {
			return err
		}
	}
	return nil
}

// rolesOfMany builds the role sets of some organizations from the rows of all of them.
func (s Reader) rolesOfMany(ctx context.Context, places []uuid.NullUUID, rows []db.ListRolesOfManyRow) error {
	roles := map[uuid.UUID][]db.Role{}
	perms := map[uuid.UUID][]db.RolePermission{}
	for i := range rows {
		r := &rows[i]
		place := r.Role.OrganizationID.UUID
		if list := roles[place]; len(list) == 0 || list[len(list)-1].ID != r.Role.ID {
			roles[place] = append(list, r.Role)
		}
		if r.Level.Valid {
			perms[r.Role.ID] = append(perms[r.Role.ID], db.RolePermission{
				RoleID: r.Role.ID, Level: r.Level.String, ResourceType: r.ResourceType.String, Action: r.Action.String, Negate: r.Negate.Bool,
			})
		}
	}
	for _, place := range places {
		set, err := s.newRoleSet(ctx, place.UUID, roles[place.UUID], perms)
		if err != nil {
			return err
		}
		s.Sets[place.UUID] = set
		s.learnRoles(place.UUID, s.states[place.UUID], set)
	}
	return nil
}

// accountsOf returns accounts with these bases. Usually only roles of an organization have changed, and the account has not.
func (s Reader) accountsOf(ctx context.Context, ids []uuid.UUID, bases map[uuid.UUID]org.Basis, rows map[uuid.UUID]db.UserRow) (map[uuid.UUID]org.User, error) {
	users := make(map[uuid.UUID]org.User, len(ids))
	var unread []uuid.UUID
	keep := func(row db.UserRow) (err error) {
		users[row.ID], err = s.userOn(ctx, row, bases[row.ID])
		return err
	}
	for _, id := range ids {
		known, ok := s.Memory.Subjects.Recall(id)
		row, read := rows[id]
		switch {
		case ok && known.Basis.SameAccount(bases[id]):
			users[id] = known.User
		case read && !due(row.NextEnd, s.When) && row.Version == bases[id][0].Version && sameOrganizations(&row, bases[id]):
			if err := keep(row); err != nil {
				return nil, err
			}
		default:
			unread = append(unread, id)
		}
	}
	for piece := range slices.Chunk(unread, maxAtOnce) {
		read, err := s.Q.ListUsersByID(ctx, piece)
		if err != nil {
			return nil, err
		}
		if _, err := HeldNow(ctx, s, read, UserStored); err != nil {
			return nil, err
		}
		for _, row := range read {
			if err := keep(row); err != nil {
				return nil, err
			}
		}
	}
	return users, nil
}

// sameOrganizations reports whether a row and a basis name the same organizations: they may be from two moments.
func sameOrganizations(row *db.UserRow, b org.Basis) bool {
	ids := strings.Fields(row.OrganizationIds)
	for _, id := range ids {
		parsed, err := uuid.Parse(id)
		if _, there := b.Of(parsed); err != nil || !there {
			return false
		}
	}
	return len(ids) == len(b)-1
}
