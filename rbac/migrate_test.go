package rbac_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"rolecall.example/rbac"
)

func errorOf(problems []rbac.Problem) error { return errors.New(fmt.Sprint(problems)) }

// list draws permissions in the names of a version: pairs, actions of every type and, as old data may have them, types with
// every action; and now and then a name that the version does not have.
func (h *chronicle) list(version int, denies bool) (list []rbac.Permission) {
	s := &h.states[version-1]
	for range h.rnd.IntN(6) {
		k := s.kinds[h.rnd.IntN(len(s.kinds))]
		p := rbac.Permission{ResourceType: k.name, Action: k.actions[h.rnd.IntN(len(k.actions))].name}
		switch h.rnd.IntN(12) {
		case 0, 1, 2, 3:
			p.ResourceType = rbac.Wildcard
		case 4:
			p.Action = rbac.Wildcard
			if h.rnd.IntN(8) == 0 {
				p.ResourceType = rbac.Wildcard
			}
		case 5:
			p.Action = h.pick(modelActions)
		}
		p.Negate = denies && h.rnd.IntN(3) == 0
		opposite := p
		opposite.Negate = !p.Negate
		if !slices.Contains(list, p) && !slices.Contains(list, opposite) {
			list = append(list, p)
		}
	}
	return list
}

// written is a role as it is stored: lists that mean what they mean in a version.
type written struct {
	role    rbac.Role
	version int
}

func (h *chronicle) write(version int) written {
	return written{rbac.Role{
		Name: "custom", Site: h.list(version, h.rnd.IntN(2) == 0), Organization: h.list(version, true), User: h.list(version, true),
	}, version}
}

func (h *chronicle) read(w written, version int) (now, dead *rbac.Role) {
	return h.migration(w.version, version).Compile(&w.role)
}

func (h *chronicle) migration(from, to int) *rbac.Migration {
	at := [2]int{from, to}
	if h.migrations[at] == nil {
		h.catalog(to)
		h.migrations[at] = rbac.NewMigration(h.versions, int64(from), int64(to))
	}
	return h.migrations[at]
}

// places are where objects may be: everywhere that matters for a member of home who is none of away.
var places = []rbac.Object{{}, {Org: home}, {Org: home, Owner: me}, {Org: away}, {Owner: me}, {Org: home, Owner: other}, {AnyOrg: true, Owner: me}}

// holders are people who hold the roles in some places, as of a version.
func (h *chronicle) holders(roles []written, version int) (subjects []*rbac.Subject) {
	c := h.catalog(version)
	admin, _ := c.BuiltIn("organization-admin")
	var grants []rbac.Grant
	for i, w := range roles {
		now, _ := h.read(w, version)
		if version == w.version { // here names mean what they say
			now = c.Compile(w.role)
		}
		grants = append(grants, rbac.Grant{Role: now, Org: []rbac.ID{home, none, away}[i%3]})
		subjects = append(subjects, c.NewSubject(me, []rbac.ID{home}, grants[i:]))
	}
	return append(subjects, c.NewSubject(me, []rbac.ID{home}, grants), c.NewSubject(me, nil, append(grants, rbac.Grant{Role: admin, Org: home})))
}

// sameDecisions compares what people may do in two versions.
func (h *chronicle) sameDecisions(was []*rbac.Subject, at int, is []*rbac.Subject, now int) error {
	before, after := h.states[at-1].names(), h.states[now-1].names()
	for i := range is {
		for _, o := range places {
			if gained, lost := rbac.Compare(was[i].Allowed(o), is[i].Allowed(o)); len(gained)+len(lost) > 0 {
				return fmt.Errorf("in version %d, holder %d gained %s and lost %s on %+v\n%s", now, i, format(gained), format(lost), o, h)
			}
		}
		for id, p := range before { // by names, and only things that one owns oneself and somebody else's, for speed
			o, q := rbac.Object{Type: p.ResourceType, Org: home, Owner: me}, rbac.Object{Type: after[id].ResourceType, Org: home, Owner: me}
			if was[i].Authorize(p.Action, o) != is[i].Authorize(after[id].Action, q) {
				return fmt.Errorf("version %d decides otherwise about %s, which was %s\n%s", now, after[id], p, h)
			}
		}
	}
	return nil
}

// oldNames checks that what a pair was called in one version is understood in a later one.
func (h *chronicle) oldNames(at, now int) error {
	c, after := h.catalog(now), h.states[now-1].names()
	m := h.migration(at, now)
	for id, p := range h.states[at-1].names() {
		today, ok := c.Present(p)
		if pair, found := m.Pair(p); !found || pair != after[id] || ok != (p != after[id]) || today != after[id] {
			return fmt.Errorf("version %d understands %s as %s and %s, want %s\n%s", now, p, pair, today, after[id], h)
		}
	}
	return nil
}

// After any renames, everybody may do what they could do before, also by the old names, whichever version a role was
// written in, and whether or not somebody saved it meanwhile.
func TestRenameKeepsDecisions(t *testing.T) {
	t.Parallel()
	cases(t, 100_000, func(rnd *rand.Rand) error {
		h := begin(rnd)
		if err := h.seal(); err != nil {
			return err
		}
		roles := []written{h.write(1)}
		steps := 1 + rnd.IntN(6)
		at := 1 + rnd.IntN(steps) // the version that the last one is compared with
		var then []*rbac.Subject
		for v := 1; v <= steps; v++ {
			if v <= at && rnd.IntN(2) == 0 {
				roles = append(roles, h.write(v))
			}
			if v == at {
				then = h.holders(roles, v)
			}
			if err := h.rename(); err != nil {
				return err
			}
			if rnd.IntN(3) == 0 { // somebody saves a role
				r := &roles[rnd.IntN(len(roles))]
				now, _ := h.read(*r, v+1)
				*r = written{rbac.Role{Name: now.Name, Site: now.Site, Organization: now.Organization, User: now.User}, v + 1}
			}
		}
		if err := h.oldNames(at, steps+1); err != nil {
			return err
		}
		return h.sameDecisions(then, at, h.holders(roles, steps+1), steps+1)
	})
}
