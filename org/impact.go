package org

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall/db"
	"rolecall/rbac"
)

// Impact is what a change would do to what people may do, told by a dry run.
type Impact struct {
	Members  int          // whose roles, or roles' contents, the change touches
	Affected int          // of them, those who may do more or less afterwards
	Gains    []ImpactLine // what they may do afterwards that they may not do now
	Losses   []ImpactLine // the other way round
	Keeps    []ImpactLine // what a role no longer gives them, and another one does
	Roleless int          // left without any role in the organization
}

// ImpactLine is one permission in an Impact.
type ImpactLine struct {
	Permission rbac.Permission
	Own        bool // on their own things only
	Members    int
	Sample     []string // usernames of some of them
}

// sampleSize is how many people a line names.
const sampleSize = 5

type dryRunKey struct{}

// WithDryRun makes the use cases that get the context do everything but keep it: they check, write, fill in the Impact
// and roll back. A refusal is returned as usual, but not recorded. The Impact tells of changes to roles, of giving and
// taking them, and of removing members.
func WithDryRun(ctx context.Context) (context.Context, *Impact) {
	impact := &Impact{}
	return context.WithValue(ctx, dryRunKey{}, impact), impact
}

// errDryRun rolls a dry run back.
var errDryRun = errors.New("dry run")

// watch is the people that a dry run follows, with what they could do before it.
type watch struct {
	impact *Impact
	org    uuid.UUID // uuid.Nil: the site
	before map[uuid.UUID]holding
	names  map[uuid.UUID]string
	crowd  *crowd // decides by the roles as they were
}

func watchOf(ctx context.Context) *watch {
	impact, ok := ctx.Value(dryRunKey{}).(*Impact)
	if !ok {
		return nil
	}
	*impact = Impact{} // the transaction may run again
	return &watch{impact: impact, before: map[uuid.UUID]holding{}, names: map[uuid.UUID]string{}}
}

// watchMember follows a member of an organization, in a dry run.
func (c *change) watchMember(org, user uuid.UUID) error { return c.follow(org, []uuid.UUID{user}) }

// watchUsers follows an account on the whole site, in a dry run.
func (c *change) watchUsers(user uuid.UUID) error { return c.follow(uuid.Nil, []uuid.UUID{user}) }

// watchHolders follows everybody who holds a role, in a dry run.
func (c *change) watchHolders(h home, role string) error {
	if c.watch == nil {
		return nil
	}
	var ids []uuid.UUID
	var err error
	if h.site() {
		ids, err = c.q.ListSiteHolders(c.ctx, role)
	} else {
		ids, err = c.q.ListHolders(c.ctx, db.ListHoldersParams{Role: role, OrganizationID: h.org.ID})
	}
	if err != nil {
		return err
	}
	return c.follow(h.org.ID, ids)
}

func (c *change) follow(org uuid.UUID, users []uuid.UUID) (err error) {
	if c.watch == nil {
		return nil
	}
	w := c.watch
	if w.crowd == nil {
		w.org = org
		committed := source{Service: c.Service, q: c.q, revision: c.revision}
		if w.crowd, err = committed.crowd(c.ctx, org); err != nil {
			return err
		}
	}
	held, err := w.crowd.holdings(c.ctx, users, w.names)
	if err != nil {
		return err
	}
	maps.Copy(w.before, held)
	// The roles that decide must be read before anything is written.
	for _, h := range held {
		if _, err := w.crowd.subject(c.ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// holdings reads what people hold, and their usernames into names.
func (c *crowd) holdings(ctx context.Context, users []uuid.UUID, names map[uuid.UUID]string) (map[uuid.UUID]holding, error) {
	held := make(map[uuid.UUID]holding, len(users))
	for piece := range slices.Chunk(users, chunk) {
		accounts, err := c.q.ListUsersByID(ctx, piece)
		if err != nil {
			return nil, err
		}
		for _, u := range accounts {
			names[u.ID] = u.Username
			held[u.ID] = holding{siteRoles: sorted(u.Roles), elsewhere: c.elsewhere[u.ID], outside: true}
		}
		if c.org == uuid.Nil {
			continue
		}
		members, err := c.q.ListMembersByID(ctx, db.ListMembersByIDParams{OrganizationID: c.org, UserIds: piece})
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			h := held[m.UserID]
			h.roles, h.outside = sorted(m.Roles), false
			held[m.UserID] = h
		}
	}
	return held, nil
}

// foresee fills in the impact of what the transaction has written, and has it rolled back.
func (c *change) foresee() error {
	w := c.watch
	if w.crowd == nil {
		return errDryRun
	}
	after, err := source{Service: c.Service, q: c.q}.crowd(c.ctx, w.org)
	if err != nil {
		return err
	}
	now, err := after.holdings(c.ctx, slices.Collect(maps.Keys(w.before)), w.names)
	if err != nil {
		return err
	}
	t := tally{watch: w, after: after, known: map[[2]holding]difference{}, lines: map[lineKey]*ImpactLine{}}
	ids := slices.SortedFunc(maps.Keys(w.before), func(a, b uuid.UUID) int { return cmp.Compare(w.names[a], w.names[b]) })
	for _, id := range ids {
		if err := t.add(c.ctx, w.names[id], w.before[id], now[id]); err != nil {
			return err
		}
	}
	t.finish()
	return errDryRun
}

// tally counts the differences that a change makes, once for each pair of holdings that occurs.
type tally struct {
	*watch
	after *crowd
	known map[[2]holding]difference
	lines map[lineKey]*ImpactLine
}

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

func (t *tally) add(ctx context.Context, name string, was, is holding) error {
	pair := [2]holding{was, is}
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
	}
	if t.org != uuid.Nil && was.roles != "" && is.roles == "" && !is.outside {
		t.impact.Roleless++
	}
	for _, key := range d.lines {
		line := t.lines[key]
		if line == nil {
			line = &ImpactLine{Permission: key.permission, Own: key.own}
			t.lines[key] = line
		}
		line.Members++
		if len(line.Sample) < sampleSize {
			line.Sample = append(line.Sample, name)
		}
	}
	return nil
}

// compare asks the engine what these two holdings allow.
func (t *tally) compare(ctx context.Context, was, is holding) (d difference, err error) {
	before, err := t.crowd.subject(ctx, was)
	if err != nil {
		return d, err
	}
	after, err := t.after.subject(ctx, is)
	if err != nil {
		return d, err
	}
	everywhere := map[rbac.Permission]bool{}
	for _, own := range []bool{false, true} {
		o := rbac.Object{Org: t.org}
		if own {
			o.Owner = anyone
		}
		has := after.Allowed(o)
		for list, perms := range map[byte][]rbac.Permission{'+': t.crowd.surplus(after, before, o), '-': t.crowd.surplus(before, after, o)} {
			for _, p := range perms {
				if own && everywhere[p] {
					continue // told already, of everybody's things
				}
				everywhere[p] = true
				d.lines = append(d.lines, lineKey{list, p, own})
				d.affected = true
			}
		}
		if !own {
			for _, p := range t.taken(before, after) {
				if has.Contains(p.ResourceType, p.Action) {
					d.lines = append(d.lines, lineKey{'=', p, false})
				}
			}
		}
	}
	return d, nil
}

// taken is what roles gave before and give no longer, role by role.
func (t *tally) taken(before, after *rbac.Subject) []rbac.Permission {
	gives := func(s *rbac.Subject, name string) rbac.Set {
		for _, g := range s.Grants() {
			if g.Role.Name == name {
				return t.after.catalog.OrganizationRights(anyone, []*rbac.Role{g.Role})
			}
		}
		return t.after.catalog.OrganizationRights(anyone, nil)
	}
	var out []rbac.Permission
	for _, g := range before.Grants() {
		out = append(out, gives(before, g.Role.Name).Minus(gives(after, g.Role.Name))...)
	}
	rbac.SortPermissions(out)
	return slices.Compact(out)
}

// finish puts the lines into the impact: by permission, that on everything before that on one's own things.
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
		list := map[byte]*[]ImpactLine{'+': &t.impact.Gains, '-': &t.impact.Losses, '=': &t.impact.Keeps}[key.list]
		*list = append(*list, *t.lines[key])
	}
}
