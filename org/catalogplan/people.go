package catalogplan

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org/unit"
)

// group is people in one place who hold the same: members of an organization, or accounts on the site. There are far fewer
// groups than people, and one decision is right for a whole group, so the database counts them and people need not be read.
type group struct {
	org                         uuid.UUID
	account                     bool
	roles, siteRoles, elsewhere string // as they are stored
	status                      string
	members                     int64
	belongs                     bool   // of accounts: to some organization, as far as that counts
	key                         string // of one who was found alone, "" of a group
}

// alike returns the group that a person is counted in, unless counted alone.
func (g *group) alike() group {
	return group{org: g.org, account: g.account, roles: g.roles, siteRoles: g.siteRoles, belongs: g.belongs, status: g.status}
}

// place is one person's membership, or account. A person with several memberships is shown, and counted, in each.
type place struct {
	org     uuid.UUID
	account bool
	key     string
}

// visitor is shown everybody whom a change concerns, in groups.
type visitor interface {
	meet(g *group, e *effect)
	// leave follows the groups of a range of organizations, or of accounts for uuid.Nil, or some people examined alone.
	leave(ctx context.Context, first, last uuid.UUID) error
}

// concern is whom a change concerns.
type concern struct {
	everywhere bool                           // all members
	accounts   bool                           // and all accounts
	in         map[uuid.UUID]map[string]int64 // otherwise: by organization, the roles that change and how many hold each
	site       []string                       // roles of the site that change
	holders    int64                          // of all of them; a person with two roles counts twice
}

// concerned finds out whom the change concerns from counts of holders alone, to choose the cheapest way to read them.
func (s *survey) concerned(ctx context.Context) (concern, error) {
	c := concern{in: map[uuid.UUID]map[string]int64{}}
	hold := func(in uuid.UUID, name string, members int64) {
		if members == 0 {
			return
		}
		if c.in[in] == nil {
			c.in[in] = map[string]int64{}
		}
		c.in[in][name] = members
		c.holders += members
	}
	for _, r := range slices.Concat(s.builtIn, s.custom) {
		switch {
		case !r.changed():
		case r.org != uuid.Nil:
			members, err := s.holders(ctx, r)
			if err != nil {
				return c, err
			}
			hold(r.org, r.name, members)
		case r.either().BuiltIn && r.name == s.After.ImpliedSite().Name:
			c.everywhere, c.accounts = true, true
		case r.either().BuiltIn && r.name == s.After.ImpliedOrganization().Name:
			// What it says at the levels of the site and of the user, it says to all accounts that belong to an organization.
			c.everywhere, c.accounts = true, c.accounts || s.belonging()
		case r.either().BuiltIn && !r.either().SiteScope:
			rows, err := s.q.ListRoleCounts(ctx, r.name)
			if err != nil {
				return c, err
			}
			for _, row := range rows {
				hold(row.OrganizationID, r.name, row.Members)
			}
		default:
			accounts, err := s.accountsOf(ctx, r.name)
			if err != nil {
				return c, err
			}
			c.site = append(c.site, r.name)
			c.holders += int64(len(accounts))
		}
	}
	return c, nil
}

// everybody shows a visitor everybody whom the change concerns. Holders of a role of the site may be members anywhere, so if
// there are many holders and such a role changes, all organizations are read.
func (s *survey) everybody(ctx context.Context, v visitor) error {
	c, err := s.concerned(ctx)
	if err != nil || !c.everywhere && c.holders == 0 {
		return err
	}
	s.apart = newApart()
	if err := s.eachApart(ctx, &c, v); err != nil {
		return err
	}
	switch {
	case c.everywhere, c.holders > s.limits.few && len(c.site) > 0:
		err = s.eachRange(ctx, nil, v)
	case c.holders > s.limits.few:
		err = s.eachRange(ctx, c.in, v)
	default:
		err = s.eachHolder(ctx, c, v)
	}
	if err != nil {
		return err
	}
	if c.accounts {
		return s.eachAccountGroup(ctx, v)
	}
	return s.eachAccount(ctx, c.site, v)
}

// belonging reports whether the change may concern accounts because they belong to some organization, whichever that is. If
// not, queries need not find out who does, and accounts fall into fewer groups.
func (s *survey) belonging() bool {
	return s.ofScope[scoped{false, s.After.ImpliedOrganization().Name}].out != 0
}

// show decides about a group and shows it.
func (s *survey) show(v visitor, g *group) {
	if g.members > 0 {
		v.meet(g, s.effectOf(g))
	}
}

// eachRange shows the groups of some organizations, or of all for nil, a range at a time.
func (s *survey) eachRange(ctx context.Context, in map[uuid.UUID]map[string]int64, v visitor) error {
	if err := s.loadOrganizations(ctx); err != nil {
		return err
	}
	list := s.organizations
	for i := 0; i < len(list); {
		if in != nil && in[list[i].ID] == nil {
			i++
			continue
		}
		// An organization is never split: one with more members than a range may have is a range of its own.
		last, members := i, list[i].MemberCount
		for last+1 < len(list) && (in == nil || in[list[last+1].ID] != nil) && members+list[last+1].MemberCount <= s.limits.of {
			last++
			members += list[last].MemberCount
		}
		rows, err := s.q.ListHoldingGroups(ctx, db.ListHoldingGroupsParams{FirstID: list[i].ID, LastID: list[last].ID})
		if err != nil {
			return err
		}
		for k := range rows {
			r := &rows[k]
			g := group{org: r.OrganizationID, roles: r.Roles, siteRoles: r.SiteRoles, status: r.Status}
			g.members = r.Members - s.apart.counted[g]
			s.show(v, &g)
		}
		if err := v.leave(ctx, list[i].ID, list[last].ID); err != nil {
			return err
		}
		i = last + 1
	}
	return nil
}

// eachHolder shows the members who hold one of the roles that change, each once.
func (s *survey) eachHolder(ctx context.Context, c concern, v visitor) error {
	seen := map[place]bool{}
	alone := func(g group) {
		if at := (place{org: g.org, key: g.key}); !seen[at] && !s.apart.places[at] {
			seen[at] = true
			s.show(v, &g)
		}
	}
	small := map[string][]uuid.UUID{} // by role, the organizations in which few hold it
	for _, in := range unit.SortedIDs(c.in) {
		for name, members := range c.in[in] {
			if members <= fewIn {
				small[name] = append(small[name], in)
				continue
			}
			p := db.ListHoldingsOfRoleParams{OrganizationID: in, Role: name, MaxRows: unit.WalkPiece}
			for more := true; more; {
				rows, err := s.q.ListHoldingsOfRole(ctx, p)
				if err != nil {
					return err
				}
				for _, r := range rows {
					alone(group{org: in, roles: r.Roles, siteRoles: r.SiteRoles, status: r.Status, members: 1, key: r.UsernameKey})
					p.AfterKey = r.UsernameKey
				}
				more = len(rows) == unit.WalkPiece
			}
		}
		if err := v.leave(ctx, in, in); err != nil {
			return err
		}
	}
	if err := s.eachOfFew(ctx, small, alone, v); err != nil {
		return err
	}
	ids := map[uuid.UUID]bool{}
	for _, name := range c.site {
		for _, a := range s.accounts[name] {
			ids[a.ID] = true
		}
	}
	for piece := range slices.Chunk(unit.SortedIDs(ids), unit.ChunkSize) {
		rows, err := s.q.ListHoldingsOf(ctx, piece)
		if err != nil {
			return err
		}
		for _, r := range rows {
			alone(group{org: r.OrganizationID, roles: r.Roles, siteRoles: r.SiteRoles, status: r.Status, members: 1, key: r.UsernameKey})
		}
		if err := v.leave(ctx, uuid.Nil, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}

// fewIn is up to how many holders a role has only few in an organization: they are read together with those of others.
const fewIn = unit.WalkPiece / 8

// eachOfFew shows who holds one of these roles in organizations where few do.
func (s *survey) eachOfFew(ctx context.Context, small map[string][]uuid.UUID, show func(group), v visitor) error {
	for _, name := range slices.Sorted(maps.Keys(small)) {
		for piece := range slices.Chunk(small[name], unit.ChunkSize) {
			rows, err := s.q.ListHoldingsOfRoleIn(ctx, db.ListHoldingsOfRoleInParams{OrganizationIds: piece, Role: name})
			if err != nil {
				return err
			}
			for _, r := range rows {
				show(group{org: r.OrganizationID, roles: r.Roles, siteRoles: r.SiteRoles, status: r.Status, members: 1, key: r.UsernameKey})
			}
			if err := v.leave(ctx, uuid.Nil, uuid.Nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachAccountGroup shows what all accounts hold on the site.
func (s *survey) eachAccountGroup(ctx context.Context, v visitor) error {
	rows, err := s.q.ListAccountGroups(ctx, s.belonging())
	if err != nil {
		return err
	}
	for _, r := range rows {
		g := group{account: true, siteRoles: r.Roles, belongs: r.Belongs, status: r.Status}
		g.members = r.Accounts - s.apart.counted[g]
		s.show(v, &g)
	}
	return v.leave(ctx, uuid.Nil, uuid.Nil)
}

// eachAccount shows the accounts that hold one of these roles of the site, each once.
func (s *survey) eachAccount(ctx context.Context, names []string, v visitor) error {
	seen := map[uuid.UUID]bool{}
	for _, name := range names {
		for _, r := range s.accounts[name] {
			g := group{account: true, siteRoles: r.Roles, belongs: r.Belongs, status: r.Status, members: 1, key: r.UsernameKey}
			if !seen[r.ID] && !s.apart.places[place{account: true, key: g.key}] {
				seen[r.ID] = true
				s.show(v, &g)
			}
		}
	}
	return v.leave(ctx, uuid.Nil, uuid.Nil)
}

// accountsOf returns who holds a role of the site. It is read once: counts, uses and people all ask for it.
func (s *survey) accountsOf(ctx context.Context, name string) ([]db.ListAccountsOfRoleRow, error) {
	if list, ok := s.accounts[name]; ok {
		return list, nil
	}
	var list []db.ListAccountsOfRoleRow
	p := db.ListAccountsOfRoleParams{Role: name, Belonging: s.belonging(), MaxRows: unit.WalkPiece}
	for {
		rows, err := s.q.ListAccountsOfRole(ctx, p)
		if err != nil {
			return nil, err
		}
		list = append(list, rows...)
		if len(rows) < unit.WalkPiece {
			s.accounts[name] = list
			return list, nil
		}
		p.AfterUser = rows[len(rows)-1].ID
	}
}

// loadOrganizations reads the names and sizes of all organizations, once.
func (s *survey) loadOrganizations(ctx context.Context) (err error) {
	if s.organizations == nil {
		s.organizations, err = s.q.ListOrganizationSizes(ctx)
	}
	return err
}

// nameOf returns the name of an organization, "" for the site or if there is no such organization.
func (s *survey) nameOf(ctx context.Context, id uuid.UUID) (string, error) {
	if id == uuid.Nil {
		return "", nil
	}
	if err := s.loadOrganizations(ctx); err != nil {
		return "", err
	}
	at, ok := slices.BinarySearchFunc(s.organizations, id, func(o db.ListOrganizationSizesRow, id uuid.UUID) int {
		return bytes.Compare(o.ID[:], id[:])
	})
	if !ok {
		return "", nil
	}
	return s.organizations[at].Name, nil
}
