package rbac

import (
	"fmt"
	"slices"
)

// Steps are the pairs that one version renames, removes and adds, each as [Permission.String] writes it, sorted.
type Steps struct {
	Renamed [][2]string `json:"renamed"` // old, new
	Removed []string    `json:"removed"`
	Added   []string    `json:"added"`
}

// Succeed returns the complete document next as the version after prev. It keeps the number of each pair that
// stays or is renamed. Other pairs get new numbers: none is ever reused, so a name that comes back is another pair.
// prev is nil for a first version. Neither document is changed; if there are problems, the result must not be used.
func Succeed(prev, next *Document) (numbered *Document, steps Steps, problems []Problem) {
	switch {
	case prev == nil:
		prev = &Document{}
	case prev.Numbers == 0: // it was never a version
		prev, _, _ = Succeed(nil, prev)
	}
	s := succession{prev: prev, next: next.copyTypes()}
	s.next.Numbers = prev.Numbers
	s.next.retireRoles(prev, prev.RetiredRoles)
	for i := range s.next.Types {
		s.number(&s.next.Types[i])
	}
	return s.next, StepsBetween(prev, s.next), append(s.problems, s.next.check()...)
}

// Rollback returns the content of an earlier version as the version after prev, with the numbers that its pairs had.
// Roles that only prev has are removed, and their names stay taken.
func Rollback(prev, earlier *Document) (numbered *Document, steps Steps, problems []Problem) {
	numbered = earlier.copyTypes()
	numbered.Numbers = prev.Numbers
	numbered.retireRoles(prev, slices.DeleteFunc(slices.Clone(prev.RetiredRoles), func(name string) bool {
		return earlier.role(name) != nil
	}))
	return numbered, StepsBetween(prev, numbered), numbered.check()
}

// succession finds the predecessors of a version's pairs.
type succession struct {
	prev, next *Document
	problems   []Problem
}

// number gives the pairs of a type the numbers that they had, or new ones.
func (s *succession) number(t *DocumentType) {
	path := "types." + t.Name
	was := s.prev.typeOf(s.before(path, "types", t.Name, t.RenamedFrom, func(n string) bool { return s.prev.typeOf(n) != nil }))
	for i := range t.Actions {
		a := &t.Actions[i]
		var old *DocumentTypeAction
		if was != nil {
			had := func(n string) bool { return was.action(n) != nil }
			old = was.action(s.before(path+".actions."+a.Name, "actions", a.Name, s.next.oldNames(t, a), had))
		}
		if old != nil {
			a.Number = old.Number
			continue
		}
		a.Number = s.next.Numbers
		s.next.Numbers++
	}
}

// before returns the name that something had in the version before, "" if it is new. Renames are one to one: at most one of the
// name and the old ones may have existed.
func (s *succession) before(path, kind, name string, oldNames []string, had func(string) bool) (was string) {
	var found []string
	for _, n := range append([]string{name}, oldNames...) {
		if had(n) {
			found = append(found, n)
		}
	}
	if len(found) == 0 {
		return ""
	}
	if len(found) > 1 {
		s.problems = append(s.problems, Problem{Path: path + ".renamed_from", Text: fmt.Sprintf(
			"the version in force has %q and %q; merging two %s is not a rename: remove one of them", found[0], found[1], kind)})
	}
	return found[0]
}

// retireRoles keeps the names of removed roles: those given, and those of prev that this version lacks.
func (d *Document) retireRoles(prev *Document, gone []string) {
	d.RetiredRoles = slices.Clone(gone)
	for _, r := range prev.Roles {
		if d.role(r.Name) == nil {
			d.RetiredRoles = append(d.RetiredRoles, r.Name)
		}
	}
	slices.Sort(d.RetiredRoles)
}

// copyTypes returns a copy of the document whose pairs may be renumbered.
func (d *Document) copyTypes() *Document {
	c := *d
	c.Types = slices.Clone(d.Types)
	for i := range c.Types {
		c.Types[i].Actions = slices.Clone(c.Types[i].Actions)
	}
	return &c
}

// pairs returns the pairs of the document by number; retired numbers have none.
func (d *Document) pairs(numbers int) []Permission {
	pairs := make([]Permission, max(numbers, d.Numbers))
	for _, t := range d.Types {
		for _, a := range t.Actions {
			pairs[a.Number] = Permission{ResourceType: t.Name, Action: a.Name}
		}
	}
	return pairs
}

// StepsBetween returns the steps from one version of a catalog to a later one, comparing pairs by number.
func StepsBetween(from, to *Document) Steps {
	s := Steps{Renamed: [][2]string{}, Removed: []string{}, Added: []string{}}
	was, is := from.pairs(to.Numbers), to.pairs(from.Numbers)
	for number, p := range was {
		switch now := is[number]; {
		case now == p:
		case now == (Permission{}):
			s.Removed = append(s.Removed, p.String())
		case p == (Permission{}):
			s.Added = append(s.Added, now.String())
		default:
			s.Renamed = append(s.Renamed, [2]string{p.String(), now.String()})
		}
	}
	slices.Sort(s.Removed)
	slices.Sort(s.Added)
	slices.SortFunc(s.Renamed, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return s
}
