package unit

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// How many people a line names, and how many the line that was asked for names.
const (
	sampleSize = 20
	namesSize  = 200
)

// comparison is what a dry run compares: whom to follow, and the roles before and after.
type comparison struct {
	impact        *org.Impact
	org           uuid.UUID // uuid.Nil: the site
	before, after *Crowd
	people        []followed
	role          string // whose holders are followed, "" if people are
	deleted       bool   // it is taken from all of them
	named         bool   // the caller may read who they are
}

// followed is someone whose own roles change.
type followed struct {
	id      uuid.UUID
	name    string
	was, is Holding
}

// tellOf fills in the impact.
func (w *comparison) tellOf(ctx context.Context, s Reader) error {
	t := tally{comparison: w, known: map[[2]Holding]difference{}, lines: map[lineKey]*org.ImpactLine{}}
	for piece := range slices.Chunk(w.people, ChunkSize) {
		if err := t.addAll(ctx, piece); err != nil {
			return err
		}
	}
	if err := w.eachHolder(ctx, s.Q, func(piece []followed) error { return t.addAll(ctx, piece) }); err != nil {
		return err
	}
	t.finish()
	return w.warnOfSite(ctx, s)
}

// impact says what the change would do to what people may do, if it gives or takes roles, or changes one.
func (a *Attempt) impact(ctx context.Context) (org.Impact, error) {
	i := org.Impact{Warning: a.warning, Asked: a.Actor.Names}
	o := a.change
	ends, err := a.impactEnds(ctx)
	if err != nil {
		return i, err
	}
	i.Ends = ends
	w := &comparison{impact: &i, org: o.place, role: o.role.Before.Name, deleted: o.role.Deletes()}
	for _, h := range o.holders {
		if h.Joins && len(h.After) == 0 { // it gains what every member has
			continue
		}
		was := Holding{Roles: strings.Join(h.Before, " "), SiteRoles: strings.Join(h.SiteRoles, " "), Outside: h.Joins}
		is := was
		is.Roles, is.Outside = strings.Join(h.After, " "), h.Leaves
		if h.Place == uuid.Nil {
			was = Holding{SiteRoles: strings.Join(h.Before, " "), Outside: true}
			is = was
			is.SiteRoles = strings.Join(h.After, " ")
		}
		w.people = append(w.people, followed{h.User, h.Username, was, is})
	}
	if w.role == "" && len(w.people) == 0 {
		return i, nil
	}
	w.named = RoleScope{Org: db.Organization{ID: w.org}}.MayCount(a.Actor)
	if w.before, err = a.newCrowd(ctx, w.org); err != nil {
		return i, err
	}
	if w.after, err = a.After().newCrowd(ctx, w.org); err != nil {
		return i, err
	}
	err = w.tellOf(ctx, a.Reader)
	return i, err
}

// eachHolder passes everyone who holds the followed role to fn, in batches.
func (w *comparison) eachHolder(ctx context.Context, q db.Reads, fn func([]followed) error) error {
	if w.role == "" {
		return nil
	}
	next := w.membersWith(q)
	if w.org == uuid.Nil {
		next = w.accountsWith(q)
	}
	for {
		piece, last, err := next(ctx)
		if err != nil {
			return err
		}
		if err := fn(piece); err != nil || last {
			return err
		}
	}
}

// membersWith walks the holders of a role of an organization by username: each batch begins where the last one ended.
func (w *comparison) membersWith(q db.Reads) pieces {
	p := db.ListHoldersOfRoleParams{OrganizationID: w.org, Role: w.role, MaxRows: ChunkSize}
	return func(ctx context.Context) (list []followed, last bool, err error) {
		rows, err := q.ListHoldersOfRole(ctx, p)
		if err != nil || len(rows) == 0 {
			return nil, true, err
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
		here, err := HeldNow(ctx, w.over(q), rows, holderStored(w.org))
		for _, r := range here {
			was := Holding{Roles: SortNames(r.Roles), SiteRoles: SortNames(r.SiteRoles)}
			if !holds(was.Roles, w.role) {
				continue
			}
			is := was
			is.Roles = w.left(was.Roles)
			list = append(list, followed{r.UserID, r.Username, was, is})
		}
		return list, len(rows) < ChunkSize, err
	}
}

// accountsWith walks the holders of a role of the site by id.
func (w *comparison) accountsWith(q db.Reads) pieces {
	p := db.ListHoldersOfSiteRoleParams{Role: w.role, MaxRows: ChunkSize}
	return func(ctx context.Context) (list []followed, last bool, err error) {
		rows, err := q.ListHoldersOfSiteRole(ctx, p)
		if err != nil || len(rows) == 0 {
			return nil, true, err
		}
		p.AfterUser = rows[len(rows)-1].ID
		here, err := HeldNow(ctx, w.over(q), rows, func(r *db.ListHoldersOfSiteRoleRow) Stored {
			return Stored{User: r.ID, Roles: &r.Roles, NextEnd: r.NextEnd}
		})
		for _, r := range here {
			was := Holding{SiteRoles: SortNames(r.Roles), Outside: true}
			if !holds(was.SiteRoles, w.role) {
				continue
			}
			is := was
			is.SiteRoles = w.left(was.SiteRoles)
			list = append(list, followed{r.ID, r.Username, was, is})
		}
		return list, len(rows) < ChunkSize, err
	}
}

// pieces returns those who hold a role at the moment of the unit, in batches, and says which batch is the last.
type pieces func(context.Context) (list []followed, last bool, err error)

// holds reports whether a name is in a list of names.
func holds(list, name string) bool { return slices.Contains(strings.Fields(list), name) }

// over returns a reader of q at the moment of the comparison.
func (w *comparison) over(q db.Reads) Reader {
	src := w.before.Reader
	src.Q = q
	return src
}

// left returns what the change leaves of the roles of a holder.
func (w *comparison) left(roles string) string {
	if !w.deleted {
		return roles
	}
	return strings.Join(slices.DeleteFunc(strings.Fields(roles), func(name string) bool { return name == w.role }), " ")
}

// tally counts the differences that a change makes, once for each pair of holdings that occurs.
type tally struct {
	*comparison
	known map[[2]Holding]difference
	lines map[lineKey]*org.ImpactLine
}

// listNames are the names that callers use for the lists of lines.
var listNames = map[byte]string{'+': org.ImpactGains, '-': org.ImpactLosses, '=': org.ImpactKeeps}

// lineKey identifies a line: one about everything and one about own things alone are two.
type lineKey struct {
	list       byte // gains, losses, keeps
	permission rbac.Permission
	own        bool
}

// difference is the lines that one person adds to.
type difference struct {
	lines    []lineKey
	affected bool
}

// addAll adds people, with what they hold elsewhere, which no change of an organization touches.
func (t *tally) addAll(ctx context.Context, people []followed) error {
	ids := make([]uuid.UUID, len(people))
	for i, f := range people {
		ids[i] = f.id
	}
	elsewhere, err := t.before.rolesElsewhere(ctx, t.org, ids)
	if err != nil {
		return err
	}
	for _, f := range people {
		f.was.Elsewhere, f.is.Elsewhere = elsewhere[f.id], elsewhere[f.id]
		if err := t.add(ctx, f.name, f.was, f.is); err != nil {
			return err
		}
	}
	return nil
}

// add counts one person. Many hold the same, so the engine is asked once for each pair of holdings.
func (t *tally) add(ctx context.Context, name string, was, is Holding) error {
	pair := [2]Holding{was, is}
	d, ok := t.known[pair]
	if !ok {
		var err error
		if d, err = t.compare(ctx, was, is); err != nil {
			return err
		}
		t.known[pair] = d
	}
	t.impact.Members++
	if d.affected {
		t.impact.Affected++
		t.name(&t.impact.Who, org.ImpactAffected, lineKey{}, name)
	}
	if t.org != uuid.Nil && was.Roles != "" && is.Roles == "" && !is.Outside {
		t.impact.WithoutRoles++
		t.name(&t.impact.Roleless, org.ImpactRoleless, lineKey{}, name)
	}
	for _, key := range d.lines {
		line := t.lines[key]
		if line == nil {
			line = &org.ImpactLine{Permission: key.permission, OwnOnly: key.own}
			t.lines[key] = line
		}
		line.Members++
		t.name(&line.ImpactSample, listNames[key.list], key, name)
	}
	return nil
}

// name adds a person to those whom a line names, if the caller may read that: the first by name, or, for the line that was
// asked for, those after some name.
func (t *tally) name(s *org.ImpactSample, list string, key lineKey, name string) {
	if !t.named {
		return
	}
	most := sampleSize
	if asked := &t.impact.Asked; asked.List == list && asked.Permission == key.permission && asked.OwnOnly == key.own {
		if name <= asked.After {
			s.Before++
			return
		}
		most = namesSize
	}
	if at, _ := slices.BinarySearch(s.Sample, name); at < most {
		s.Sample = slices.Insert(s.Sample, at, name)
		s.Sample = s.Sample[:min(most, len(s.Sample))]
	}
}

// compare asks the engine what these two holdings allow.
func (t *tally) compare(ctx context.Context, was, is Holding) (d difference, err error) {
	before, err := t.before.Subject(ctx, was)
	if err != nil {
		return d, err
	}
	after, err := t.after.Subject(ctx, is)
	if err != nil {
		return d, err
	}
	for _, turn := range t.before.Turns(before, after, t.org, Anyone) {
		list := byte('-')
		if turn.Gained {
			list = '+'
		}
		d.lines = append(d.lines, lineKey{list, turn.Permission, turn.own})
		d.affected = true
	}
	has := after.Allowed(rbac.Object{Org: t.org})
	for _, p := range t.taken(before, after) {
		if has.Contains(p.ResourceType, p.Action) {
			d.lines = append(d.lines, lineKey{'=', p, false})
		}
	}
	return d, nil
}

// taken lists what roles gave before and no longer give, role by role.
func (t *tally) taken(before, after *rbac.Subject) []rbac.Permission {
	gives := func(s *rbac.Subject, name string) rbac.Set {
		for _, g := range s.Grants() {
			if g.Role.Name == name {
				return t.after.Catalog().OrganizationRights(Anyone, []*rbac.Role{g.Role})
			}
		}
		return t.after.Catalog().OrganizationRights(Anyone, nil)
	}
	var out []rbac.Permission
	for _, g := range before.Grants() {
		out = append(out, gives(before, g.Role.Name).Minus(gives(after, g.Role.Name))...)
	}
	rbac.SortPermissions(out)
	return slices.Compact(out)
}

// finish puts the lines into the impact, by permission; the line about everything comes before that about one's own things.
func (t *tally) finish() {
	keys := slices.SortedFunc(maps.Keys(t.lines), func(a, b lineKey) int {
		switch order := strings.Compare(a.permission.String(), b.permission.String()); {
		case order != 0 || a.own == b.own:
			return order
		case b.own:
			return -1
		}
		return 1
	})
	for _, key := range keys {
		list := map[byte]*[]org.ImpactLine{'+': &t.impact.Gains, '-': &t.impact.Losses, '=': &t.impact.KeptByOtherRoles}[key.list]
		*list = append(*list, *t.lines[key])
	}
}
