package catalogplan

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// sampleSize is how many people a line names.
const sampleSize = 20

// tally counts people and lines. It keeps no people, only the largest groups of each line: the names of a sample are read at
// the end, for those alone.
type tally struct {
	s     *survey
	told  org.CatalogPeople
	lines map[lineKey]*line
	names map[group][]string // samples that were read: many lines have the same groups
}

type lineKey struct {
	right org.CatalogRight
	level string
	gain  bool
}

// line is a permission with the largest groups that gain or lose it, of which it names people.
type line struct {
	people int64
	groups []group
}

func newTally(s *survey) *tally {
	return &tally{s: s, lines: map[lineKey]*line{}, names: map[group][]string{}}
}

func (t *tally) meet(g *group, e *effect) {
	t.told.Members += g.members
	switch {
	case e.none():
		return
	case org.Status(g.status) == org.StatusSuspended:
		// They may do nothing before or after, but are reported because the change takes effect when they are activated.
		t.told.Suspended += g.members
		return
	}
	t.told.Affected += g.members
	if len(e.gains) > 0 {
		t.told.Gaining += g.members
	}
	if len(e.losses) > 0 {
		t.told.Losing += g.members
	}
	for _, right := range e.gains {
		t.add(lineKey{right, e.level, true}, g)
	}
	for _, right := range e.losses {
		t.add(lineKey{right, e.level, false}, g)
	}
}

func (t *tally) add(key lineKey, g *group) {
	l := t.lines[key]
	if l == nil {
		l = &line{}
		t.lines[key] = l
	}
	l.people += g.members
	if len(l.groups) == sampleSize && l.groups[sampleSize-1].members >= g.members {
		return
	}
	at, _ := slices.BinarySearchFunc(l.groups, g.members, func(have group, members int64) int { return cmp.Compare(members, have.members) })
	l.groups = slices.Insert(l.groups, at, *g)
	l.groups = l.groups[:min(len(l.groups), sampleSize)]
}

func (t *tally) leave(context.Context, uuid.UUID, uuid.UUID) error { return nil }

// people returns what was counted: lines by permission, those for all things before those for one's own.
func (t *tally) people(ctx context.Context) (org.CatalogPeople, error) {
	t.told.Lines = []org.CatalogLine{}
	for key, l := range t.lines {
		sample, err := t.sample(ctx, l)
		if err != nil {
			return t.told, err
		}
		t.told.Lines = append(t.told.Lines, org.CatalogLine{
			Permission: key.right.Permission, Phrase: t.s.phrase(key.right.Permission), Level: key.level,
			Own: key.right.Own, Gain: key.gain, People: l.people, Sample: sample,
		})
	}
	slices.SortFunc(t.told.Lines, func(a, b org.CatalogLine) int {
		return cmp.Or(strings.Compare(a.Permission.String(), b.Permission.String()), strings.Compare(a.Level, b.Level),
			compareFlags(a.Own, b.Own), compareFlags(a.Gain, b.Gain))
	})
	return t.told, nil
}

// compareFlags orders false before true.
func compareFlags(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// phrase says what a permission allows, in the words of the later version, unless only the earlier one has it.
func (s *survey) phrase(p rbac.Permission) string {
	if s.After.Valid(p.ResourceType, p.Action) {
		return s.After.Phrase(p)
	}
	return s.Before.Phrase(p)
}

// sample names some people of a line, those of its largest group first.
func (t *tally) sample(ctx context.Context, l *line) ([]string, error) {
	var sample []string
	for _, g := range l.groups {
		if len(sample) == sampleSize {
			break
		}
		names, ok := t.names[g]
		if !ok {
			people, err := t.s.first(ctx, &g, sampleSize)
			if err != nil {
				return nil, err
			}
			for _, p := range people {
				names = append(names, p.username)
			}
			t.names[g] = names
		}
		for _, name := range names {
			if len(sample) < sampleSize && !slices.Contains(sample, name) {
				sample = append(sample, name)
			}
		}
	}
	slices.Sort(sample)
	return sample, nil
}
