package rbac_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"rolecall.example/rbac"
)

// cases runs a property on many random cases: few in short tests, as many as it takes to trust it in deep ones.
func cases(t *testing.T, deep int, property func(rnd *rand.Rand) error) {
	t.Helper()
	n := deep / 50
	if testing.Short() {
		n = deep / 200
	}
	if os.Getenv("ROLECALL_DEEP") != "" {
		n = deep
	}
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n && !t.Failed(); i += workers {
				if err := property(rand.New(rand.NewPCG(42, uint64(i)))); err != nil {
					t.Errorf("case %d of %d: %v", i, n, err)
				}
			}
		})
	}
	wg.Wait()
}

// thing is an action of a type, or a type, as the model keeps it: it is the same as long as its id is, whatever it is called.
type thing struct {
	id     int
	name   string
	old    []string // names that it had
	shared bool     // this version renames it by a note that all types share
}

type kind struct {
	thing
	owned   bool
	actions []thing
}

// state is what the model knows of one version.
type state struct {
	kinds  []kind
	shared [2]string // an action that a note of this version replaces in every type, and its new name
}

// chronicle is a history of catalogs with the model beside it. Version n has the index n-1.
type chronicle struct {
	rnd      *rand.Rand
	states   []state
	versions []rbac.Version // their catalogs are made when they are needed
	docs     []*rbac.Document
	ids      int
	fresh    int
	numbers  map[int]int // the number of the catalog for an id of the model

	migrations map[[2]int]*rbac.Migration
}

// modelActions are the vocabulary from which names are drawn: those of core actions, too.
var modelActions = []string{"read", "assign", "pay", "void", "sign"}

const coreNames = 2 // so many of them are names of core actions

func (h *chronicle) pick(from []string) string { return from[h.rnd.IntN(len(from))] }

func (h *chronicle) newName(prefix string) string {
	h.fresh++
	return fmt.Sprint(prefix, h.fresh)
}

// begin makes a first version.
func begin(rnd *rand.Rand) *chronicle {
	h := &chronicle{rnd: rnd, numbers: map[int]int{}, migrations: map[[2]int]*rbac.Migration{}}
	var s state
	for range 1 + rnd.IntN(3) {
		s.kinds = append(s.kinds, h.newKind())
	}
	h.states = append(h.states, s)
	return h
}

func (h *chronicle) newKind() kind {
	k := kind{thing: h.newThing(h.newName("t")), owned: h.rnd.IntN(2) == 0}
	for _, i := range h.rnd.Perm(len(modelActions))[:1+h.rnd.IntN(4)] {
		k.actions = append(k.actions, h.newThing(modelActions[i]))
	}
	return k
}

func (h *chronicle) newThing(name string) thing {
	h.ids++
	return thing{id: h.ids, name: name}
}

// clone returns the state as the next version begins.
func (s *state) clone() state {
	c := state{kinds: slices.Clone(s.kinds)}
	for i := range c.kinds {
		k := &c.kinds[i]
		k.actions = slices.Clone(k.actions)
		for j := range k.actions {
			k.actions[j].shared = false
		}
	}
	return c
}

// names returns the pairs by id.
func (s *state) names() map[int]rbac.Permission {
	names := map[int]rbac.Permission{}
	for _, k := range s.kinds {
		for _, x := range k.actions {
			names[x.id] = rbac.Permission{ResourceType: k.name, Action: x.name}
		}
	}
	return names
}

func named(list []thing, name string) bool {
	return slices.ContainsFunc(list, func(x thing) bool { return x.name == name })
}

func (s *state) things() (list []thing) {
	for _, k := range s.kinds {
		list = append(list, k.thing)
	}
	return list
}

// kind returns the kind with an id, or nil.
func (s *state) kind(id int) *kind {
	for i := range s.kinds {
		if s.kinds[i].id == id {
			return &s.kinds[i]
		}
	}
	return nil
}

// last is the state of the latest version.
func (h *chronicle) last() *state { return &h.states[len(h.states)-1] }

// document writes a state down as a file would that follows the one before.
func (s *state) document(before *state) *rbac.Document {
	d := &rbac.Document{Format: rbac.Format, Product: "model", Label: "Model"}
	if s.shared[0] != "" {
		d.Actions = append(d.Actions, rbac.DocumentAction{Name: s.shared[1], RenamedFrom: []string{s.shared[0]}})
	}
	typeNotes := notes(s.things(), before.things(), "")
	for i, k := range s.kinds {
		t := rbac.DocumentType{Name: k.name, Label: "T", Plural: "Ts", Owned: k.owned, RenamedFrom: typeNotes[i]}
		var was []thing
		if b := before.kind(k.id); b != nil {
			was = b.actions
		}
		claimed := ""
		if named(k.actions, s.shared[1]) {
			claimed = s.shared[0]
		}
		actionNotes := notes(k.actions, was, claimed)
		for j, x := range k.actions {
			t.Actions = append(t.Actions, rbac.DocumentTypeAction{Name: x.name, RenamedFrom: actionNotes[j]})
		}
		d.Types = append(d.Types, t)
	}
	return d
}

// notes returns what a file tells of the old names of things: all that are not taken, were not another's, and are not
// claimed already.
func notes(list, before []thing, claimed string) [][]string {
	taken := map[string]bool{claimed: claimed != ""}
	out := make([][]string, len(list))
	for i, x := range list { // first what this version renames
		for _, b := range before {
			if b.id == x.id && b.name != x.name && !x.shared {
				out[i] = append(out[i], b.name)
				taken[b.name] = true
			}
		}
	}
	for i, x := range list {
		for _, old := range x.old {
			if !taken[old] && !named(list, old) && !named(before, old) {
				out[i] = append(out[i], old)
				taken[old] = true
			}
		}
	}
	return out
}

// seal makes the version of the latest state, and checks that numbers follow ids.
func (h *chronicle) seal() error {
	s := h.last()
	before := &state{}
	if len(h.states) > 1 {
		before = &h.states[len(h.states)-2]
	}
	d := s.document(before)
	if problems := d.Complete(); len(problems) > 0 {
		return fmt.Errorf("the model made a bad document: %v", problems)
	}
	var prev *rbac.Document
	if len(h.docs) > 0 {
		prev = h.docs[len(h.docs)-1]
	}
	numbered, steps, problems := rbac.Succeed(prev, d)
	if len(problems) > 0 {
		return fmt.Errorf("the model made a bad step: %v", problems)
	}
	return h.add(numbered, steps, 0)
}

func (h *chronicle) add(d *rbac.Document, steps rbac.Steps, sameAs int64) error {
	h.docs = append(h.docs, d)
	h.versions = append(h.versions, rbac.Version{Number: int64(len(h.docs)), SameAs: sameAs, Steps: steps})
	names := h.last().names()
	for _, t := range d.Types {
		for _, a := range t.Actions {
			p := rbac.Permission{ResourceType: t.Name, Action: a.Name}
			for id, name := range names {
				if was, given := h.numbers[id]; name == p && given && was != a.Number {
					return fmt.Errorf("version %d: %s has the number %d, want %d for life\n%s", len(h.docs), p, a.Number, was, h)
				} else if name == p {
					h.numbers[id] = a.Number
				}
			}
		}
	}
	return nil
}

// catalog returns the catalog of a version.
func (h *chronicle) catalog(version int) *rbac.Catalog {
	v := &h.versions[version-1]
	if v.Catalog == nil {
		c, err := rbac.NewVersion(h.docs[version-1], v.Number)
		if err != nil {
			panic(err)
		}
		v.Catalog = c
	}
	return v.Catalog
}

func (h *chronicle) String() string {
	var b strings.Builder
	for _, v := range h.versions {
		fmt.Fprintf(&b, "version %d", v.Number)
		if v.SameAs > 0 {
			fmt.Fprintf(&b, " (as %d)", v.SameAs)
		}
		fmt.Fprintf(&b, ": renamed %v, removed %v, added %v\n", v.Steps.Renamed, v.Steps.Removed, v.Steps.Added)
	}
	return b.String()
}
