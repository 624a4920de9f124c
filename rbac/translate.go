package rbac

import "maps"

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

// vocabulary is the pairs of a version, and how many of them have a type or an action.
type vocabulary struct {
	pairs          map[Permission]bool
	types, actions map[string]int
}

func newVocabulary(c *Catalog) *vocabulary {
	v := &vocabulary{make(map[Permission]bool, len(c.numbers)), make(map[string]int, len(c.types)), make(map[string]int, len(c.actions))}
	for _, n := range c.numbers {
		v.count(c.pairs[n], 1)
	}
	return v
}

func (v *vocabulary) clone() *vocabulary {
	return &vocabulary{maps.Clone(v.pairs), maps.Clone(v.types), maps.Clone(v.actions)}
}

// count adds a pair, or removes it if by is -1.
func (v *vocabulary) count(p Permission, by int) {
	if by > 0 {
		v.pairs[p] = true
	} else {
		delete(v.pairs, p)
	}
	v.types[p.ResourceType] += by
	v.actions[p.Action] += by
}

// turn changes it into the vocabulary after a step.
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

// has reports whether the pair exists, with or without wildcards.
func (v *vocabulary) has(p Permission) bool {
	switch allTypes, anyAction := p.ResourceType == Wildcard, p.Action == Wildcard; {
	case allTypes && anyAction:
		return true
	case allTypes:
		return v.actions[p.Action] > 0
	case anyAction:
		return v.types[p.ResourceType] > 0
	}
	return v.pairs[p]
}

// all yields everything it has, with and without wildcards.
func (v *vocabulary) all(yield func(Permission) bool) {
	for p := range v.pairs {
		if !yield(p) {
			return
		}
	}
	for name, n := range v.types {
		if n > 0 && !yield(Permission{ResourceType: name, Action: Wildcard}) {
			return
		}
	}
	for name, n := range v.actions {
		if n > 0 && !yield(Permission{ResourceType: Wildcard, Action: name}) {
			return
		}
	}
	yield(Permission{ResourceType: Wildcard, Action: Wildcard})
}

// translation turns permissions of one version into those of the next. It has no entry for what does not change.
type translation struct {
	pairs   map[Permission]Permission // zero if the pair was removed
	types   map[string]string         // for every action of a type: "" if nothing of the type is left
	actions map[string]*moved         // for an action of every type
}

// moved says what becomes of an action of every type.
type moved struct {
	to     []Permission // pairs that have another action now, under their new names
	whole  bool         // the action has a new name everywhere, which was free
	remain bool         // some type still has the action afterwards
}

// newTranslation returns the translation of a step, and turns the vocabulary into the one after it.
func newTranslation(s step, v *vocabulary) *translation {
	t := &translation{pairs: maps.Clone(s.renamed), types: map[string]string{}, actions: map[string]*moved{}}
	left := map[string]int{} // of a type: how many pairs the step does not touch
	sources := map[string]map[string]bool{}
	touch := func(old Permission) *moved {
		if _, seen := left[old.ResourceType]; !seen {
			left[old.ResourceType] = v.types[old.ResourceType]
		}
		left[old.ResourceType]--
		if t.actions[old.Action] == nil {
			t.actions[old.Action] = &moved{}
		}
		return t.actions[old.Action]
	}
	for old, now := range s.renamed {
		m := touch(old)
		t.types[old.ResourceType] = now.ResourceType
		if old.Action != now.Action {
			m.to = append(m.to, now)
		}
		if sources[now.Action] == nil {
			sources[now.Action] = map[string]bool{}
		}
		sources[now.Action][old.Action] = true
	}
	for _, old := range s.removed {
		touch(old)
		t.pairs[old] = Permission{}
	}
	// A type without any remaining pair may come back as a different type: what was said about all its actions ends here.
	for name, n := range left {
		if _, lives := t.types[name]; !lives && n > 0 {
			t.types[name] = name
		} else if !lives {
			t.types[name] = ""
		}
	}
	// A new name that others had, or get, must not stand for all: it would reach further than the old one did.
	for name, m := range t.actions {
		m.whole = len(m.to) > 0 && len(m.to) == v.actions[name]
		for _, now := range m.to {
			m.whole = m.whole && now.Action == m.to[0].Action && v.actions[now.Action] == 0 && len(sources[now.Action]) == 1
		}
	}
	v.turn(s)
	for name, m := range t.actions {
		m.remain = v.actions[name] > 0
	}
	return t
}

// of appends what an allow of the version before means in the one after: nothing, if it was removed.
func (t *translation) of(p Permission, list []Permission) []Permission {
	switch allTypes, anyAction := p.ResourceType == Wildcard, p.Action == Wildcard; {
	case allTypes && anyAction:
		return append(list, p)
	case allTypes:
		return t.everywhere(p, list)
	case anyAction:
		if now, touched := t.types[p.ResourceType]; touched {
			p.ResourceType = now
		}
		if p.ResourceType == "" {
			return list
		}
		return append(list, p)
	}
	if now, touched := t.pairs[p]; touched {
		p = now
	}
	if p == (Permission{}) {
		return list
	}
	return append(list, p)
}

// everywhere appends what an action of every type means after the step. As long as some type has the action, it stays.
// Pairs that have another action are written out one by one, unless the whole action has a new name that was unused.
func (t *translation) everywhere(p Permission, list []Permission) []Permission {
	m := t.actions[p.Action]
	if m == nil || m.remain {
		list = append(list, p)
	}
	switch {
	case m == nil:
		return list
	case m.whole:
		return append(list, Permission{ResourceType: Wildcard, Action: m.to[0].Action})
	}
	return append(list, m.to...)
}
