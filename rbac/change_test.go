package rbac_test

import (
	"slices"

	"rolecall.example/rbac"
)

// next begins a version that is like the last one.
func (h *chronicle) next() *state {
	h.states = append(h.states, h.last().clone())
	return h.last()
}

// before is the state of the version before the last one.
func (h *chronicle) before() *state { return &h.states[len(h.states)-2] }

func (x *thing) rename(name string) {
	x.old = append(slices.Clone(x.old), x.name)
	x.name = name
}

// renameKind gives a type a new name.
func (h *chronicle) renameKind(s *state) {
	k := &s.kinds[h.rnd.IntN(len(s.kinds))]
	if was := h.before().kind(k.id); was != nil && was.name == k.name {
		k.rename(h.newName("t"))
	}
}

// action picks an action of a type that this version has not touched yet.
func (h *chronicle) action(s *state) (k *kind, x *thing, was *kind) {
	k = &s.kinds[h.rnd.IntN(len(s.kinds))]
	x = &k.actions[h.rnd.IntN(len(k.actions))]
	if was = h.before().kind(k.id); was == nil {
		return nil, nil, nil
	}
	same := func(b thing) bool { return b.id == x.id && b.name == x.name }
	if !slices.ContainsFunc(was.actions, same) {
		return nil, nil, nil
	}
	return k, x, was
}

// renameAction renames an action of one type.
func (h *chronicle) renameAction(s *state, name string) {
	k, x, was := h.action(s)
	if k != nil && !named(k.actions, name) && !named(was.actions, name) && name != s.shared[0] && name != s.shared[1] {
		x.rename(name)
	}
}

// renameTwo gives two actions one name, which may be free.
func (h *chronicle) renameTwo(s *state, name string) {
	h.renameAction(s, name)
	h.renameAction(s, name)
}

// renameEverywhere renames an action in every type that has it, by one note.
func (h *chronicle) renameEverywhere(s *state, name string) {
	_, x, _ := h.action(s)
	if x == nil || s.shared[0] != "" || slices.Contains(modelActions[:coreNames], x.name) && slices.Contains(modelActions, name) {
		return // what core types have in common can not be told in a shared note
	}
	old := x.name
	for _, k := range s.kinds {
		was := h.before().kind(k.id)
		touched := was == nil || named(k.actions, old) != named(was.actions, old)
		if touched || (named(k.actions, name) || named(was.actions, name)) && (named(k.actions, old) || named(was.actions, old)) {
			return
		}
	}
	s.shared = [2]string{old, name}
	for i := range s.kinds {
		for j := range s.kinds[i].actions {
			if x := &s.kinds[i].actions[j]; x.name == old {
				x.rename(name)
				x.shared = true
			}
		}
	}
}

// removeAction removes a pair, and the type with its last one.
func (h *chronicle) removeAction(s *state) {
	i := h.rnd.IntN(len(s.kinds))
	k := &s.kinds[i]
	j := h.rnd.IntN(len(k.actions))
	k.actions = slices.Delete(k.actions, j, j+1)
	if len(k.actions) == 0 && len(s.kinds) > 1 {
		s.kinds = slices.Delete(s.kinds, i, i+1)
	} else if len(k.actions) == 0 {
		k.actions = append(k.actions, h.newThing(h.newName("a")))
	}
}

// addAction adds a pair, perhaps under a name that another one had.
func (h *chronicle) addAction(s *state, name string) {
	k := &s.kinds[h.rnd.IntN(len(s.kinds))]
	was := h.before().kind(k.id)
	if !named(k.actions, name) && (was == nil || !named(was.actions, name)) && s.shared[0] != name && s.shared[1] != name {
		k.actions = append(k.actions, h.newThing(name))
	}
}

// addKind adds a type, perhaps under a name that another one had.
func (h *chronicle) addKind(s *state) {
	k := h.newKind()
	for _, past := range h.states[:len(h.states)-1] {
		old := past.kinds[h.rnd.IntN(len(past.kinds))].name
		if h.rnd.IntN(2) == 0 && !named(s.things(), old) && !named(h.before().things(), old) {
			k.name = old
		}
	}
	if !named(k.actions, s.shared[0]) {
		s.kinds = append(s.kinds, k)
	}
}

// rename makes a version that only renames, to names that nothing has or had.
func (h *chronicle) rename() error {
	s := h.next()
	for range 1 + h.rnd.IntN(3) {
		switch h.rnd.IntN(3) {
		case 0:
			h.renameKind(s)
		case 1:
			h.renameAction(s, h.newName("a"))
		default:
			h.renameEverywhere(s, h.newName("a"))
		}
	}
	return h.seal()
}

// change makes a version with any changes, or a rollback.
func (h *chronicle) change() error {
	if len(h.versions) > 1 && h.rnd.IntN(5) == 0 {
		return h.rollback(1 + h.rnd.IntN(len(h.versions)-1))
	}
	s := h.next()
	for range 1 + h.rnd.IntN(4) {
		name := h.pick(modelActions)
		switch h.rnd.IntN(8) {
		case 0:
			h.renameKind(s)
		case 1:
			h.renameAction(s, name)
		case 2:
			h.renameTwo(s, name)
		case 3:
			h.renameEverywhere(s, name)
		case 4:
			h.removeAction(s)
		case 5, 6:
			h.addAction(s, name)
		default:
			h.addKind(s)
		}
	}
	return h.seal()
}

// rollback makes a version with the content of an earlier one.
func (h *chronicle) rollback(to int) error {
	h.states = append(h.states, h.states[to-1].clone())
	d, steps, problems := rbac.Rollback(h.docs[len(h.docs)-1], h.docs[to-1])
	if len(problems) > 0 {
		return errorOf(problems)
	}
	return h.add(d, steps, int64(to))
}
