package rbac

import (
	"maps"
	"slices"
)

// step is what a version changes in the names of pairs.
type step struct {
	renamed        map[Permission]Permission
	removed, added []Permission
}

func newStep(s Steps) step {
	n := step{renamed: make(map[Permission]Permission, len(s.Renamed)), removed: readPermissions(s.Removed), added: readPermissions(s.Added)}
	for _, r := range s.Renamed {
		n.renamed[readPermission(r[0])[0]] = readPermission(r[1])[0]
	}
	return n
}

func (s step) inverse() step {
	n := step{renamed: make(map[Permission]Permission, len(s.renamed)), removed: s.added, added: s.removed}
	for old, now := range s.renamed {
		n.renamed[now] = old
	}
	return n
}

// vocabulary is the pairs of a version, and how many of them have an action.
type vocabulary struct {
	pairs   map[Permission]bool
	actions map[string]int
}

func newVocabulary(c *Catalog) *vocabulary {
	v := &vocabulary{map[Permission]bool{}, map[string]int{}}
	for _, n := range c.numbers {
		v.count(c.pairs[n], 1)
	}
	return v
}

func (v *vocabulary) clone() *vocabulary {
	return &vocabulary{maps.Clone(v.pairs), maps.Clone(v.actions)}
}

// count adds a pair, or takes it away if by is -1.
func (v *vocabulary) count(p Permission, by int) {
	if by > 0 {
		v.pairs[p] = true
	} else {
		delete(v.pairs, p)
	}
	v.actions[p.Action] += by
}

// turn makes it the vocabulary after a step.
func (v *vocabulary) turn(s step) {
	for old := range s.renamed {
		v.count(old, -1)
	}
	for _, p := range s.removed {
		v.count(p, -1)
	}
	for _, now := range s.renamed {
		v.count(now, 1)
	}
	for _, p := range s.added {
		v.count(p, 1)
	}
}

// everything returns each pair, with and without wildcards, as what it means itself.
func (v *vocabulary) everything() map[Permission][]Permission {
	all := map[Permission][]Permission{}
	put := func(p Permission) { all[p] = []Permission{p} }
	put(Permission{ResourceType: Wildcard, Action: Wildcard})
	for p := range v.pairs {
		put(p)
		put(Permission{ResourceType: Wildcard, Action: p.Action})
		put(Permission{ResourceType: p.ResourceType, Action: Wildcard})
	}
	return all
}

// translation turns permissions of one version into those of the next.
type translation struct {
	step
	before, after *vocabulary

	gone    map[Permission]bool
	types   map[string]string       // what types are called now of which a pair lives on
	moved   map[string][]Permission // by action: the pairs that had it and have another one now, under their new names
	sources map[string][]string     // by new action: the actions that pairs come from
}

func (t *translation) prepare() {
	t.types, t.moved, t.sources = map[string]string{}, map[string][]Permission{}, map[string][]string{}
	t.gone = make(map[Permission]bool, len(t.removed))
	for _, p := range t.removed {
		t.gone[p] = true
	}
	for p := range t.before.pairs {
		if _, renamed := t.renamed[p]; !renamed && !t.gone[p] {
			t.types[p.ResourceType] = p.ResourceType
		}
	}
	for old, now := range t.renamed {
		t.types[old.ResourceType] = now.ResourceType
		if old.Action != now.Action {
			t.moved[old.Action] = append(t.moved[old.Action], now)
			if !slices.Contains(t.sources[now.Action], old.Action) {
				t.sources[now.Action] = append(t.sources[now.Action], old.Action)
			}
		}
	}
}

// of returns what an allow of the version before means in the one after; nil if nothing.
func (t *translation) of(p Permission) []Permission {
	switch {
	case p.ResourceType == Wildcard && p.Action == Wildcard:
		return []Permission{p}
	case p.ResourceType == Wildcard:
		return t.everywhere(p)
	case p.Action == Wildcard:
		now, lives := t.types[p.ResourceType]
		if !lives {
			return nil
		}
		p.ResourceType = now
		return []Permission{p}
	case t.gone[p] || !t.before.pairs[p]:
		return nil
	}
	if now, renamed := t.renamed[p]; renamed {
		return []Permission{now}
	}
	return []Permission{p}
}

// everywhere returns what an action of every type means after the step. A type that keeps the action needs nothing. Pairs
// that changed their action are written out one by one, unless the action as a whole has a new name that was free.
func (t *translation) everywhere(p Permission) (becomes []Permission) {
	if t.after.actions[p.Action] > 0 {
		becomes = append(becomes, p)
	}
	moved := t.moved[p.Action]
	if len(moved) == 0 {
		return becomes
	}
	to := moved[0].Action
	whole := len(moved) == t.before.actions[p.Action] && t.before.actions[to] == 0 && len(t.sources[to]) == 1 &&
		!slices.ContainsFunc(moved, func(m Permission) bool { return m.Action != to })
	if whole {
		return append(becomes, Permission{ResourceType: Wildcard, Action: to})
	}
	return append(becomes, moved...)
}
