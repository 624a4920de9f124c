package rbac_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/rbac"
)

// after returns the tiny document with changes, completed, and what is wrong in it as the version after prev.
func after(t *testing.T, prev *rbac.Document, change func(*rbac.Document)) (numbered *rbac.Document, steps rbac.Steps, problems []string) {
	t.Helper()
	d := tinyDocument()
	change(d)
	if bad := d.Complete(); len(bad) > 0 {
		t.Fatal(bad)
	}
	numbered, steps, bad := rbac.Succeed(prev, d)
	for _, p := range bad {
		problems = append(problems, p.String())
	}
	return numbered, steps, problems
}

// number returns the number of a pair, or -1.
func number(d *rbac.Document, resourceType, action string) int {
	for _, a := range typ(d, resourceType).Actions {
		if a.Name == action {
			return a.Number
		}
	}
	return -1
}

func same(*rbac.Document) {}

// renamed has the memo as a note, whose burning is shredding.
func renamed(d *rbac.Document) {
	m := typ(d, "memo")
	m.Name, m.RenamedFrom = "note", []string{"letter", "memo"}
	m.Actions[1] = rbac.DocumentTypeAction{Name: "shred", RenamedFrom: []string{"burn"}}
}

func TestSucceed(t *testing.T) {
	t.Parallel()
	first, steps, problems := after(t, nil, same)
	if problems != nil || len(steps.Added) != 5+31 || first.Numbers != 5+31 || number(first, "invoice", "read") != 0 {
		t.Errorf("a first version adds %d pairs and gives %d numbers, problems %q", len(steps.Added), first.Numbers, problems)
	}
	second, steps, _ := after(t, first, renamed)
	want := rbac.Steps{Renamed: [][2]string{{"memo:burn", "note:shred"}, {"memo:read", "note:read"}}, Removed: []string{}, Added: []string{}}
	if diff := cmp.Diff(want, steps); diff != "" || number(second, "note", "shred") != number(first, "memo", "burn") {
		t.Errorf("a rename (-want +got):\n%s", diff)
	}
	// The notes stay in the file: it may be applied again, and after the first version as well.
	again, steps, problems := after(t, second, renamed)
	if problems != nil || string(again.Bytes()) != string(second.Bytes()) || len(steps.Renamed) != 0 {
		t.Errorf("the same file makes another version: %q, %v", problems, steps)
	}
	third, steps, _ := after(t, second, func(d *rbac.Document) {
		renamed(d)
		m := typ(d, "note")
		m.Actions = m.Actions[:1]
	})
	fourth, _, _ := after(t, third, renamed)
	if len(steps.Removed) != 1 || number(fourth, "note", "shred") != third.Numbers || fourth.Numbers != third.Numbers+1 {
		t.Errorf("a pair that comes back under its old name has the number %d, want a new one", number(fourth, "note", "shred"))
	}
	back, steps, bad := rbac.Rollback(fourth, first)
	if bad != nil || back.Numbers != fourth.Numbers || number(back, "memo", "burn") != number(first, "memo", "burn") {
		t.Errorf("Rollback gives other numbers: %v", bad)
	}
	want = rbac.Steps{Renamed: [][2]string{{"note:read", "memo:read"}}, Removed: []string{"note:shred"}, Added: []string{"memo:burn"}}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("steps of a rollback (-want +got):\n%s", diff)
	}
	if text, err := json.Marshal(want); err != nil || string(text) != `{"renamed":[["note:read","memo:read"]],"removed":["note:shred"],"added":["memo:burn"]}` {
		t.Errorf("steps as JSON: %s, %v", text, err)
	}
}

func TestSucceedRefuses(t *testing.T) {
	t.Parallel()
	first, _, _ := after(t, nil, same)
	withRole, _, _ := after(t, first, addRole("guard", "site"))
	gone, _, _ := after(t, withRole, same)
	if !slices.Contains(gone.RetiredRoles, "guard") {
		t.Fatalf("retired roles = %q, want guard", gone.RetiredRoles)
	}
	for _, row := range []struct {
		name   string
		prev   *rbac.Document
		change func(*rbac.Document)
		want   string
	}{
		{"two actions into one", first, func(d *rbac.Document) {
			m := typ(d, "memo")
			m.Actions = []rbac.DocumentTypeAction{{Name: "see", RenamedFrom: []string{"read", "burn"}}}
		}, `types.memo.actions.see.renamed_from: the version in force has "read" and "burn"; merging two actions is not a rename: remove one of them`},
		{"an action into one that was there", first, func(d *rbac.Document) {
			m := typ(d, "memo")
			m.Actions = []rbac.DocumentTypeAction{{Name: "read", RenamedFrom: []string{"burn"}}}
		}, `types.memo.actions.read.renamed_from: the version in force has "read" and "burn"; merging two actions is not a rename: remove one of them`},
		{"a type into one that was there", first, func(d *rbac.Document) {
			d.Types = d.Types[:2]
			typ(d, "report").RenamedFrom = []string{"memo"}
		}, `types.report.renamed_from: the version in force has "report" and "memo"; merging two types is not a rename: remove one of them`},
		{"a role that is gone", gone, addRole("guard", "site"),
			"roles.guard: a role of this name is gone, and whoever held it would get this one: choose another name"},
		{"a sample with the name of a role that is gone", gone, sampleOf("guard", "memo:read"),
			`samples[0].name: "guard" was a built-in role: choose another name`},
	} {
		if _, _, problems := after(t, row.prev, row.change); !slices.Equal(problems, []string{row.want}) {
			t.Errorf("%s: problems %q, want %q", row.name, problems, row.want)
		}
	}
	back, _, problems := rbac.Rollback(gone, withRole)
	if problems != nil || len(back.RetiredRoles) != 0 {
		t.Errorf("Rollback does not bring a role back: %q %v", back.RetiredRoles, problems)
	}
	if c, err := rbac.New(gone); err != nil || !c.Reserved("Guard") {
		t.Errorf("a custom role may have the name of a role that is gone (%v)", err)
	}
}

// Pairs may not come and go for ever: their numbers are used up.
func TestRetiredPairs(t *testing.T) {
	t.Parallel()
	d, _, _ := after(t, nil, same)
	d.Numbers = 5 + 31 + 4096
	if _, _, problems := after(t, d, same); problems != nil {
		t.Errorf("4096 retired pairs: %q, want them allowed", problems)
	}
	_, _, problems := after(t, d, func(d *rbac.Document) { typ(d, "memo").Actions[1].Name = "shred" })
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "types: at most 4096 pairs that are gone") {
		t.Errorf("4097 retired pairs: %q, want them refused", problems)
	}
}

// A name that others have already may become a type's: then a rule for every type covers it in addition.
func TestHarmonizing(t *testing.T) {
	t.Parallel()
	first, steps, _ := after(t, nil, same)
	second, next, problems := after(t, first, func(d *rbac.Document) {
		typ(d, "memo").Actions[1] = rbac.DocumentTypeAction{Name: "delete", RenamedFrom: []string{"burn"}}
	})
	if problems != nil {
		t.Fatal(problems)
	}
	c, err := rbac.New(second)
	if err != nil {
		t.Fatal(err)
	}
	m := rbac.NewMigration([]rbac.Version{{Number: 1, Steps: steps}, {Number: 2, Steps: next, Catalog: c}}, 1, 2)
	live, dead := m.Permissions(orgLevel, perms("!*:burn *:delete memo:read memo:fly !*:fly"))
	if got := format(live) + " | " + format(dead); got != "*:delete !memo:delete memo:read | memo:fly !*:fly" {
		t.Errorf("Permissions = %s", got)
	}
	now, ok := m.Pair(perms("!memo:burn")[0])
	if _, gone := m.Pair(perms("memo:fly")[0]); !ok || gone || now.String() != "!memo:delete" {
		t.Errorf("Pair(!memo:burn) = %s, %v", now, ok)
	}
}

// A rollback gives everybody back what they could do, whoever holds what, unless they saved a role meanwhile; and what is
// dead stays dead in every other version.
func TestRollbackRestores(t *testing.T) {
	t.Parallel()
	cases(t, 100_000, func(rnd *rand.Rand) error {
		h := begin(rnd)
		if err := h.seal(); err != nil {
			return err
		}
		grow := func() error {
			for range 1 + rnd.IntN(3) {
				if err := h.change(); err != nil {
					return err
				}
			}
			return nil
		}
		if err := grow(); err != nil {
			return err
		}
		to := 1 + rnd.IntN(len(h.docs))
		roles := []written{h.write(1 + rnd.IntN(to)), h.write(1 + rnd.IntN(to)), h.write(to)}
		was := h.holders(roles, to)
		if err := grow(); err != nil {
			return err
		}
		if err := h.rollback(to); err != nil {
			return err
		}
		now := len(h.docs)
		for _, w := range roles {
			before, lost := h.read(w, to)
			after, gone := h.read(w, now)
			if !sameLists(before, after) || !sameLists(lost, gone) {
				return fmt.Errorf("a role of version %d reads %s in %d, and %s in %d\n%s", w.version, format(before.Organization), to, format(after.Organization), now, h)
			}
			if changes := rbac.CompareRoles(before, after); changes != nil {
				return fmt.Errorf("a rollback changes a role: %+v\n%s", changes, h)
			}
		}
		return h.sameDecisions(was, to, h.holders(roles, now), now)
	})
}

func TestCompareRoles(t *testing.T) {
	t.Parallel()
	first, _, _ := after(t, nil, same)
	second, _, _ := after(t, first, func(d *rbac.Document) {
		renamed(d)
		typ(d, "invoice").Actions = append(typ(d, "invoice").Actions[:1], rbac.DocumentTypeAction{Name: "void"})
		role(d, "clerk").Organization = []string{"invoice:void", "!note:shred"}
	})
	one, _ := rbac.New(first)
	two, err := rbac.New(second)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := one.BuiltIn("clerk")
	now, _ := two.BuiltIn("clerk")
	want := []rbac.RoleChange{{
		Level: orgLevel, Gives: perms("invoice:void"), Takes: perms("invoice:pay invoice:read"), Denies: perms("note:shred"), Undenies: perms("invoice:pay"),
	}}
	if diff := cmp.Diff(want, rbac.CompareRoles(before, now)); diff != "" {
		t.Errorf("CompareRoles (-want +got):\n%s", diff)
	}
	if got := rbac.CompareRoles(nil, now); len(got) != 1 || format(got[0].Gives) != "invoice:void" {
		t.Errorf("CompareRoles of a new role = %+v", got)
	}
	n, _ := two.Number(perms("note:shred")[0])
	if p, ok := one.Numbered(n); !ok || p.String() != "memo:burn" {
		t.Errorf("Numbered(%d) = %s, want memo:burn", n, p)
	}
	if _, ok := two.Numbered(1); ok || two.Pairs() != one.Pairs() {
		t.Error("a retired number has a pair")
	}
}

func TestMigrationNeedsItsHistory(t *testing.T) {
	t.Parallel()
	c := tiny(t)
	if !panics(func() { rbac.NewMigration([]rbac.Version{{Number: 1}, {Number: 3, Catalog: c}}, 1, 3) }) {
		t.Error("NewMigration leaves out a version")
	}
	steps := rbac.Steps{Renamed: [][2]string{{"memo:burn", "memo:shred"}}, Added: []string{"memo:file"}, Removed: []string{"memo:sing"}}
	back := rbac.NewMigration([]rbac.Version{{Number: 1, Catalog: c}, {Number: 2, Steps: steps}}, 2, 1)
	live, dead := back.Permissions(orgLevel, perms("!memo:shred memo:file memo:read"))
	if got := format(live) + " | " + format(dead); got != "!memo:burn memo:read | memo:file" {
		t.Errorf("a version later than the reader's reads %s", got)
	}
}
