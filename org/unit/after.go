package unit

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Guards, dry runs, and the check that ends what others made for an account ask what would be true after a change. A plan
// announces its changes one by one, and then reads the same snapshot with those changes laid over it.

// overlay holds what a plan would change about the roles and about who holds them.
type overlay struct {
	place   uuid.UUID              // the organization that it is about, uuid.Nil for the site
	roles   map[uuid.UUID]*RoleSet // as they would be, by organization
	role    org.RoleChange         // the one of them that changes
	held    map[uuid.UUID][]held   // what accounts would hold
	holders []org.HolderChange     // the same, in the order in which it was decided
	away    map[uuid.UUID]bool     // accounts that would be suspended or deleted
	back    []uuid.UUID            // accounts that would be activated
	lapsed  map[standing]bool      // memberships that have ended and are still stored
	made    map[uuid.UUID]db.UserRow
}

// held is what an account would hold in a place, if anything.
type held struct {
	place  uuid.UUID // an organization, uuid.Nil for the site
	roles  string
	member bool
}

func newOverlay() *overlay {
	return &overlay{
		roles: map[uuid.UUID]*RoleSet{}, held: map[uuid.UUID][]held{}, away: map[uuid.UUID]bool{}, made: map[uuid.UUID]db.UserRow{},
		lapsed: map[standing]bool{},
	}
}

// rolesOf returns the roles of an organization as they would be; ok is false if they stay as they are.
func (o *overlay) rolesOf(orgID uuid.UUID) (set *RoleSet, ok bool) {
	if o != nil {
		set, ok = o.roles[orgID]
	}
	return set, ok
}

// changed returns what an account would hold in a place; ok is false if that stays as it is.
func (o *overlay) changed(place, user uuid.UUID) (h held, ok bool) {
	if o == nil {
		return h, false
	}
	i := slices.IndexFunc(o.held[user], func(h held) bool { return h.place == place })
	if i < 0 {
		return h, false
	}
	return o.held[user][i], true
}

// gone reports whether an account would be suspended or deleted.
func (o *overlay) gone(user uuid.UUID) bool { return o != nil && o.away[user] }

// ends reports whether an account would keep or gain a role, or its membership, only until some moment.
func (o *overlay) ends(place, user uuid.UUID, role string) bool {
	return o != nil && slices.ContainsFunc(o.holders, func(h org.HolderChange) bool {
		return h.Place == place && h.User == user && (h.Ends(role) || h.Ends(org.RoleOrganizationUser))
	})
}

// spares reports whether what an account may do stays as it is.
func (o *overlay) spares(user uuid.UUID) bool {
	if o == nil {
		return true
	}
	_, isNew := o.made[user]
	return !isNew && len(o.roles) == 0 && len(o.held[user]) == 0
}

// WillHold announces what an account would hold in a place, for guards, dry runs, and the check that ends what others made.
func (a *Attempt) WillHold(h org.HolderChange) {
	o := a.change
	o.place = h.Place
	o.held[h.User] = append(o.held[h.User], held{h.Place, strings.Join(h.After, " "), !h.Leaves}) // once for each place
	o.holders = append(o.holders, h)
	if !h.Leaves {
		a.Widens(h.User)
	}
}

// WillStore announces what would become of a role of a set.
func (a *Attempt) WillStore(set *RoleSet, r org.RoleChange) {
	after := &r.After
	if r.Deletes() {
		after = nil
	}
	a.change.place, a.change.role = set.Org, r
	a.change.roles[set.Org] = a.rewritten(set, cmp.Or(r.Before.Name, r.After.Name), after)
}

// WillEnd announces that an account would be suspended or deleted.
func (a *Attempt) WillEnd(user uuid.UUID) { a.change.away[user] = true }

// WillReturn announces that an account would be activated, so that what it holds counts again.
func (a *Attempt) WillReturn(user uuid.UUID) {
	a.change.back = append(a.change.back, user)
	a.Widens(user)
}

// WontEnd takes back what WillEnd announced, for an account that a rule protects while others end. What was found without
// that account is looked up again.
func (a *Attempt) WontEnd(user uuid.UUID) {
	delete(a.change.away, user)
	a.admins, a.managers = nil, bothManagers{}
}

// WillMake announces that an account would be created. passwordBy is who chose its password.
func (a *Attempt) WillMake(row db.UserRow, passwordBy uuid.NullUUID) {
	a.change.made[row.ID] = row
	a.opens = append(a.opens, &opened{ListOpenedRow: db.ListOpenedRow{ID: row.ID, Username: row.Username, PasswordBy: passwordBy}})
	a.Widens(row.ID)
}

// After returns the same snapshot as it would be after everything decided so far.
func (a *Attempt) After() Reader {
	after := a.Reader
	after.over = a.change
	if len(a.change.roles) > 0 { // those that were read are not the same
		after.Sets = nil
	}
	return after
}

// IsMember reports whether an account is a member of an organization after everything decided so far.
func (a *Attempt) IsMember(ctx context.Context, orgID, user uuid.UUID) (bool, error) {
	if h, ok := a.change.changed(orgID, user); ok {
		return h.member, nil
	}
	stored, err := a.Q.GetMember(ctx, db.GetMemberParams{OrganizationID: orgID, UserID: user})
	if db.IsNotFound(err) {
		return false, nil
	}
	_, err = a.heldMember(ctx, stored, err)
	if db.IsNotFound(err) { // an ended membership must be deleted before there can be a new one
		a.change.lapsed[standing{orgID, user}] = true
		return false, nil
	}
	return err == nil, err
}

// basis lays the change over what decides about an account. good: over what it holds for good.
func (o *overlay) basis(user uuid.UUID, b org.Basis, good bool) org.Basis {
	if o == nil {
		return b
	}
	b = slices.Clone(b)
	if _, ok := o.made[user]; ok && len(b) == 0 {
		b = org.Basis{{Version: 1}}
	}
	for _, h := range o.held[user] {
		i := slices.IndexFunc(b, func(r db.ListCallerRow) bool { return r.OrganizationID == h.place })
		if good {
			had := ""
			if i >= 0 {
				had = b[i].Roles
			}
			h = o.lasting(h, user, had, i >= 0)
		}
		switch {
		case i < 0 && h.member:
			b = append(b, db.ListCallerRow{OrganizationID: h.place, Roles: h.roles})
		case i >= 0 && h.member:
			b[i].Roles = h.roles
		case i >= 0:
			b = slices.Delete(b, i, i+1)
		}
	}
	slices.SortFunc(b, func(x, y db.ListCallerRow) int {
		return strings.Compare(string(x.OrganizationID[:]), string(y.OrganizationID[:]))
	})
	return b
}

// account lays the change over a stored account.
func (o *overlay) account(row db.UserRow) db.UserRow {
	if h, ok := o.changed(uuid.Nil, row.ID); ok {
		row.Roles = h.roles
	}
	if o == nil {
		return row
	}
	homes := map[string]bool{}
	for _, id := range strings.Fields(row.OrganizationIds) {
		homes[id] = true
	}
	for _, h := range o.held[row.ID] {
		if h.place != uuid.Nil {
			homes[h.place.String()] = h.member
		}
	}
	maps.DeleteFunc(homes, func(_ string, member bool) bool { return !member })
	row.OrganizationIds = strings.Join(slices.Sorted(maps.Keys(homes)), " ")
	return row
}

// userRow returns an account as it would be.
func (s Reader) userRow(ctx context.Context, id uuid.UUID) (db.UserRow, error) {
	if s.over != nil {
		if row, ok := s.over.made[id]; ok {
			return s.over.account(row), nil
		}
	}
	row, err := s.Q.GetUser(ctx, id)
	row, err = s.heldAccount(ctx, row, err)
	return s.over.account(row), err
}
