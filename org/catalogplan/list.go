package catalogplan

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Each calls role for every custom role that the change touches, and then person for everybody who gains or loses something,
// unless suspended: once for each organization, and once for the site. It returns how often it called person, which may be more
// than there are people. People who hold the same share their gains and losses, which must not be changed. It stops at the first
// error of role or person and returns it, wrapped.
func Each(ctx context.Context, q db.Reads, c Change, role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (n int64, err error) {
	defer org.Wrap(&err, "list people of catalog %d", c.To)
	s, p, err := overview(ctx, q, c)
	if err != nil {
		return 0, err
	}
	for i := range p.Roles {
		if err := role(&p.Roles[i]); err != nil {
			return 0, err
		}
	}
	l := &lister{s: s, give: person}
	l.begin()
	err = s.everybody(ctx, l)
	return l.given, err
}

// lister lists the people of the groups that it has met when it leaves a range, so it never holds more than one range. A
// group says how many people are in it but not who, so they are read only then, if they gain or lose anything.
type lister struct {
	s     *survey
	give  func(*org.CatalogPerson) error
	given int64

	last     uuid.UUID // the organization that somebody was given in last, and its name
	lastName string

	groups   []group
	effects  map[group]*effect // of groups, and of people found alone
	alone    map[place]*effect
	met, may int64 // members of all groups, and of those that gain or lose
}

func (l *lister) begin() {
	l.groups, l.met, l.may = nil, 0, 0
	l.effects, l.alone = map[group]*effect{}, map[place]*effect{}
}

func (l *lister) meet(g *group, e *effect) {
	l.met += g.members
	switch {
	case e.none() || org.Status(g.status) == org.StatusSuspended:
	case g.key != "":
		l.alone[place{g.org, g.account, g.key}] = e
	default:
		l.may += g.members
		l.groups = append(l.groups, *g)
		l.effects[g.alike()] = e
	}
}

// Reading a whole range costs less than asking for each group, unless few of the range are asked for.
const (
	worthWalking = 8     // a range is read if more than one in so many of its members gains or loses something
	manyGroups   = 1_000 // or if more groups than this would have to be asked for
)

func (l *lister) leave(ctx context.Context, first, last uuid.UUID) error {
	defer l.begin()
	if err := l.people(ctx); err != nil || len(l.groups) == 0 {
		return err
	}
	switch {
	case l.groups[0].account:
		return l.walkAccounts(ctx)
	case l.may > l.met/worthWalking || len(l.groups) > manyGroups:
		return l.walkMembers(ctx, first, last)
	}
	for i := range l.groups {
		if err := l.group(ctx, &l.groups[i]); err != nil {
			return err
		}
	}
	return nil
}

// tell lists one person.
func (l *lister) tell(ctx context.Context, in uuid.UUID, username, name string, e *effect) error {
	if in != l.last { // people come by organization
		organization, err := l.s.nameOf(ctx, in)
		if err != nil {
			return err
		}
		l.last, l.lastName = in, organization
	}
	l.given++
	return l.give(&org.CatalogPerson{Organization: l.lastName, Username: username, Name: name, Gains: e.gains, Losses: e.losses})
}

// people lists those who were examined alone, by place.
func (l *lister) people(ctx context.Context) error {
	type home struct {
		org     uuid.UUID
		account bool
	}
	keys := map[home][]string{}
	for at := range l.alone {
		keys[home{at.org, at.account}] = append(keys[home{at.org, at.account}], at.key)
	}
	homes := slices.SortedFunc(maps.Keys(keys), func(a, b home) int { return bytes.Compare(a.org[:], b.org[:]) })
	for _, at := range homes {
		list := keys[at]
		slices.Sort(list)
		for piece := range slices.Chunk(list, unit.ChunkSize) {
			people, err := l.s.byKeys(ctx, at.org, at.account, piece)
			if err != nil {
				return err
			}
			for _, p := range people {
				if err := l.tell(ctx, at.org, p.username, p.name, l.alone[place{at.org, at.account, p.key}]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// group lists the people of one group.
func (l *lister) group(ctx context.Context, g *group) error {
	for key := ""; ; {
		people, err := l.s.after(ctx, g, key, unit.WalkPiece)
		if err != nil {
			return err
		}
		for _, p := range people {
			if l.s.apart.places[place{org: g.org, key: p.key}] {
				continue
			}
			if err := l.tell(ctx, g.org, p.username, p.name, l.effects[g.alike()]); err != nil {
				return err
			}
		}
		if len(people) < unit.WalkPiece {
			return nil
		}
		key = people[len(people)-1].key
	}
}

// walkMembers lists the people of all groups of a range, by organization and username. Several organizations are read at
// once: together they are no longer than a range may be. A single one may be longer, and is read in batches.
func (l *lister) walkMembers(ctx context.Context, first, last uuid.UUID) error {
	if first != last {
		rows, err := l.s.q.WalkMembers(ctx, db.WalkMembersParams{FirstID: first, LastID: last})
		for i := 0; i < len(rows) && err == nil; i++ {
			err = l.member(ctx, &rows[i])
		}
		return err
	}
	p := db.WalkOrganizationParams{OrganizationID: first, MaxRows: unit.WalkPiece}
	for {
		rows, err := l.s.q.WalkOrganization(ctx, p)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := l.member(ctx, (*db.WalkMembersRow)(&rows[i])); err != nil {
				return err
			}
		}
		if len(rows) < unit.WalkPiece {
			return nil
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}

// member lists one member, if the group gains or loses anything and the person was not listed alone.
func (l *lister) member(ctx context.Context, r *db.WalkMembersRow) error {
	e := l.effects[group{org: r.OrganizationID, roles: r.Roles, siteRoles: r.SiteRoles, status: r.Status}]
	if e == nil || l.s.apart.places[place{org: r.OrganizationID, key: r.UsernameKey}] {
		return nil
	}
	return l.tell(ctx, r.OrganizationID, r.Username, r.Name, e)
}

// walkAccounts lists the accounts of all groups, by username.
func (l *lister) walkAccounts(ctx context.Context) error {
	p := db.WalkAccountsParams{MaxRows: unit.WalkPiece, Belonging: l.s.belonging()}
	for {
		rows, err := l.s.q.WalkAccounts(ctx, p)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			e := l.effects[group{account: true, siteRoles: r.Roles, belongs: r.Belongs, status: r.Status}]
			if e == nil || l.s.apart.places[place{account: true, key: r.UsernameKey}] {
				continue
			}
			if err := l.tell(ctx, uuid.Nil, r.Username, r.Name, e); err != nil {
				return err
			}
		}
		if len(rows) < unit.WalkPiece {
			return nil
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}
