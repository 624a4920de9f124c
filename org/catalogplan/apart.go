package catalogplan

import (
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org/unit"
)

// apart is the people who are examined one by one: because a role that they hold in one organization counts outside it too,
// or because a record of theirs has ended and was not swept yet. The groups that the database counts know only what is stored
// in one place, so they would give these people the wrong effect: each group is counted without them.
type apart struct {
	places  map[place]bool  // where they have been shown already
	counted map[group]int64 // how many of them the database counts in a group
	carried map[string]bool // built-in roles that count outside their organization too
	due     map[uuid.UUID]bool
}

func newApart() *apart {
	return &apart{places: map[place]bool{}, counted: map[group]int64{}, carried: map[string]bool{}, due: map[uuid.UUID]bool{}}
}

// eachApart shows the people who are examined one by one: each of their memberships with what the others add, and the
// account with what all of them add. It must come before the groups, which are counted without them.
func (s *survey) eachApart(ctx context.Context, c *concern, v visitor) error {
	ids, err := s.findApart(ctx)
	if err != nil {
		return err
	}
	for piece := range slices.Chunk(unit.SortedIDs(ids), unit.ChunkSize) {
		people, err := s.readApart(ctx, piece)
		if err != nil {
			return err
		}
		for i := range people {
			s.showApart(c, v, &people[i])
		}
		if err := v.leave(ctx, uuid.Nil, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}

// findApart finds out who is examined alone.
func (s *survey) findApart(ctx context.Context) (ids map[uuid.UUID]bool, err error) {
	ids = map[uuid.UUID]bool{}
	for _, r := range s.builtIn {
		// Every member has the implied role, so it is no reason to single anybody out: see belonging.
		if r.out == 0 || r.either().SiteScope || r.name == s.After.ImpliedOrganization().Name {
			continue
		}
		s.apart.carried[r.name] = true
		// People whose role has ended are examined alone too, so these are read as stored, with a time before any end.
		holders, err := s.q.ListAllHoldersElsewhere(ctx, db.ListAllHoldersElsewhereParams{
			Role: r.name, OrganizationID: uuid.Nil, Now: sql.NullTime{Valid: true},
		})
		if err != nil {
			return nil, err
		}
		for _, id := range holders {
			ids[id] = true
		}
	}
	due, err := s.q.ListDuePeople(ctx, db.ListDuePeopleParams{Now: unit.NullTime(s.Now), MaxRows: math.MaxInt64})
	for _, id := range due {
		ids[id], s.apart.due[id] = true, true
	}
	return ids, err
}

// single is a person who is examined alone: memberships as stored, and those that count with what is held now.
type single struct {
	stored, held []db.ListHoldingsOfRow
	account      *[2]db.UserRow // stored and held, of those with a record that has ended
}

// readApart reads some of them, each with all memberships.
func (s *survey) readApart(ctx context.Context, ids []uuid.UUID) ([]single, error) {
	now := unit.Reader{Q: s.q, When: s.Now}
	held, err := s.q.ListHoldingsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	stored := slices.Clone(held)
	held, err = unit.HeldNow(ctx, now, held, func(r *db.ListHoldingsOfRow) unit.Stored {
		return unit.Stored{Place: r.OrganizationID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd}
	})
	if err != nil {
		return nil, err
	}
	of := make(map[uuid.UUID]*single, len(ids))
	people := make([]single, len(ids))
	for i, id := range ids {
		of[id] = &people[i]
	}
	for _, r := range stored {
		of[r.UserID].stored = append(of[r.UserID].stored, r)
	}
	for _, r := range held {
		of[r.UserID].held = append(of[r.UserID].held, r)
	}
	due := slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return !s.apart.due[id] })
	if len(due) == 0 {
		return people, nil
	}
	accounts, err := s.q.ListUsersByID(ctx, due)
	if err != nil {
		return nil, err
	}
	was := slices.Clone(accounts)
	if _, err := unit.HeldNow(ctx, now, accounts, unit.UserStored); err != nil {
		return nil, err
	}
	for i := range accounts {
		of[accounts[i].ID].account = &[2]db.UserRow{was[i], accounts[i]}
	}
	return people, nil
}

// showApart shows one person, through all memberships.
func (s *survey) showApart(c *concern, v visitor, p *single) {
	brings := make([]map[string]bool, len(p.held))
	for i := range p.held {
		brings[i] = map[string]bool{}
		for name := range strings.FieldsSeq(p.held[i].Roles) {
			if s.apart.carried[name] {
				brings[i][name] = true
			}
		}
	}
	// A membership's own roles count there in full, so they are left out of what comes from elsewhere.
	but := func(without int) string {
		all := map[string]bool{}
		for i := range brings {
			if i != without {
				maps.Copy(all, brings[i])
			}
		}
		return strings.Join(slices.Sorted(maps.Keys(all)), " ")
	}
	for i := range p.held {
		g := memberGroup(&p.held[i])
		if g.elsewhere = but(i); g.elsewhere != "" || p.account != nil && c.here(s, &g) {
			s.alone(v, g)
		}
	}
	for i := range p.stored {
		r := &p.stored[i]
		if g := memberGroup(r); p.account != nil || s.apart.places[place{org: g.org, key: g.key}] {
			s.countApart(g)
		}
	}
	s.showAccount(c, v, p, but(-1))
}

// showAccount shows the account of a person who is examined alone.
func (s *survey) showAccount(c *concern, v visitor, p *single, elsewhere string) {
	if p.account == nil {
		if elsewhere != "" {
			r := &p.held[0]
			g := group{account: true, siteRoles: r.SiteRoles, elsewhere: elsewhere, belongs: s.belonging(), status: r.Status, key: r.UsernameKey}
			s.alone(v, g)
			s.countApart(g)
		}
		return
	}
	stored, held := &p.account[0], &p.account[1]
	g := group{account: true, siteRoles: held.Roles, elsewhere: elsewhere, belongs: s.belonging() && len(p.held) > 0, status: held.Status, key: held.UsernameKey}
	if elsewhere != "" || c.accounts || c.onSite(&g) {
		s.alone(v, g)
	}
	g.siteRoles, g.belongs = stored.Roles, s.belonging() && len(p.stored) > 0
	s.countApart(g)
}

// memberGroup returns a membership that is examined alone.
func memberGroup(r *db.ListHoldingsOfRow) group {
	return group{org: r.OrganizationID, roles: r.Roles, siteRoles: r.SiteRoles, status: r.Status, key: r.UsernameKey}
}

// alone shows a person by what is held.
func (s *survey) alone(v visitor, g group) {
	s.apart.places[place{g.org, g.account, g.key}] = true
	g.members = 1
	s.show(v, &g)
}

// countApart records that the group in which a person is stored is counted without them, and not shown twice.
func (s *survey) countApart(g group) {
	s.apart.places[place{g.org, g.account, g.key}] = true
	s.apart.counted[g.alike()]++
}

// here reports whether members of an organization with this holding are examined.
func (c *concern) here(s *survey, g *group) bool {
	if c.everywhere || c.holders > s.limits.few && (len(c.site) > 0 || c.in[g.org] != nil) {
		return true
	}
	for name := range strings.FieldsSeq(g.roles) {
		if c.in[g.org][name] > 0 {
			return true
		}
	}
	return c.onSite(g)
}

// onSite reports whether a person holds a role of the site that changes.
func (c *concern) onSite(g *group) bool {
	for name := range strings.FieldsSeq(g.siteRoles) {
		if slices.Contains(c.site, name) {
			return true
		}
	}
	return false
}
