package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names of figures of changes of the catalog, which bounds refer to.
const (
	planAll    = "plan, every member concerned"
	planNone   = "plan, no role changes"
	planOne    = "plan, a role with 1,000 holders changes"
	planMemory = "plan, every member concerned, growth of memory"
	planList   = "list of everybody concerned"
	listMemory = "list of everybody concerned, growth of memory"
	whoOfAll   = "who can, among all"
)

// catalogBounds are the targets of `bench catalog`. The columns of its tables are numbers of organizations.
var catalogBounds = []bound{
	{"Plan of a change that concerns every member", planAll + ", median", "", "ms", 0, 2000, 0},
	{"Plan of a change of no role", planNone + ", median", "", "ms", 0, 50, 0},
	{"Plan of a change of a role that 1,000 hold", planOne + ", median", "", "ms", 0, 100, 0},
	{"Memory that a plan takes", planMemory, "", "MiB", 0, 64, 0},
	{"List of everybody concerned", planList, "", "rows/s", 250_000, 0, 0},
	{"Memory that the list takes", listMemory, "", "MiB", 0, 64, 0},
	{"Who can, of all members", whoOfAll + ", median", "", "ms", 0, 2200, 1},
}

// runCatalog measures plans of a change of the catalog for very many people, in one organization and in many.
func runCatalog(ctx context.Context, args []string, out, log io.Writer) error {
	o := options{sizes: []int{1, 10_000}}
	fs := flag.NewFlagSet("bench catalog", flag.ContinueOnError)
	fs.Func("organizations", "`NUMBERS` of organizations, with commas (default 1,10000)", o.readSizes)
	people := fs.Int("people", 1_000_000, "`NUMBER` of members of all organizations together")
	fs.IntVar(&o.rounds, "rounds", 5, "`NUMBER` of rounds; the median counts")
	fs.StringVar(&o.postgres, "postgres", "", "`URL` of a PostgreSQL server whose user may make databases: measure on it, without targets")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	var b book
	b.begin(o)
	b.Method, b.bounds = fmt.Sprintf("%s members, by the number of organizations; the median of %d rounds", grouped(float64(*people)), o.rounds), catalogBounds
	// A lab whose setup failed halfway has to be torn down too.
	l, err := newLab(ctx, o.postgres)
	defer l.tearDown()
	if err != nil {
		return err
	}
	// Each number of organizations has a database of its own, which is removed before the next one is made: the disk holds only
	// one at a time.
	for _, n := range o.sizes {
		begin := time.Now()
		s, err := l.serveCrowd(ctx, crowd{*people, n}, func(name, unit string, value float64) { b.note(n, name, unit, value) })
		if err == nil {
			err = errors.Join(s.measurePlans(ctx, o.rounds, n == 1), s.remove(ctx))
		}
		if err != nil {
			return fmt.Errorf("organizations: %d: %w", n, err)
		}
		fmt.Fprintf(log, "organizations: %s, %.0f s\n", grouped(float64(n)), time.Since(begin).Seconds())
	}
	// The figures are useful whether or not the targets are met, so they come first.
	b.print(out)
	if !b.good() {
		return errBound
	}
	return nil
}

// serveCrowd serves a small demo with the catalog of this file, and adds a crowd to it.
func (l *lab) serveCrowd(ctx context.Context, c crowd, note func(name, unit string, value float64)) (*server, error) {
	file := filepath.Join(l.dir, "catalog.json")
	if err := os.WriteFile(file, []byte(document(change{})), 0o600); err != nil {
		return nil, err
	}
	s := &server{members: 50, database: filepath.Join(l.dir, fmt.Sprintf("crowd-%d.db", c.organizations)), note: note}
	if err := l.fill(s, "--catalog", file); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	// The people are written to the file while nobody serves it: through the API a million would take hours.
	begin := time.Now()
	if err := c.settle(ctx, s.database); err != nil {
		return nil, fmt.Errorf("settle the crowd: %w", err)
	}
	note("making the data", "s", time.Since(begin).Seconds())
	s.members = c.people
	if l.postgres != "" {
		if err := l.move(ctx, s); err != nil {
			return nil, err
		}
	}
	_, err := l.startServer(ctx, s)
	return s, err
}

// change says what changes in the catalog.
type change struct{ everything, aLabel, oneRole bool }

// The catalog has this many types, each with these actions, and this many roles, of which each member holds two or three.
const (
	manyTypes = 30
	manyRoles = 16
	rareRole  = "rare"    // which 1,000 hold
	retired   = "t29:sow" // the pair that goes
)

var doings = []string{"see", "sow", "mow", "tie", "rig"}

// document returns the catalog before or after a change, as a file.
func document(c change) string {
	type object = map[string]any
	actions, types, roles := object{}, object{}, object{}
	for _, name := range doings {
		actions[name] = object{"label": strings.ToUpper(name)}
	}
	addType := func(name, label string) {
		of := object{}
		for _, a := range doings {
			if name+":"+a != retired || !c.everything {
				of[a] = a + " a thing"
			}
		}
		types[name] = object{"label": label, "plural": "Many " + label, "owned": true, "actions": of}
	}
	for i := range manyTypes {
		addType(fmt.Sprintf("t%02d", i), fmt.Sprint("Thing ", i))
	}
	addRole := func(name string, pairs ...string) {
		roles[name] = object{"label": name, "scope": "organization", "organization": pairs}
	}
	for i := range manyRoles {
		pairs := []string{fmt.Sprintf("t%02d:see", i), fmt.Sprintf("t%02d:sow", i)}
		if c.everything {
			pairs[1] = fmt.Sprintf("t%02d:mow", i)
		}
		addRole(roleName(i), pairs...)
	}
	addRole(rareRole, "t20:see")
	belonging := []string{"t21:see"}
	switch {
	case c.everything: // whoever belongs gains a pair, roles with a wildcard gain another one, and all other roles change too
		belonging = append(belonging, "t22:see")
		addType("added", "Thing that is new")
	case c.aLabel:
		addType("t00", "Thing of another name")
	case c.oneRole:
		addRole(rareRole, "t20:see", "t20:rig")
	}
	roles["organization-member"] = object{"organization": belonging}
	data, err := json.Marshal(object{
		"format": "rolecall/catalog/1", "product": "bench", "label": "Bench", "actions": actions, "types": types, "roles": roles,
	})
	if err != nil {
		panic(err) // there is nothing in it that could not be written
	}
	return string(data)
}

func roleName(i int) string { return fmt.Sprintf("role-%02d", i) }

// measurePlans measures plans of three changes, the list of one, and who can do something.
func (s *server) measurePlans(ctx context.Context, rounds int, one bool) error {
	put := func(c change, accept string) []byte {
		return request("PUT", "/api/v2/catalog?dry_run=1&retire="+retired, "Accept: "+accept+"\r\n", s.token, document(c))
	}
	all := put(change{everything: true}, "application/json")
	body, err := once(s.address, all)
	if err != nil {
		return err
	}
	var plan struct {
		People struct{ Members, Affected int }
		Sets   int
	}
	if err := json.Unmarshal(body, &plan); err != nil {
		return err
	}
	if plan.People.Members < s.members {
		return fmt.Errorf("the plan is about %d members, want %d at least", plan.People.Members, s.members)
	}
	s.note("members whom it gives or takes something", "", float64(plan.People.Affected))
	s.note("sets of holdings decided about", "", float64(plan.Sets))
	growth, err := s.repeat(ctx, planAll, all, rounds)
	if err != nil {
		return err
	}
	s.note(planMemory, "MiB", growth)
	for _, t := range []struct {
		name string
		c    change
	}{{planNone, change{aLabel: true}}, {planOne, change{oneRole: true}}} {
		if _, err := s.repeat(ctx, t.name, put(t.c, "application/json"), 4*rounds); err != nil {
			return err
		}
	}
	if err := s.measureConcerned(put(change{everything: true}, "application/x-ndjson"), plan.People.Affected, rounds); err != nil {
		return err
	}
	if one {
		_, err = s.repeat(ctx, whoOfAll, s.get(organization+"/who-can?resource_type=t03&action=sow&limit=25&n="+fresh, asJSON), rounds)
	}
	return err
}

// repeat notes the time and the processor time of a request. It returns how much memory grew.
func (s *server) repeat(ctx context.Context, name string, request []byte, rounds int) (float64, error) {
	t := &target{name: name, address: s.address, requests: [][]byte{request}}
	s.forgetPeak()
	memory, busy := s.memory("VmRSS"), s.busy()
	if err := t.sample(ctx, rounds, time.Minute); err != nil {
		return 0, err
	}
	s.note(name+", median", "ms", ms(median(t.times)))
	s.note(name+", processor", "ms", ms(s.busy()-busy)/float64(len(t.times)+1)) // one warms up
	return max(0, s.memory("VmHWM")-memory), nil
}

// measureConcerned reads the list of everyone whom a change affects.
func (s *server) measureConcerned(list []byte, people, rounds int) error {
	var rates, processor, growth []float64
	for range min(3, rounds) {
		s.forgetPeak()
		memory, busy := s.memory("VmRSS"), s.busy()
		_, took, err := download(s.address, list)
		if err != nil {
			return err
		}
		rates = append(rates, float64(people)/took.Seconds())
		processor = append(processor, float64(people)/(s.busy()-busy).Seconds())
		growth = append(growth, s.memory("VmHWM")-memory)
	}
	s.note(planList, "rows/s", median(rates))
	s.note(planList+", for each second of the processor", "rows", median(processor))
	s.note(listMemory, "MiB", max(0, median(growth)))
	return nil
}
