package catalogplan

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// survey is what is known about a change before anybody's permissions are examined.
type survey struct {
	Change
	q db.Reads

	builtIn []*role
	custom  []*role                        // custom roles that the change touches, or whose permissions it concerns
	named   map[uuid.UUID]map[string]*role // the custom ones
	ofScope map[scoped]*role               // the built-in ones
	// The pairs about which some role says something else, by number. No decision about any other pair can change, so what
	// roles say about those is left out, and roles that differ in nothing else count as one.
	mask []uint64

	contents map[string]int     // numbers by what roles say, from 1
	effects  map[string]*effect // by sets of those numbers: see keyOf
	memo     map[heldAs]*effect // the same ones by names of roles, which are quicker to look up

	organizations []db.ListOrganizationSizesRow // by id; nil until asked for
	accounts      map[string][]db.ListAccountsOfRoleRow
	apart         *apart
}

// role is a role under both versions.
type role struct {
	name          string
	org           uuid.UUID // of a custom role; uuid.Nil on the site
	before, after *rbac.Role
	in, out       int // what it says about the pairs of the mask: where it is held, and elsewhere; see content

	// What becomes of the permissions that a custom role is stored with: renamed and retired ones as they are called before
	// the change, written out and revived ones as they are called after it.
	renamed, writtenOut, retired, revived []rbac.Permission
}

// either returns the role in the later version that has it.
func (r *role) either() *rbac.Role {
	if r.after != nil {
		return r.after
	}
	return r.before
}

// changed reports whether the role says something different.
func (r *role) changed() bool { return len(orDifference(nil, r.before, r.after)) > 0 }

// newSurvey finds the roles that matter and what they say under both versions.
func newSurvey(ctx context.Context, q db.Reads, c Change) (*survey, error) {
	if c.limits == (limits{}) {
		c.limits = limits{fewHolders, rangeSize}
	}
	// The history is the caller's, and translating needs the catalogs of both versions in it.
	c.History = slices.Clone(c.History)
	for i := range c.History {
		switch c.History[i].Number {
		case c.From:
			c.History[i].Catalog = c.Before
		case c.To:
			c.History[i].Catalog = c.After
		}
	}
	s := &survey{
		Change: c, q: q, builtIn: bothBuiltIns(c.Before, c.After), named: map[uuid.UUID]map[string]*role{},
		contents: map[string]int{}, effects: map[string]*effect{}, memo: map[heldAs]*effect{},
		accounts: map[string][]db.ListAccountsOfRoleRow{},
	}
	s.ofScope = map[scoped]*role{}
	for _, r := range s.builtIn {
		s.ofScope[scoped{r.either().SiteScope, r.name}] = r
		s.mask = orDifference(s.mask, r.before, r.after)
	}
	builtInMask := slices.Clone(s.mask)
	if err := s.loadCustom(ctx); err != nil {
		return nil, err
	}
	// Pairs that no role uses change for nobody, and need not be distinguished.
	s.mask = builtInMask
	for _, r := range s.custom {
		s.mask = orDifference(s.mask, r.before, r.after)
	}
	for _, list := range [][]*role{s.builtIn, s.custom} {
		for _, r := range list {
			r.in, r.out = s.content(r, true), s.content(r, false)
		}
	}
	return s, nil
}

// word is one stored permission under both versions.
type word struct {
	permission rbac.Permission
	moved      bool     // it has another name, or is gone
	covers     []uint64 // the pairs that it is about in either version
}

// loadCustom finds the custom roles that have a permission which the change touches, by the names that they have in the
// version in which each role was written.
func (s *survey) loadCustom(ctx context.Context) error {
	versions, err := s.q.ListCatalogsOfRoles(ctx)
	if err != nil {
		return err
	}
	migrations := map[int64][2]*rbac.Migration{}
	var words []word
	for _, v := range versions {
		m := [2]*rbac.Migration{rbac.NewMigration(s.History, v, s.From), rbac.NewMigration(s.History, v, s.To)}
		migrations[v] = m
		for p := range m[0].Known() {
			words = append(words, s.look(m, p))
		}
	}
	found := map[uuid.UUID]bool{}
	asked := map[rbac.Permission]bool{}
	for _, w := range words {
		if asked[w.permission] || !w.moved && !meet(w.covers, s.mask) {
			continue
		}
		asked[w.permission] = true
		ids, err := s.q.ListRolesWithPair(ctx, db.ListRolesWithPairParams{ResourceType: w.permission.ResourceType, Action: w.permission.Action})
		if err != nil {
			return err
		}
		for _, id := range ids {
			found[id] = true
		}
	}
	step := rbac.NewMigration(s.History, s.From, s.To)
	for piece := range slices.Chunk(unit.SortedIDs(found), unit.ChunkSize) {
		if err := s.loadRoles(ctx, piece, migrations, step); err != nil {
			return err
		}
	}
	return nil
}

// look compares what one permission of an earlier version means before and after, and records which pairs that concerns.
func (s *survey) look(m [2]*rbac.Migration, p rbac.Permission) word {
	was, is := m[0].Permission(p), m[1].Permission(p)
	before := s.Before.Compile(rbac.Role{Site: was, Organization: was, User: was})
	after := s.After.Compile(rbac.Role{Site: is, Organization: is, User: is})
	s.mask = orDifference(s.mask, before, after)
	w := word{permission: p, moved: !slices.Equal(was, is)}
	for _, r := range []*rbac.Role{before, after} {
		allow, _ := r.Bits(rbac.LevelSite)
		w.covers = or(w.covers, allow)
	}
	return w
}

// loadRoles reads custom roles and translates them, each from the version of the catalog in which it was written.
func (s *survey) loadRoles(ctx context.Context, ids []uuid.UUID, migrations map[int64][2]*rbac.Migration, step *rbac.Migration) error {
	rows, err := s.q.ListRolesByID(ctx, ids)
	if err != nil {
		return err
	}
	perms, err := s.q.ListPermissionsByRole(ctx, ids)
	if err != nil {
		return err
	}
	stored := map[uuid.UUID]*org.Role{}
	for _, p := range perms {
		if stored[p.RoleID] == nil {
			stored[p.RoleID] = &org.Role{}
		}
		list := stored[p.RoleID].At(p.Level)
		*list = append(*list, rbac.Permission{ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate})
	}
	for _, row := range rows {
		as := &rbac.Role{Name: row.Name, DisplayName: row.DisplayName}
		if had := stored[row.ID]; had != nil {
			as.Site, as.Organization, as.User = had.Site, had.Organization, had.User
		}
		r := &role{name: row.Name, org: row.OrganizationID.UUID}
		m := migrations[row.CatalogVersion]
		r.before, _ = m[0].Compile(as)
		r.after, _ = m[1].Compile(as)
		for _, list := range [][]rbac.Permission{as.Site, as.Organization, as.User} {
			for _, p := range list {
				r.trace(m, step, p)
			}
		}
		s.custom = append(s.custom, r)
		if s.named[r.org] == nil {
			s.named[r.org] = map[string]*role{}
		}
		s.named[r.org][r.name] = r
	}
	return nil
}

// trace records what becomes of one stored permission. If it means nothing before the change, an earlier one retired it;
// it is kept in the role, and means something again if a rollback brings its pair back.
func (r *role) trace(m [2]*rbac.Migration, step *rbac.Migration, p rbac.Permission) {
	was := m[0].Permission(p)
	if len(was) == 0 {
		r.revived = append(r.revived, m[1].Permission(p)...)
		return
	}
	for _, old := range was {
		becomes := step.Permission(old)
		switch {
		case len(becomes) == 0:
			r.retired = append(r.retired, old)
		case slices.Contains(becomes, old):
			for _, now := range becomes {
				if now != old {
					r.writtenOut = append(r.writtenOut, now)
				}
			}
		case len(becomes) == 1:
			r.renamed = append(r.renamed, old)
		default:
			r.writtenOut = append(r.writtenOut, becomes...)
		}
	}
}

// tell returns what the change does to the role, without who holds it.
func (r *role) tell() org.CatalogRole {
	return org.CatalogRole{
		OrganizationID: r.org, Name: r.name,
		Renamed: once(r.renamed), WrittenOut: once(r.writtenOut), Retired: once(r.retired), Revived: once(r.revived),
	}
}

// use records which of the removed permissions the role has. Denies are counted separately: without them, people may do more.
func (r *role) use(uses map[string]*use) {
	for _, p := range r.retired {
		what := rbac.Permission{ResourceType: p.ResourceType, Action: p.Action}.String()
		if uses[what] == nil {
			uses[what] = &use{}
		}
		if p.Negate {
			uses[what].denies.add(r)
		} else {
			uses[what].allows.add(r)
		}
	}
}

// once returns permissions as text, sorted: a role may have one at several levels.
func once(perms []rbac.Permission) []string {
	perms = slices.Clone(perms)
	rbac.SortPermissions(perms)
	return texts(slices.Compact(perms))
}
