package permtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"rolecall.example/rbac"
)

// Result is the outcome of a test.
type Result struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Name     string   `json:"name"`
	Failures []string `json:"failures"` // empty: it passed
}

// Report has the results of files in their order.
type Report struct {
	Results []Result `json:"tests"`
	Notes   []string `json:"notes"` // about old and deprecated names
}

// Passed reports whether no test failed.
func (r *Report) Passed() bool {
	return !slices.ContainsFunc(r.Results, func(t Result) bool { return len(t.Failures) > 0 })
}

// The person and the organization of tests without people.
var someone, somewhere = rbac.ID{1}, rbac.ID{2}

// ownerRole is exempt from rules that nobody may hold two permissions: owners hold all of them.
const ownerRole = "owner"

// run is one run of a file.
type run struct {
	*File
	world  *World
	server Server // nil offline
}

// Run runs the tests of a file. Without a server it needs the world that [File.Offline] makes. What is wrong with the file is
// in [File.Err] afterwards, and then there is no report; any other failure to get an answer is the error.
func (f *File) Run(ctx context.Context, w *World, server Server, into *Report) error {
	r := run{File: f, world: w, server: server}
	var results []Result
	for i := range f.Tests {
		t := &f.Tests[i]
		failures, err := r.test(ctx, t)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", f.Name, t.Line, err)
		}
		results = append(results, Result{f.Name, t.Line, t.Name, append([]string{}, failures...)})
	}
	if len(f.listed()) > 0 {
		return nil
	}
	into.Results = append(into.Results, results...)
	for _, n := range f.notes {
		into.Notes = append(into.Notes, fmt.Sprintf("%s:%d: %s", f.Name, n.Line, n.Text))
	}
	return nil
}

// test runs one test. On a server each asks about its own organization, where other custom roles may be held.
func (r *run) test(ctx context.Context, t *Test) (failures []string, err error) {
	if r.server != nil {
		if r.world, err = r.server.World(ctx, t.Organization); err != nil {
			return nil, r.missing(err, t.path+".organization")
		}
	}
	switch {
	case t.NeverTogether != nil:
		return r.together(ctx, t)
	case t.WhoCan != "":
		return r.people(ctx, t)
	case t.User != "":
		return r.user(ctx, t)
	}
	return r.holder(t), nil
}

// holder tests what somebody who holds the roles of a test can do.
func (r *run) holder(t *Test) (failures []string) {
	s := r.subject(r.holding(r.world, t.path+".as", t.As))
	// The sentence of a failure begins with whom the test is about.
	who := "a member without roles"
	if len(t.As) > 0 {
		who = strings.Join(t.As, " with ")
	}
	for _, a := range r.assertions(t) {
		trace := s.Explain(a.pair.Action, r.object(a.pair.ResourceType, t.Own))
		if trace.Allowed != a.can {
			failures = append(failures, r.sentence(who, a, t.Own)+": "+r.reason(&trace))
		}
	}
	return failures
}

// subject returns a person who holds roles. With only site roles, the person is not a member of the organization.
func (r *run) subject(roles []Held) *rbac.Subject {
	var grants []rbac.Grant
	member := len(roles) == 0
	for _, h := range roles {
		g := rbac.Grant{Role: h.Role}
		if !h.OfSite {
			g.Org, member = somewhere, true
		}
		grants = append(grants, g)
	}
	var organizations []rbac.ID
	if member {
		organizations = append(organizations, somewhere)
	}
	return r.world.Catalog.NewSubject(someone, organizations, grants)
}

// assertion is a pair that a person must have, or must not.
type assertion struct {
	pair rbac.Permission
	can  bool
}

// assertions returns what a test says, pair by pair, in its order.
func (r *run) assertions(t *Test) (list []assertion) {
	for _, part := range []struct {
		key   string
		texts []string
	}{{"can", t.Can}, {"cannot", t.Cannot}} {
		for i, text := range part.texts {
			path := fmt.Sprintf("%s.%s[%d]", t.path, part.key, i)
			for _, p := range r.pairs(path, text, t.Own) {
				list = append(list, assertion{p, part.key == "can"})
			}
		}
	}
	return list
}

// pairs reads a permission of an assertion, in which a wildcard means each pair; of own things, those that can be own.
func (r *run) pairs(path, text string, own bool) []rbac.Permission {
	list := r.permissions(r.world.Catalog, path, text, false)
	if !own {
		return list
	}
	owned := slices.DeleteFunc(slices.Clone(list), func(p rbac.Permission) bool { return !r.world.Catalog.Owned(p.ResourceType) })
	if wild := strings.Contains(text, rbac.Wildcard+":"); len(owned) == 0 && len(list) > 0 || len(owned) < len(list) && !wild {
		r.fail(path, "%q: such things belong to nobody, so own has no meaning", text)
	}
	return owned
}

// object returns the thing that a question is about: of the organization, unless no such thing belongs to one.
func (r *run) object(resourceType string, own bool) rbac.Object {
	o := rbac.Object{Type: resourceType, Org: somewhere}
	if r.world.Catalog.SiteOnly(resourceType) {
		o.Org = rbac.ID{}
	}
	if own {
		o.Owner = someone
	}
	return o
}

// sentence says what an assertion found instead: "clerk can void invoices".
func (r *run) sentence(who string, a assertion, own bool) string {
	can := "can"
	if a.can { // it is expected, and not so
		can = "cannot"
	}
	s := fmt.Sprintf("%s %s %s", who, can, r.world.Catalog.Phrase(a.pair))
	if own {
		s += " of their own"
	}
	return s
}

// where says at which level a permission counts.
var where = map[rbac.Level]string{
	rbac.LevelSite: "on the whole site", rbac.LevelOrganization: "in the organization", rbac.LevelUser: "for own things",
}

// reason says which roles decided, and at which level.
func (r *run) reason(t *rbac.Trace) string {
	level, decided := t.Decided()
	if !decided {
		return "no role allows it"
	}
	verb := "denied by "
	if t.Allowed {
		verb = "allowed by "
	}
	var roles []string
	for _, m := range t.Deciding() {
		roles = append(roles, cmp.Or(m.Role.DisplayName, m.Role.Name))
	}
	return verb + strings.Join(slices.Compact(roles), " and ") + " " + where[level]
}

// together tests that nobody holds two of some permissions: no role alone, and no person.
func (r *run) together(ctx context.Context, t *Test) (failures []string, err error) {
	var entries [][]rbac.Permission
	for i, text := range t.NeverTogether {
		entries = append(entries, r.pairs(fmt.Sprintf("%s.never_together[%d]", t.path, i), text, false))
	}
	var except []string
	for _, h := range r.holding(r.world, t.path+".except", t.Except) {
		except = append(except, h.shown())
	}
	// A misspelled name among the permissions would make two of them one.
	if len(r.listed()) > 0 {
		return nil, nil // what people hold is not worth asking
	}
	for _, h := range r.world.all() {
		if slices.Contains(except, h.shown()) || h.OfSite && h.Name == ownerRole {
			continue
		}
		s := r.subject([]Held{h})
		failures = append(failures, r.both(h.shown(), entries, func(p rbac.Permission) (bool, string) {
			trace := s.Explain(p.Action, r.object(p.ResourceType, false))
			return trace.Allowed, r.reason(&trace)
		})...)
	}
	if r.server == nil {
		return failures, nil
	}
	more, err := r.peopleTogether(ctx, t, entries, except)
	return append(failures, more...), err
}

// both returns which two of some permissions a person holds, if any.
func (r *run) both(who string, entries [][]rbac.Permission, holds func(rbac.Permission) (bool, string)) []string {
	var phrases []string
	why := ""
	for _, entry := range entries {
		for _, p := range entry {
			if yes, because := holds(p); yes {
				phrases = append(phrases, r.world.Catalog.Phrase(p))
				why = because
				break
			}
		}
	}
	if len(phrases) < 2 {
		return nil
	}
	return []string{fmt.Sprintf("%s can %s: %s", who, strings.Join(phrases, ", and "), why)}
}
