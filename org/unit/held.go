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

// What is held at a moment (docs/spec/records.md). Rows contain a list of names, and the time at which the next record behind it
// ends. Until then the list is what is held; from then on, until the record is swept, the records are read.

// Stored points to where a row that was read has what someone holds.
type Stored struct {
	Place, User uuid.UUID // Place: uuid.Nil of a row of an account
	Roles       *string   // in the place; of an account: on the site
	NextEnd     sql.NullTime
	SiteRoles   *string // of a member; nil if the row does not have them
	SiteNextEnd sql.NullTime
	Next        *sql.NullTime // where the row has NextEnd, to be set to the first end ahead; nil if no one needs it
}

// due reports whether a record has ended that a row still counts.
func due(next sql.NullTime, now time.Time) bool { return next.Valid && !next.Time.After(now) }

// HeldNow makes rows say what is held at the moment of the unit, s.When, exact to the microsecond, whether ended records
// have been swept or not. It returns the rows without members whose membership has ended. rows itself keeps its length
// and order, so positions of pages stay valid. If nothing has ended it costs nothing, else two statements for all of them.
// of says where a row has what.
func HeldNow[T any](ctx context.Context, s Reader, rows []T, of func(*T) Stored) (here []T, err error) {
	var members, accounts []uuid.UUID
	first, last := uuid.Max, uuid.Nil
	for i := range rows {
		st := of(&rows[i])
		switch {
		case !due(st.NextEnd, s.When):
		case st.Place == uuid.Nil:
			accounts = append(accounts, st.User)
		default:
			members = append(members, st.User)
			first, last = earlier(first, st.Place), later(last, st.Place)
		}
		if st.SiteRoles != nil && due(st.SiteNextEnd, s.When) {
			accounts = append(accounts, st.User)
		}
	}
	if len(members)+len(accounts) == 0 {
		return rows, nil
	}
	held, err := s.standings(ctx, first, last, members, accounts)
	if err != nil {
		return nil, err
	}
	here = make([]T, 0, len(rows))
	for i := range rows {
		st := of(&rows[i])
		if st.SiteRoles != nil && due(st.SiteNextEnd, s.When) {
			*st.SiteRoles = held[standing{uuid.Nil, st.User}].roles
		}
		if due(st.NextEnd, s.When) {
			is := held[standing{st.Place, st.User}]
			if st.Next != nil {
				*st.Next = is.next
			}
			if *st.Roles = is.roles; st.Place != uuid.Nil && !is.member {
				*st.Roles = ""
				continue
			}
		}
		here = append(here, rows[i])
	}
	return here, nil
}

func earlier(a, b uuid.UUID) uuid.UUID {
	if string(a[:]) < string(b[:]) {
		return a
	}
	return b
}

func later(a, b uuid.UUID) uuid.UUID {
	if string(a[:]) > string(b[:]) {
		return a
	}
	return b
}

// standing names what an account holds in a place.
type standing struct{ place, user uuid.UUID }

// stands says what an account holds in a place at a moment.
type stands struct {
	member bool
	roles  string // names with a space between, sorted
	next   sql.NullTime
}

// standings reads the records of members in the organizations between two ids, and those of accounts on the site.
func (s Reader) standings(ctx context.Context, first, last uuid.UUID, members, accounts []uuid.UUID) (map[standing]stands, error) {
	held := map[standing]stands{}
	add := func(place, user uuid.UUID, role string, ends sql.NullTime) {
		if due(ends, s.When) {
			return
		}
		at := standing{place, user}
		is := held[at]
		if role == org.RoleOrganizationUser && place != uuid.Nil {
			is.member = true
		} else {
			is.roles = withName(is.roles, role)
		}
		if ends.Valid && (!is.next.Valid || ends.Time.Before(is.next.Time)) {
			is.next = ends
		}
		held[at] = is
	}
	for piece := range slices.Chunk(members, maxAtOnce) {
		rows, err := s.Q.ListRecordsOf(ctx, db.ListRecordsOfParams{FirstID: first, LastID: last, UserIds: piece})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			add(r.OrganizationID, r.UserID, r.Role, r.EndsAt)
		}
	}
	for piece := range slices.Chunk(accounts, maxAtOnce) {
		rows, err := s.Q.ListSiteRecordsOf(ctx, piece)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			add(uuid.Nil, r.UserID, r.Role, r.EndsAt)
		}
	}
	for at, is := range held {
		is.roles = SortNames(is.roles)
		held[at] = is
	}
	return held, nil
}

// heldBasis makes a basis say what is held at the moment of the unit.
func (s Reader) heldBasis(ctx context.Context, user uuid.UUID, b org.Basis) (org.Basis, error) {
	return HeldNow(ctx, s, b, func(r *db.ListCallerRow) Stored {
		return Stored{Place: r.OrganizationID, User: user, Roles: &r.Roles, NextEnd: r.EndsAt}
	})
}

// heldMember returns a stored membership as it is at the moment of the unit. Not found: it has ended.
func (s Reader) heldMember(ctx context.Context, row db.MemberRow, err error) (db.MemberRow, error) {
	if err != nil {
		return row, err
	}
	rows, err := HeldNow(ctx, s, []db.MemberRow{row}, MemberStored)
	if err != nil {
		return row, err
	}
	if len(rows) == 0 {
		return row, sql.ErrNoRows
	}
	return rows[0], nil
}

// heldAccount returns a stored account as it is at the moment of the unit.
func (s Reader) heldAccount(ctx context.Context, row db.UserRow, err error) (db.UserRow, error) {
	if err != nil || !due(row.NextEnd, s.When) {
		return row, err
	}
	rows, err := HeldNow(ctx, s, []db.UserRow{row}, UserStored)
	if err != nil {
		return row, err
	}
	return rows[0], nil
}

// MemberStored points to what is held in a row of a member, for [HeldNow].
func MemberStored(r *db.MemberRow) Stored {
	return Stored{Place: r.OrganizationID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd, Next: &r.NextEnd}
}

// UserStored points to what is held in a row of an account, for [HeldNow]. The row may name organizations
// in which the membership has just ended.
func UserStored(r *db.UserRow) Stored {
	return Stored{User: r.ID, Roles: &r.Roles, NextEnd: r.NextEnd, Next: &r.NextEnd}
}

// Memberships returns the organizations that an account belongs to at the moment of the unit, and what it holds there.
func (s Reader) Memberships(ctx context.Context, user uuid.UUID) ([]db.ListMembershipsRow, error) {
	rows, err := s.Q.ListMemberships(ctx, user)
	if err != nil {
		return nil, err
	}
	return HeldNow(ctx, s, rows, func(r *db.ListMembershipsRow) Stored {
		return Stored{Place: r.OrganizationID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd}
	})
}

// BelongsElsewhere reports whether an account is a member of another organization than one at the moment of the unit.
func (s Reader) BelongsElsewhere(ctx context.Context, user, organization uuid.UUID) (bool, error) {
	homes, err := s.Memberships(ctx, user)
	return slices.ContainsFunc(homes, func(h db.ListMembershipsRow) bool { return h.OrganizationID != organization }), err
}

// MembershipsOf is Memberships for several accounts at once; those of one account are consecutive.
func (s Reader) MembershipsOf(ctx context.Context, users []uuid.UUID) ([]db.ListMembershipsOfUsersRow, error) {
	rows, err := s.Q.ListMembershipsOfUsers(ctx, users)
	if err != nil {
		return nil, err
	}
	return HeldNow(ctx, s, rows, func(r *db.ListMembershipsOfUsersRow) Stored {
		return Stored{Place: r.OrganizationID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd}
	})
}

// userOn returns an account with the organizations of its basis: a row may name one in which the membership has ended.
func (s Reader) userOn(ctx context.Context, row db.UserRow, b org.Basis) (org.User, error) {
	if len(strings.Fields(row.OrganizationIds)) != len(b)-1 {
		ids := slices.DeleteFunc(strings.Fields(row.OrganizationIds), func(id string) bool {
			parsed, err := uuid.Parse(id)
			_, there := b.Of(parsed)
			return err != nil || !there
		})
		row.OrganizationIds = strings.Join(ids, " ")
	}
	return s.User(ctx, row)
}
