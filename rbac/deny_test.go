package rbac_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"rolecall.example/rbac"
)

// way returns the versions through which a role comes that was written under one and is read under another. A rollback is
// read like the version whose content it has, if the role was written by then.
func (h *chronicle) way(from, to int) []int {
	content := func(v int) int {
		for h.versions[v-1].SameAs > 0 {
			v = int(h.versions[v-1].SameAs)
		}
		return v
	}
	if from == to {
		return []int{to}
	}
	for v := from; v < to; v++ {
		if content(v) == content(to) {
			return append(h.way(from, v), to)
		}
	}
	return append(h.way(from, to-1), to)
}

// reading is a list of a role as it is read under a version: what it says, and the ids of the pairs that it covers.
type reading struct {
	version int
	list    []rbac.Permission
	covers  [2]map[int]bool // allows, denies
}

func (h *chronicle) reading(w written, version int, l rbac.Level) reading {
	now, _ := h.read(w, version)
	if version == w.version { // here names mean what they say
		now = h.catalog(version).Compile(w.role)
	}
	r := reading{version: version, list: now.Permissions(l), covers: [2]map[int]bool{{}, {}}}
	allow, deny := now.Bits(l)
	for id := range h.states[version-1].names() {
		n := h.numbers[id]
		r.covers[0][id] = allow[n/64]>>(n%64)&1 != 0
		r.covers[1][id] = deny[n/64]>>(n%64)&1 != 0
	}
	return r
}

// followed checks one step: what was allowed and denied still is, as long as the pair lives; nothing else is, unless the
// role said so of every type.
func (h *chronicle) followed(was, is reading) error {
	jump := is.version > was.version+1
	for id, name := range h.states[is.version-1].names() {
		for sign, covers := range is.covers {
			denied := sign == 1
			before, lived := was.covers[sign][id]
			switch now := covers[id]; {
			case before && !now && (denied || !is.covers[1][id]):
				return fmt.Errorf("from version %d to %d, %s (denied: %v) is lost", was.version, is.version, name, denied)
			case !before && now && (jump && lived || !h.meant(was, is.version, id, denied)):
				return fmt.Errorf("from version %d to %d, %s (denied: %v) came by itself", was.version, is.version, name, denied)
			}
		}
	}
	for _, p := range was.list { // an action that has another name as a whole goes on to mean every type
		for _, name := range modelActions {
			renamed := rbac.Permission{ResourceType: rbac.Wildcard, Action: name, Negate: p.Negate}
			whole := p.ResourceType == rbac.Wildcard && h.becameWhole(h.states[was.version-1].names(), h.states[is.version-1].names(), p.Action, name)
			if whole && !slices.Contains(is.list, renamed) {
				return fmt.Errorf("from version %d to %d, %s did not become %s", was.version, is.version, p, renamed)
			}
		}
	}
	return nil
}

// meant reports whether a list covers a pair of the next version that it did not cover before: because it names all actions
// of its type, or its action on every type, be it under a name that the action as a whole has got in this step.
func (h *chronicle) meant(was reading, next, id int, denied bool) bool {
	old, now := h.states[was.version-1].names(), h.states[next-1].names()
	for _, p := range was.list {
		switch all, any := p.ResourceType == rbac.Wildcard, p.Action == rbac.Wildcard; {
		case p.Negate != denied:
		case all && any, all && p.Action == now[id].Action:
			return true
		case all && h.becameWhole(old, now, p.Action, now[id].Action):
			return true
		case any && h.kindOf(was.version, p.ResourceType) == h.kindOf(next, now[id].ResourceType):
			return true
		}
	}
	return false
}

func (h *chronicle) kindOf(version int, name string) int {
	for _, k := range h.states[version-1].kinds {
		if k.name == name {
			return k.id
		}
	}
	return 0
}

// becameWhole reports whether a step gave every pair of one action another one that was free, and nothing else that one.
func (h *chronicle) becameWhole(old, now map[int]rbac.Permission, from, to string) bool {
	if slices.Contains(modelActions[:coreNames], from) || slices.Contains(modelActions[:coreNames], to) {
		return false // core types keep these
	}
	some := false
	for id, p := range old {
		moved := p.Action == from
		some = some || moved
		if p.Action == to || moved && now[id].Action != to || !moved && now[id].Action == to {
			return false
		}
	}
	return some
}

// told checks that what means nothing any more is told, and that the rest is well formed.
func (h *chronicle) told(w written, version int, l rbac.Level) error {
	m := h.migration(w.version, version)
	list := w.role.Permissions(l)
	live, dead := m.Permissions(l, list)
	for _, p := range list {
		if gone := len(m.Permission(p)) == 0; gone != slices.Contains(dead, p) {
			return fmt.Errorf("%s is dead: %v, told: %v", p, gone, !gone)
		}
	}
	for i, p := range live {
		opposite := p
		opposite.Negate = !p.Negate
		if slices.Contains(live[:i], p) || slices.Contains(live, opposite) {
			return fmt.Errorf("%s stands in %s twice", p, format(live))
		}
		if c := h.catalog(version); !c.Valid(p.ResourceType, p.Action) && (p.Action != rbac.Wildcard || !c.ValidType(p.ResourceType)) {
			return fmt.Errorf("%s lives, and is not in version %d", p, version)
		}
	}
	// A pair that is gone somewhere on the way, or was never there, is dead.
	for _, p := range list {
		if p.ResourceType != rbac.Wildcard && p.Action != rbac.Wildcard && h.lives(p, h.way(w.version, version)) == slices.Contains(dead, p) {
			return fmt.Errorf("%s is dead: %v, want the opposite", p, slices.Contains(dead, p))
		}
	}
	return nil
}

// lives reports whether a pair is in every version of a way.
func (h *chronicle) lives(p rbac.Permission, way []int) bool {
	pair := rbac.Permission{ResourceType: p.ResourceType, Action: p.Action}
	for id, name := range h.states[way[0]-1].names() {
		if name == pair {
			return !slices.ContainsFunc(way, func(v int) bool { return h.states[v-1].names()[id] == rbac.Permission{} })
		}
	}
	return false
}

// Whatever a new version does, a deny that was in effect is in effect on the same pair, or is told to be dead; and nothing
// that a role did not say comes by itself.
func TestNoDenyIsLostSilently(t *testing.T) {
	t.Parallel()
	cases(t, 100_000, func(rnd *rand.Rand) error {
		h := begin(rnd)
		if err := h.seal(); err != nil {
			return err
		}
		for range 1 + rnd.IntN(5) {
			if err := h.change(); err != nil {
				return err
			}
		}
		for range 2 {
			w := h.write(1 + rnd.IntN(len(h.versions)))
			for l := range rbac.Level(3) {
				way := h.way(w.version, len(h.versions))
				for i := range way[1:] {
					if err := h.followed(h.reading(w, way[i], l), h.reading(w, way[i+1], l)); err != nil {
						return fmt.Errorf("%w\nlist %s of version %d\n%s", err, format(w.role.Permissions(l)), w.version, h)
					}
				}
				if err := h.told(w, len(h.versions), l); err != nil {
					return fmt.Errorf("%w\nlist %s of version %d\n%s", err, format(w.role.Permissions(l)), w.version, h)
				}
			}
		}
		return nil
	})
}
