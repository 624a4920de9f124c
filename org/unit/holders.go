package unit

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// search looks for active people who can sign in and who count for something after a change. It keeps those it found for the
// next question: a bulk action asks about one member after another.
type search struct {
	src       Reader
	over      *overlay
	org       uuid.UUID
	endless   string       // a role that must be held without an end, if one must
	good      bool         // people count by what they hold for good
	left      []candidates // not looked at yet
	rows      int64        // how many the next look reads
	elsewhere func(context.Context, []holder) error
	counts    func(context.Context, Holding) (bool, error)
	found     []holder
}

// candidates returns people in batches; an empty one means that there are no more.
type candidates func(ctx context.Context, maxRows int64) ([]holder, error)

// holdersNow returns those of some rows who hold a role of an organization at the moment of the unit.
func (s Reader) holdersNow(ctx context.Context, orgID uuid.UUID, role string, rows []db.ListHoldersOfRoleRow) (list []holder, err error) {
	here, err := HeldNow(ctx, s, rows, holderStored(orgID))
	for _, r := range here {
		if slices.Contains(strings.Fields(r.Roles), role) {
			list = append(list, holderOf(r.UserID, r.Roles, r.SiteRoles))
		}
	}
	return list, err
}

func holderStored(orgID uuid.UUID) func(*db.ListHoldersOfRoleRow) Stored {
	return func(r *db.ListHoldersOfRoleRow) Stored {
		return Stored{Place: orgID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd}
	}
}

// activeHolders returns those who hold a role of an organization, from the last username to the first: a bulk action goes
// the other way, and so seldom changes someone whom a search has just found.
// endless: only those who hold it, and belong to the organization, without an end.
func (s Reader) activeHolders(orgID uuid.UUID, role string, endless bool) candidates {
	before := Everywhere.before
	return func(ctx context.Context, maxRows int64) (list []holder, err error) {
		for len(list) == 0 { // an empty batch would be the last
			rows, err := s.Q.ListActiveHolders(ctx, db.ListActiveHoldersParams{OrganizationID: orgID, Role: role, BeforeKey: before, Endless: endless, MaxRows: maxRows, Passwords: s.PasswordPolicy(), Providers: s.ProviderList()})
			if err != nil || len(rows) == 0 {
				return nil, err
			}
			before, maxRows = rows[len(rows)-1].UsernameKey, ChunkSize
			here, err := HeldNow(ctx, s, rows, func(r *db.ListActiveHoldersRow) Stored {
				return Stored{Place: orgID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd}
			})
			if err != nil {
				return nil, err
			}
			for i := range here { // someone who no longer holds it does not count
				r := &here[i]
				list = append(list, holderOf(r.UserID, r.Roles, r.SiteRoles).ending(r.NextEnd, r.SiteNextEnd))
			}
		}
		return list, nil
	}
}

// activeSiteHolders returns the members who hold a role of the site.
func (s Reader) activeSiteHolders(orgID uuid.UUID, role string) candidates {
	after := uuid.Nil
	return func(ctx context.Context, maxRows int64) (list []holder, err error) {
		for len(list) == 0 {
			rows, err := s.Q.ListActiveMembersOfSiteRole(ctx, db.ListActiveMembersOfSiteRoleParams{OrganizationID: orgID, Role: role, AfterUser: after, MaxRows: maxRows, Passwords: s.PasswordPolicy(), Providers: s.ProviderList()})
			if err != nil || len(rows) == 0 {
				return nil, err
			}
			after, maxRows = rows[len(rows)-1].UserID, ChunkSize
			here, err := HeldNow(ctx, s, rows, func(r *db.ListActiveMembersOfSiteRoleRow) Stored {
				return Stored{Place: orgID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd}
			})
			if err != nil {
				return nil, err
			}
			for i := range here {
				r := &here[i]
				list = append(list, holderOf(r.UserID, r.Roles, r.SiteRoles).ending(r.NextEnd, r.SiteNextEnd))
			}
		}
		return list, nil
	}
}

// holders looks for those who keep a role of an organization.
func (s Reader) holders(orgID uuid.UUID, role string) *search {
	return &search{
		src: s, over: s.over, org: orgID, endless: role, left: []candidates{s.activeHolders(orgID, role, true)},
		elsewhere: func(context.Context, []holder) error { return nil },
		counts: func(_ context.Context, h Holding) (bool, error) {
			return slices.Contains(strings.Fields(h.Roles), role), nil
		},
	}
}

// beside returns someone other than user who counts, nil if there is no one. Those who count only by the change itself are looked
// at last: most changes that make others stop counting give nothing.
func (s *search) beside(ctx context.Context, user uuid.UUID) (*holder, error) {
	for i := 0; ; {
		if i == len(s.found) {
			more, err := s.look(ctx)
			if err != nil {
				return nil, err
			}
			if !more {
				return s.gaining(ctx, user)
			}
			continue
		}
		h := s.found[i]
		counts, err := true, error(nil)
		if s.over.touches(h.id) {
			counts, err = s.countsAfter(ctx, h)
		}
		switch {
		case err != nil:
			return nil, err
		case !counts: // and never will again
			s.found = slices.Delete(s.found, i, i+1)
		case h.id != user:
			return &h, nil
		default:
			i++
		}
	}
}

// look finds more of them; false: there are no more.
func (s *search) look(ctx context.Context) (bool, error) {
	for len(s.left) > 0 {
		list, err := s.left[0](ctx, max(s.rows, 10)) // the first few nearly always have one
		if err != nil {
			return false, err
		}
		if len(list) == 0 {
			s.left, s.rows = s.left[1:], 0
			continue
		}
		s.rows = ChunkSize
		if err := s.elsewhere(ctx, list); err != nil {
			return false, err
		}
		before := len(s.found)
		for _, h := range list {
			counts, err := s.countsAfter(ctx, h)
			if err != nil {
				return false, err
			}
			if counts {
				s.found = append(s.found, h)
			}
		}
		if len(s.found) > before {
			return true, nil
		}
	}
	return false, nil
}

// gaining returns someone other than user who counts by the change: who takes over in an offboarding, or is a member or active
// again when one is taken back. It returns nil if there is no one.
func (s *search) gaining(ctx context.Context, user uuid.UUID) (*holder, error) {
	for _, c := range s.over.arriving(s.org) {
		if c.User == user {
			continue
		}
		h, may, err := s.arrives(ctx, c)
		if err != nil {
			return nil, err
		}
		if !may {
			continue
		}
		one := []holder{h}
		if err := s.elsewhere(ctx, one); err != nil {
			return nil, err
		}
		if counts, err := s.countsAfter(ctx, one[0]); err != nil || counts {
			return &one[0], err
		}
	}
	return nil, nil
}

// arriving returns the changes by which someone may begin to count in an organization. For an account that would be activated,
// and whose membership there does not change, such a change has only the id.
func (o *overlay) arriving(orgID uuid.UUID) (list []org.HolderChange) {
	if o == nil {
		return nil
	}
	for _, c := range o.holders {
		if c.Place == orgID && !c.Leaves && (c.Joins || len(c.Given()) > 0) {
			list = append(list, c)
		}
	}
	for _, id := range o.back {
		if _, changes := o.changed(orgID, id); !changes {
			list = append(list, org.HolderChange{Place: orgID, User: id})
		}
	}
	return list
}

// arrives returns someone of arriving as stored. may is false if they could not count: they are not active, cannot sign in, or
// what they hold has an end, which does not count for good.
func (s *search) arrives(ctx context.Context, c org.HolderChange) (h holder, may bool, err error) {
	var status, roles, siteRoles string
	var ends bool
	if c.Joins {
		row, err := s.src.Q.GetUser(ctx, c.User)
		if db.IsNotFound(err) { // the same change makes the account, so no one has signed in to it yet
			return h, false, nil
		}
		if err != nil {
			return h, false, err
		}
		status, siteRoles, ends = row.Status, row.Roles, row.NextEnd.Valid
	} else {
		row, err := s.src.MemberRow(ctx, s.org, c.User)
		if db.IsNotFound(err) {
			return h, false, nil
		}
		if err != nil {
			return h, false, err
		}
		status, roles, siteRoles, ends = row.Status, row.Roles, row.SiteRoles, row.NextEnd.Valid
	}
	if ends || org.Status(status) != org.StatusActive && !slices.Contains(s.over.back, c.User) {
		return h, false, nil
	}
	in, err := s.src.HasWayIn(ctx, c.User)
	return holderOf(c.User, roles, siteRoles), in, err
}

// countsAfter reports whether someone counts after the change.
func (s *search) countsAfter(ctx context.Context, h holder) (bool, error) {
	is, there := s.over.after(s.org, h, s.good)
	if !there || s.endless != "" && s.over.ends(s.org, h.id, s.endless) {
		return false, nil
	}
	return s.counts(ctx, is)
}

// touches reports whether what an account holds, or whether it may sign in, would change.
func (o *overlay) touches(user uuid.UUID) bool {
	return o != nil && (o.away[user] || len(o.held[user]) > 0)
}

// after returns what a member holds after the change, or for good if good is set; false if it is no longer a member, or may not
// sign in.
func (o *overlay) after(orgID uuid.UUID, h holder, good bool) (Holding, bool) {
	is := h.holding
	if o.gone(h.id) {
		return is, false
	}
	if c, ok := o.changed(orgID, h.id); ok {
		if good {
			c = o.lasting(c, h.id, is.Roles, true)
		}
		if !c.member {
			return is, false
		}
		is.Roles = SortNames(c.roles)
	}
	if c, ok := o.changed(uuid.Nil, h.id); ok {
		if good {
			c = o.lasting(c, h.id, is.SiteRoles, true)
		}
		is.SiteRoles = SortNames(c.roles)
	}
	return is, true
}
