package rbac

import (
	"fmt"
	"maps"
	"slices"
)

// Steps are the pairs that one version renames, removes and adds, each as [Permission.String] writes it, sorted.
type Steps struct {
	Renamed [][2]string `json:"renamed"` // old, new
	Removed []string    `json:"removed"`
	Added   []string    `json:"added"`
}

// Succeed returns the complete document next as the version after prev, of which it takes over the number of each pair that
// stays or is renamed. Other pairs get new numbers: none is ever given twice. prev is nil for a first version. Neither
// document is changed.
func Succeed(prev, next *Document) (numbered *Document, steps Steps, problems []Problem) {
	if prev == nil {
		prev = &Document{}
	}
	numbered = next.copyTypes()
	numbered.Numbers = prev.Numbers
	for i := range numbered.Types {
		t := &numbered.Types[i]
		was, _ := prev.before(t)
		for j := range t.Actions {
			a := &t.Actions[j]
			if old := was.before(a, numbered.action(a.Name)); old != nil {
				a.Number = old.Number
				continue
			}
			a.Number = numbered.Numbers
			numbered.Numbers++
		}
	}
	return numbered, StepsBetween(prev, numbered), problems
}

// before returns the type that t was.
func (d *Document) before(t *DocumentType) (*DocumentType, error) {
	if was := d.typeOf(t.Name); was != nil {
		return was, nil
	}
	for _, old := range t.RenamedFrom {
		if was := d.typeOf(old); was != nil {
			return was, nil
		}
	}
	return nil, nil
}

// before returns the action that a was. A nil type had none.
func (t *DocumentType) before(a *DocumentTypeAction, shared *DocumentAction) *DocumentTypeAction {
	if t == nil {
		return nil
	}
	if was := t.action(a.Name); was != nil {
		return was
	}
	for _, old := range slices.Concat(a.RenamedFrom, shared.RenamedFrom) {
		if was := t.action(old); was != nil {
			return was
		}
	}
	return nil
}

// copyTypes returns a copy of the document whose pairs may be numbered anew.
func (d *Document) copyTypes() *Document {
	c := *d
	c.Types = slices.Clone(d.Types)
	for i := range c.Types {
		c.Types[i].Actions = slices.Clone(c.Types[i].Actions)
	}
	return &c
}

// pairs returns the pairs of the document by number.
func (d *Document) pairs() map[int]Permission {
	pairs := map[int]Permission{}
	for _, t := range d.Types {
		for _, a := range t.Actions {
			pairs[a.Number] = Permission{ResourceType: t.Name, Action: a.Name}
		}
	}
	return pairs
}

// StepsBetween returns the steps from one version of a catalog to a later one, which the numbers of the pairs tell.
func StepsBetween(from, to *Document) Steps {
	s := Steps{Renamed: [][2]string{}, Removed: []string{}, Added: []string{}}
	was, is := from.pairs(), to.pairs()
	for number, p := range was {
		switch now, ok := is[number]; {
		case !ok:
			s.Removed = append(s.Removed, p.String())
		case now != p:
			s.Renamed = append(s.Renamed, [2]string{p.String(), now.String()})
		}
	}
	for number := range maps.Keys(is) {
		if _, ok := was[number]; !ok {
			s.Added = append(s.Added, is[number].String())
		}
	}
	slices.Sort(s.Removed)
	slices.Sort(s.Added)
	slices.SortFunc(s.Renamed, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return s
}

// Rollback returns the content of an earlier version as the version after prev, with the numbers that its pairs had.
func Rollback(prev, earlier *Document) (numbered *Document, steps Steps) {
	numbered = earlier.copyTypes()
	numbered.Numbers = prev.Numbers
	return numbered, StepsBetween(prev, numbered)
}

func (s Steps) String() string {
	return fmt.Sprintf("%d renamed, %d removed, %d added", len(s.Renamed), len(s.Removed), len(s.Added))
}
