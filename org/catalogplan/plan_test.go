package catalogplan_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/catalogplan"
	"rolecall.example/rbac"
)

// rounds is how many worlds are compared: as many as ROLECALL_PLANS says, if it is set.
func rounds(t *testing.T) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("ROLECALL_PLANS")); err == nil {
		return n
	}
	switch {
	case os.Getenv("ROLECALL_DEEP") != "":
		return 5_000
	case testing.Short():
		return 50
	}
	return 150
}

// firstWorld is the number of the first world, as ROLECALL_PLANS_FROM may say: another number is another world.
func firstWorld() uint64 {
	n, _ := strconv.ParseUint(os.Getenv("ROLECALL_PLANS_FROM"), 10, 64) // 0 if it is not set
	return n
}

var errAgain = errors.New("the next world begins with an empty database")

// TestPlanIsComplete: a plan, at the moment of which records have ended that were not swept yet, has the lines, the counts and the people that the engine gives when it is asked about every
// person in every place about every pair, under both versions.
func TestPlanIsComplete(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	seen := map[string]int{}
	n := rounds(t)
	for round := range n {
		w := newWorld(t, firstWorld()+uint64(round))
		err := d.Write(t.Context(), func(q *db.Queries) error {
			if err := w.store(t, q); err != nil {
				return err
			}
			for _, limits := range [][2]int64{{100, 100}, {0, 100}, {0, 5}} {
				if err := w.compare(t, q, limits, seen); err != nil {
					return err
				}
			}
			return errAgain
		})
		if !errors.Is(err, errAgain) {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	for _, what := range []string{"gain", "loss", "own", "site", "organization"} {
		if seen[what] < n/20 {
			t.Errorf("%s was seen only %d times in %d worlds: %v", what, seen[what], n, seen)
		}
	}
}

// compare compares a plan with what the engine says.
func (w *world) compare(t *testing.T, q db.Reads, limits [2]int64, seen map[string]int) error {
	t.Helper()
	before, after := w.history[1], w.history[2]
	c := catalogplan.Limited(catalogplan.Change{Before: before.Catalog, After: after.Catalog, History: w.history, From: 2, To: 3, Now: worldNow}, limits[0], limits[1])
	p, err := catalogplan.Plan(t.Context(), q, c)
	if err != nil {
		return err
	}
	var people []string
	n, err := catalogplan.Each(t.Context(), q, c, func(*org.CatalogRole) error { return nil }, func(p *org.CatalogPerson) error {
		people = append(people, fmt.Sprint(p.Organization, " ", p.Username, " ", p.Name, " +", rights(p.Gains), " -", rights(p.Losses)))
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(people)
	want := w.ask()
	if diff := gocmp.Diff(want.people, people); diff != "" || n != int64(len(people)) {
		return fmt.Errorf("limits %v, %d people (-want +got):\n%s", limits, n, diff)
	}
	var lines []string
	for _, l := range p.People.Lines {
		lines = append(lines, fmt.Sprint(l.Permission, " ", l.Level, " ", l.Own, " ", l.Gain, " ", l.People))
		if len(l.Sample) == 0 || len(l.Sample) > 20 || int64(len(l.Sample)) > l.People {
			return fmt.Errorf("a line with %d people names %v", l.People, l.Sample)
		}
		for _, name := range l.Sample {
			if !strings.Contains(strings.Join(people, "\n"), name) {
				return fmt.Errorf("%s is named in a line and not listed", name)
			}
		}
		seen[l.Level]++
		if l.Own {
			seen["own"]++
		}
	}
	slices.Sort(lines)
	if diff := gocmp.Diff(want.lines(), lines); diff != "" {
		return fmt.Errorf("limits %v, lines (-want +got):\n%s", limits, diff)
	}
	got := [4]int64{p.People.Affected, p.People.Gaining, p.People.Losing, p.People.Suspended}
	if got != want.counts {
		return fmt.Errorf("limits %v: affected, gaining, losing and suspended are %v, want %v", limits, got, want.counts)
	}
	seen["gain"] += int(got[1])
	seen["loss"] += int(got[2])
	return nil
}

func rights(list []org.CatalogRight) string {
	texts := make([]string, len(list))
	for i, r := range list {
		texts[i] = fmt.Sprint(r.Permission, r.Own)
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

// answers is what the engine says of everybody.
type answers struct {
	people []string
	counts [4]int64
	count  map[string]int64
}

func (a *answers) lines() (list []string) {
	for line, n := range a.count {
		list = append(list, fmt.Sprint(line, " ", n))
	}
	slices.Sort(list)
	return list
}

// ask asks the engine about everybody, everywhere and about every pair.
func (w *world) ask() *answers {
	a := &answers{count: map[string]int64{}}
	for _, p := range w.people {
		was, is := w.subject(p, 2), w.subject(p, 3)
		w.askAt(a, p, was, is, -1)
		for o := range p.member {
			w.askAt(a, p, was, is, o)
		}
	}
	slices.Sort(a.people)
	return a
}

// askAt asks about what belongs to an organization, or to none for -1.
func (w *world) askAt(a *answers, p person, was, is *rbac.Subject, o int) {
	before, after := w.history[1].Catalog, w.history[2].Catalog
	place, level := rbac.Object{}, "site"
	if o >= 0 {
		place.Org, level = w.orgs[o], "organization"
	}
	var gains, losses, lines []string
	for number := range max(before.Document().Numbers, after.Document().Numbers) {
		old, _ := before.Numbered(number)
		now, _ := after.Numbered(number)
		name := cmp.Or(now, old)
		if parent := cmp.Or(after.Parent(now.ResourceType), before.Parent(old.ResourceType)); o >= 0 && parent == "site" {
			continue
		}
		for _, own := range []bool{false, true} {
			object := place
			if own {
				object.Owner = p.id
			}
			object.Type = old.ResourceType
			could := was.Authorize(old.Action, object)
			object.Type = now.ResourceType
			can := is.Authorize(now.Action, object)
			if could == can {
				continue
			}
			if text := fmt.Sprint(name, own); can {
				gains = append(gains, text)
			} else {
				losses = append(losses, text)
			}
			lines = append(lines, fmt.Sprint(name, " ", level, " ", own, " ", can))
			break // what holds of anybody's is not told again of one's own
		}
	}
	if len(lines) == 0 {
		return
	}
	if p.status == "suspended" {
		a.counts[3]++
		return
	}
	organization := ""
	if o >= 0 {
		organization = fmt.Sprint("org", o)
	}
	slices.Sort(gains)
	slices.Sort(losses)
	a.people = append(a.people, fmt.Sprint(organization, " ", p.name, " Name of ", p.name, " +", strings.Join(gains, " "), " -", strings.Join(losses, " ")))
	a.counts[0]++
	if gains != nil {
		a.counts[1]++
	}
	if losses != nil {
		a.counts[2]++
	}
	for _, line := range lines {
		a.count[line]++
	}
}

// subject is somebody under a version, with everything that is held anywhere.
func (w *world) subject(p person, version int64) *rbac.Subject {
	c := w.history[version-1].Catalog
	var grants []rbac.Grant
	give := func(name string, o int, in rbac.ID) {
		if r, ok := c.BuiltIn(name); ok {
			grants = append(grants, rbac.Grant{Role: r, Org: in})
		}
		for _, role := range w.roles {
			if role.name == name && role.org == o {
				now, _ := rbac.NewMigration(w.history, role.version, version).Compile(&role.role)
				grants = append(grants, rbac.Grant{Role: now, Org: in})
			}
		}
	}
	var orgs []rbac.ID
	for _, name := range p.site {
		give(name, -1, rbac.ID{})
	}
	for _, o := range slices.Sorted(maps.Keys(p.member)) {
		orgs = append(orgs, w.orgs[o])
		for _, name := range p.member[o] {
			give(name, o, w.orgs[o])
		}
	}
	return c.NewSubject(p.id, orgs, grants)
}
