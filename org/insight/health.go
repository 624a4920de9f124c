package insight

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// health counts what Lint finds, by rule, without what is dismissed, and returns when the first dismissal ends. It judges people
// with equal holdings once and reads none of them.
func health(ctx context.Context, c *unit.Crowd, groups []unit.Group) (h *org.Health, next time.Time, err error) {
	row, err := c.Q.GetOrganization(ctx, c.Org)
	if err != nil {
		return nil, next, err
	}
	l, err := newLinter(ctx, c.Reader, unit.RoleScope{Org: row}, nil)
	if err != nil {
		return nil, next, err
	}
	if err := l.roles(ctx); err != nil {
		return nil, next, err
	}
	l.gone()
	t := tally{of: map[tallied]int{}}
	for i := range l.found {
		if f := &l.found[i]; f.Dismissal == nil {
			t.add(f.Rule, f.Role.Label(), 1)
		}
	}
	if err := t.people(ctx, c, groups); err != nil {
		return nil, next, err
	}
	if err := t.except(ctx, c, l); err != nil {
		return nil, next, err
	}
	return t.health(), l.dismissed.next, nil
}

// tally counts findings by rule and role. It keeps no names of people: the page of findings reads those itself.
type tally struct {
	order []tallied // as they were first met
	of    map[tallied]int
}

type tallied struct{ rule, role string }

func (t *tally) add(rule, role string, n int) {
	of := tallied{rule, role}
	if _, met := t.of[of]; !met {
		t.order = append(t.order, of)
	}
	t.of[of] += n
}

// people counts what is wrong with what members hold. It finds what linter.people and linter.suspended find, but those name each
// person and stop at org.LintPeople; it counts everybody, since a group costs the same whatever its size.
func (t *tally) people(ctx context.Context, c *unit.Crowd, groups []unit.Group) error {
	for i := range groups {
		g := &groups[i]
		if g.Roles == "" {
			continue
		}
		roles, err := idleRoles(ctx, c, g.Holding)
		if err != nil {
			return err
		}
		for _, idle := range roles {
			t.add(org.LintRedundant, org.RoleLabel(idle.role.Compiled), int(g.Members))
		}
		if g.Status == org.StatusSuspended {
			t.add(org.LintSuspended, "", int(g.Members))
		}
	}
	return nil
}

func (t *tally) health() *org.Health {
	var h org.Health
	lines := map[string]*org.HealthLine{}
	for _, of := range t.order {
		n := t.of[of]
		if n <= 0 {
			continue
		}
		line := lines[of.rule]
		if line == nil {
			line = &org.HealthLine{Rule: of.rule}
			lines[of.rule] = line
		}
		h.Count, line.Count = h.Count+n, line.Count+n
		if of.role != "" {
			line.Roles = append(line.Roles, of.role)
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(lines)) {
		h.Lines = append(h.Lines, *lines[rule])
	}
	return &h
}

// The navigation of every page shows a count of findings, so it is remembered for the revisions it was made at. In a large
// organization it may be a minute old.
const (
	countsKept = 1_000 // organizations
	largeFrom  = 5_000 // members
	countLasts = time.Minute
)

// counted is a number of findings.
type counted struct {
	state [2]int64 // revisions of the site and of the organization
	at    time.Time
	until time.Time // when a dismissal ends, if one does
	n     int
}

// counts remembers the numbers of findings of organizations.
type counts struct {
	mu sync.Mutex
	of map[uuid.UUID]counted
}

func (c *counts) recall(id uuid.UUID) (counted, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.of[id]
	return known, ok
}

// keep starts over when it has too many: the organizations being viewed change slowly, and a count is quickly made.
func (c *counts) keep(id uuid.UUID, n counted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil || len(c.of) >= countsKept {
		c.of = map[uuid.UUID]counted{}
	}
	c.of[id] = n
}

// Findings counts the findings about an organization whose members and roles the caller may read.
func (s *Service) Findings(ctx context.Context, subject *org.Actor, o *org.Organization) (_ int, err error) {
	defer org.Wrap(&err, "count findings in %q", o.Name)
	state, err := s.revisions(ctx, subject, o.ID)
	if err != nil {
		return 0, err
	}
	now := s.units.Now()
	known, ok := s.counts.recall(o.ID)
	if ok && (known.until.IsZero() || now.Before(known.until)) && (known.state == state || o.MemberCount >= largeFrom && now.Sub(known.at) < countLasts) {
		return known.n, nil
	}
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if _, err := src.Organization(ctx, subject, o.ID.String()); err != nil {
			return err
		}
		c, err := src.Crowd(ctx, o.ID)
		if err != nil {
			return err
		}
		groups, err := c.Groups(ctx)
		if err != nil {
			return err
		}
		h, until, err := health(ctx, c, groups)
		if err == nil {
			known = counted{state, now, until, h.Count}
		}
		return err
	})
	if err == nil {
		s.counts.keep(o.ID, known)
	}
	return known.n, err
}

// revisions returns the revisions of the site and of an organization, as of the start of the request or later.
func (s *Service) revisions(ctx context.Context, subject *org.Actor, id uuid.UUID) (state [2]int64, err error) {
	site, known := subject.Basis.Of(uuid.Nil)
	state[0] = site.Value
	if own, ok := subject.Basis.Of(id); ok && known {
		state[1] = own.Value
		return state, nil
	}
	row, err := s.units.DB.GetRevision(ctx, id)
	if db.IsNotFound(err) {
		err = org.ErrNotFound()
	}
	state[1] = row.Value
	return state, err
}
