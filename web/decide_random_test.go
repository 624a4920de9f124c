package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
	"rolecall.example/web/webtest"
)

// randomSite is a site of random people with random roles, some of whom are suspended or belong to no organization.
type randomSite struct {
	*webtest.Site
	rng       *rand.Rand
	people    []string
	suspended map[string]bool
	members   map[string][]string // by organization
	holders   map[string]bool     // of roles of the site
	counted   int                 // decisions that were compared
}

// askedPair is one question: about nobody's things, or about those of the subject.
type askedPair struct {
	pair rbac.Permission
	org  string // "" for a type of the site
	own  bool
}

func (a askedPair) String() string { return fmt.Sprintf("%s in %q, own %v", a.pair, a.org, a.own) }

// TestEveryWayDecidesAlike: a question has one answer, whoever asks it, and by whatever way: one's own check, a check about
// another account, AuthZEN, its searches, explanations, who can, where one can, rights to carry, and an application's own engine.
// docs/spec/authcheck.md promises it.
func TestEveryWayDecidesAlike(t *testing.T) {
	t.Parallel()
	worlds, pairs := 1, 12
	if os.Getenv("ROLECALL_DEEP") != "" {
		worlds, pairs = 4, 1000
	}
	total := 0
	for range worlds {
		seed := rand.Uint64()
		s := newRandomSite(t, seed)
		first := s.catalogOf(t)
		s.compare(t, fmt.Sprintf("seed %d", seed), pairs)
		renamed := s.rename(t)
		s.compare(t, fmt.Sprintf("seed %d, renamed", seed), pairs)
		s.compareOldNames(t, renamed)
		if _, err := s.Service.RollbackCatalog(t.Context(), s.Subject(t, webtest.Owner), org.CatalogRollback{Version: first.Version}); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		s.compare(t, fmt.Sprintf("seed %d, rolled back", seed), pairs)
		s.end(t)
		s.compare(t, fmt.Sprintf("seed %d, after ends that nobody has swept", seed), pairs)
		total += s.counted
	}
	t.Logf("%d decisions were compared", total)
}

func newRandomSite(t *testing.T, seed uint64) *randomSite {
	t.Helper()
	s := &randomSite{
		Site: webtest.New(t), rng: rand.New(rand.NewPCG(seed, 1)), suspended: map[string]bool{}, holders: map[string]bool{}, members: map[string][]string{},
	}
	var all []rbac.Permission
	c := rbac.Default()
	owner := s.Subject(t, webtest.Owner)
	for _, typ := range c.Types() {
		for _, a := range typ.Actions {
			if !owner.Can(a.Name, rbac.Object{Type: typ.Name}) {
				continue // nobody hands out what it does not hold
			}
			all = append(all, rbac.Permission{ResourceType: typ.Name, Action: a.Name})
		}
	}
	some := func(of func(rbac.Permission) bool) (list []rbac.Permission) {
		for range s.rng.IntN(12) {
			p := all[s.rng.IntN(len(all))]
			if !of(p) {
				continue
			}
			p.Negate = s.rng.IntN(3) == 0
			if !slices.ContainsFunc(list, func(o rbac.Permission) bool { return o.ResourceType == p.ResourceType && o.Action == p.Action }) {
				list = append(list, p)
			}
		}
		return list
	}
	every := func(rbac.Permission) bool { return true }
	put := func(in org.Scope, r org.RoleInput) {
		if _, err := s.Service.PutRole(t.Context(), s.Subject(t, webtest.Owner), in, org.Given(r)); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	roles := map[string][]string{"": {"auditor", "template-admin"}}
	for i := range 3 {
		name := fmt.Sprintf("site-%d", i)
		put(org.Site, org.RoleInput{Name: name, DisplayName: name, Site: some(every), User: some(func(p rbac.Permission) bool { return c.Owned(p.ResourceType) })})
		roles[""] = append(roles[""], name)
	}
	for _, place := range []string{webtest.Default, webtest.Other} {
		roles[place] = []string{"organization-auditor", "organization-admin"}
		for i := range 5 {
			name := fmt.Sprintf("role-%d", i)
			put(org.In(place), org.RoleInput{Name: name, DisplayName: name, Organization: some(func(p rbac.Permission) bool { return !c.SiteOnly(p.ResourceType) })})
			roles[place] = append(roles[place], name)
		}
	}
	for i := range 24 {
		s.add(t, fmt.Sprintf("person-%d", i), roles)
	}
	return s
}

// add makes a person with random memberships and roles.
func (s *randomSite) add(t *testing.T, name string, roles map[string][]string) {
	t.Helper()
	pick := func(list []string, most int) []string {
		found := []string{}
		for range s.rng.IntN(most + 1) {
			if r := list[s.rng.IntN(len(list))]; !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
		return found
	}
	var places []string
	for _, place := range []string{webtest.Default, webtest.Other} {
		if s.rng.IntN(3) > 0 {
			places = append(places, place)
			s.members[place] = append(s.members[place], name)
		}
	}
	if len(places) > 0 {
		s.AddUser(t, name, places...)
	} else { // everybody begins somewhere
		s.AddUser(t, name, webtest.Default)
		if res := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: "/api/v2/organizations/default/members/" + name, As: webtest.Owner}); res.StatusCode != 204 {
			t.Fatalf("%s: got %d %s", name, res.StatusCode, res.Body)
		}
	}
	s.people = append(s.people, name)
	for _, place := range places {
		s.done(t, webtest.Request{Method: http.MethodPut, Path: "/api/v2/organizations/" + place + "/members/" + name + "/roles", JSON: map[string]any{"roles": pick(roles[place], 3)}})
	}
	if s.rng.IntN(3) == 0 {
		held := pick(roles[""], 2)
		s.holders[name] = len(held) > 0
		s.done(t, webtest.Request{Method: http.MethodPut, Path: "/api/v2/users/" + name + "/roles", JSON: map[string]any{"roles": held}})
	}
	if s.rng.IntN(5) == 0 {
		s.suspended[name] = true
		s.done(t, webtest.Request{Method: http.MethodPut, Path: "/api/v2/users/" + name + "/status/suspend"})
	}
}

// end ends memberships and roles of some people in the past. No server of these tests sweeps.
func (s *randomSite) end(t *testing.T) {
	t.Helper()
	ended := time.Now().Add(-time.Second).UTC()
	for _, name := range s.people {
		for _, table := range []string{"member_roles", "user_roles"} {
			if s.rng.IntN(2) == 0 {
				s.Exec(t, "UPDATE "+table+" SET ends_at = ? WHERE user_id = ? AND (role LIKE ? OR role LIKE '%a%')", ended, s.ID(name), fmt.Sprint("%", s.rng.IntN(5)))
			}
		}
	}
	s.Exec(t, "UPDATE revisions SET value = value + 1, roles = value + 1")
}

// done is a request of the owner that must work.
func (s *randomSite) done(t *testing.T, r webtest.Request) *webtest.Response {
	t.Helper()
	if r.As == "" {
		r.As = webtest.Owner
	}
	res := s.Do(t, r)
	if res.StatusCode != 200 {
		t.Fatalf("%s: got %d %.300s", r.Path, res.StatusCode, res.Body)
	}
	return res
}

func (s *randomSite) catalogOf(t *testing.T) *client.Catalog {
	t.Helper()
	var c client.Catalog
	s.done(t, webtest.Request{Path: "/api/v2/catalog"}).Decode(&c)
	return &c
}

// rename puts a catalog in force in which some actions have other names, and returns the old names by the new ones.
func (s *randomSite) rename(t *testing.T) map[string]string {
	t.Helper()
	d, err := rbac.ParseDocument(rbac.Default().Document().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	renamed := map[string]string{}
	for i := range d.Types {
		typ := &d.Types[i]
		for j := range typ.Actions {
			a := &typ.Actions[j]
			if rbac.Default().Core(typ.Name) || s.rng.IntN(8) > 0 {
				continue
			}
			renamed[typ.Name+":"+a.Name+"_anew"] = typ.Name + ":" + a.Name
			a.RenamedFrom, a.Name = []string{a.Name}, a.Name+"_anew"
		}
	}
	for now, before := range renamed {
		for i := range d.Roles {
			for _, list := range []*[]string{&d.Roles[i].Site, &d.Roles[i].Organization, &d.Roles[i].User} {
				for k := range *list {
					if sign, ok := strings.CutSuffix((*list)[k], before); ok && len(sign) <= 1 { // a deny begins with one
						(*list)[k] = sign + now
					}
				}
			}
		}
	}
	if problems := d.Complete(); len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := s.Service.ApplyCatalog(t.Context(), s.Subject(t, webtest.Owner), org.CatalogChange{Document: d, Source: "x"}); err != nil {
		t.Fatal(err)
	}
	return renamed
}

// questions are those that make sense about some pairs of the catalog.
func (s *randomSite) questions(c *client.Catalog, pairs int) (list []askedPair) {
	var all []askedPair
	for _, typ := range c.Types {
		places := []string{webtest.Default, webtest.Other}
		if typ.Parent == "site" {
			places = []string{""}
		}
		for _, a := range typ.Actions {
			for _, place := range places {
				all = append(all, askedPair{rbac.Permission{ResourceType: typ.Name, Action: a.Name}, place, false})
			}
		}
	}
	s.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, q := range all[:min(pairs, len(all))] {
		own := q
		own.own = true
		list = append(list, q, own)
	}
	return list
}

// compare asks everything in every way. What a person is answered about itself is the measure; the suspended may do nothing.
func (s *randomSite) compare(t *testing.T, where string, pairs int) {
	t.Helper()
	c := s.catalogOf(t)
	questions := s.questions(c, pairs)
	want := map[string][]bool{}
	for _, name := range s.people {
		want[name] = make([]bool, len(questions))
		if !s.suspended[name] {
			want[name] = s.answers(t, name, "", questions)
		}
	}
	check := func(way, name string, at int, got bool) {
		s.counted++
		if got != want[name][at] {
			t.Errorf("%s: %s about %s, %s: %v, want %v", where, way, name, questions[at], got, want[name][at])
		}
	}
	engine := s.engine(t)
	for _, name := range s.people {
		for at, got := range s.answers(t, webtest.Owner, name, questions) {
			check("authcheck", name, at, got)
		}
		for at, got := range s.evaluations(t, name, questions) {
			if !named(questions[at].pair) {
				check("AuthZEN", name, at, got)
			}
		}
		for range 20 { // as many as are explained at once
			at := s.rng.IntN(len(questions))
			check("explain", name, at, s.explained(t, name, questions[at]))
			if at%4 == 0 {
				break
			}
		}
		rights := s.rights(t, name, c)
		for at, q := range questions {
			number, _ := numberOf(c, q.pair)
			var place snapshot.ID
			if q.org != "" {
				place = snapshot.ID(s.Organizations[q.org].ID)
			}
			got, known := engine.Allowed(snapshot.ID(uuid.MustParse(s.ID(name))), place, number, q.own)
			if known || q.org != "" {
				check("the engine", name, at, got)
			}
			if q.org != "" {
				check("rights", name, at, rights[q.org].Has(q.pair.String(), q.own))
			}
		}
	}
	s.compareLists(t, questions, check)
}

// compareLists asks who can, the searches, and where one can.
func (s *randomSite) compareLists(t *testing.T, questions []askedPair, check func(string, string, int, bool)) {
	t.Helper()
	for at, q := range questions {
		if q.org == "" {
			continue
		}
		owner := ""
		if q.own {
			owner = "&owner=me"
		}
		listed := map[string]bool{}
		path := "/api/v2/organizations/" + q.org + "/who-can?resource_type=" + q.pair.ResourceType + "&action=" + q.pair.Action + owner
		body := s.done(t, webtest.Request{Path: path, Header: http.Header{"Accept": {"application/x-ndjson"}}}).Body
		for line := range bytes.Lines(body) {
			var row struct {
				Username  string
				Suspended bool
			}
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatal(err)
			}
			listed[row.Username] = !row.Suspended
		}
		for _, name := range s.people {
			check("who can", name, at, listed[name])
		}
		if q.own || named(q.pair) { // a search has no owner that is whoever is found
			continue
		}
		found := s.search(t, q)
		for _, name := range s.people {
			if slices.Contains(s.members[q.org], name) || s.holders[name] {
				check("the search for subjects", name, at, found[name])
			}
		}
	}
	for _, name := range s.people {
		at := s.rng.IntN(len(questions))
		if q := questions[at]; q.org != "" {
			own := ""
			if q.own {
				own = "&own=1"
			}
			var places []client.Organization
			s.done(t, webtest.Request{Path: "/api/v2/users/" + name + "/organizations?can=" + q.pair.String() + own}).Decode(&places)
			check("where", name, at, slices.ContainsFunc(places, func(o client.Organization) bool { return o.Name == q.org }))
		}
	}
}

// answers is the answers of /authcheck: of somebody about itself as Coder's clients ask, or about somebody else by name.
func (s *randomSite) answers(t *testing.T, as, about string, questions []askedPair) []bool {
	t.Helper()
	found := make([]bool, 0, len(questions))
	for piece := range slices.Chunk(questions, 1000) {
		checks := map[string]any{}
		for i, q := range piece {
			o := map[string]any{"resource_type": q.pair.ResourceType}
			if q.org != "" && about == "" {
				o["organization_id"] = s.Organizations[q.org].ID
			} else if q.org != "" {
				o["organization_id"] = q.org
			}
			if q.own {
				o["owner_id"] = "me"
			}
			checks[fmt.Sprint(i)] = map[string]any{"action": q.pair.Action, "object": o}
		}
		body := map[string]any{"checks": checks}
		if about != "" {
			body["user"] = about
		}
		var a client.AuthCheckResponse
		s.done(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck", As: as, JSON: body}).Decode(&a)
		for key, e := range a.Errors {
			if e.Code != "suspended" {
				t.Errorf("%s about %q: %s: %v", as, about, key, e)
			}
		}
		for i := range piece {
			found = append(found, a.Answers[fmt.Sprint(i)])
		}
	}
	return found
}

// evaluations is the answers of AuthZEN.
func (s *randomSite) evaluations(t *testing.T, name string, questions []askedPair) []bool {
	t.Helper()
	found := make([]bool, 0, len(questions))
	for piece := range slices.Chunk(questions, 1000) {
		list := make([]any, len(piece))
		for i, q := range piece {
			properties := map[string]any{}
			if q.org != "" {
				properties["organization"] = q.org
			}
			if q.own {
				properties["owner_id"] = s.ID(name)
			}
			list[i] = map[string]any{
				"subject": map[string]any{"type": "user", "id": name}, "action": map[string]any{"name": q.pair.Action},
				"resource": map[string]any{"type": q.pair.ResourceType, "id": "1", "properties": properties},
			}
		}
		var a struct {
			Evaluations []struct{ Decision bool }
		}
		s.done(t, webtest.Request{
			Method: http.MethodPost, Path: "/access/v1/evaluations", JSON: map[string]any{"evaluations": list},
		}).Decode(&a)
		for _, e := range a.Evaluations {
			found = append(found, e.Decision)
		}
	}
	return found
}

// search is whom AuthZEN finds.
func (s *randomSite) search(t *testing.T, q askedPair) map[string]bool {
	t.Helper()
	var a struct {
		Results []struct{ ID string }
		Page    struct {
			NextToken string `json:"next_token"`
		}
	}
	s.done(t, webtest.Request{Method: http.MethodPost, Path: "/organizations/" + q.org + "/access/v1/search/subject", JSON: map[string]any{
		"subject": map[string]any{"type": "user"}, "action": map[string]any{"name": q.pair.Action}, "resource": map[string]any{"type": q.pair.ResourceType, "id": "1"},
	}}).Decode(&a)
	if a.Page.NextToken != "" {
		t.Error("a search of few people has another page")
	}
	found := map[string]bool{}
	for _, r := range a.Results {
		found[r.ID] = true
	}
	return found
}

// explained is the answer of one check with all that led to it.
func (s *randomSite) explained(t *testing.T, name string, q askedPair) bool {
	t.Helper()
	o := map[string]any{"resource_type": q.pair.ResourceType}
	if q.org != "" {
		o["organization_id"] = q.org
	}
	if q.own {
		o["owner_id"] = name
	}
	var a client.AuthCheckResponse
	s.done(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck?explain=1", JSON: map[string]any{
		"user": name, "checks": map[string]any{"it": map[string]any{"action": q.pair.Action, "object": o}, "too": map[string]any{"action": q.pair.Action, "object": o}},
	}}).Decode(&a)
	if a.Answers["it"] != a.Answers["too"] {
		t.Errorf("%s, %s: %v", name, q, a.Answers)
	}
	return a.Answers["it"]
}

// rights is what a person carries, by organization.
func (s *randomSite) rights(t *testing.T, name string, c *client.Catalog) map[string]client.Rights {
	t.Helper()
	found := map[string]client.Rights{}
	for _, place := range []string{webtest.Default, webtest.Other} {
		res := s.Do(t, webtest.Request{Path: "/api/v2/organizations/" + place + "/members/" + name + "/rights", As: webtest.Owner})
		if res.StatusCode == 404 && s.suspended[name] {
			continue // nobody's rights: none
		}
		var a client.RightsAnswer
		if res.StatusCode != 200 {
			t.Fatalf("%s in %s: got %d %s", name, place, res.StatusCode, res.Body)
		}
		res.Decode(&a)
		r, err := client.ReadRights(a.Rights, c)
		if err != nil {
			t.Fatal(err)
		}
		found[place] = r
	}
	return found
}

// engine decides by the documents of another replica, which keeps none from before.
func (s *randomSite) engine(t *testing.T) *snapshot.State {
	t.Helper()
	replica := s.Replica(t)
	var state *snapshot.State
	keys := keysOf(t, replica)
	for _, path := range []string{"/api/v2/snapshot", "/api/v2/organizations/default/snapshot", "/api/v2/organizations/other/snapshot"} {
		res := replica.Get(t, webtest.Owner, path)
		d, err := snapshot.Read(bytes.NewReader(res.Body), keys)
		if err != nil {
			t.Fatalf("%s: %d %v", path, res.StatusCode, err)
		}
		if state == nil {
			state = snapshot.NewState(d.Header.Issuer, time.Now)
		}
		if err := state.Load(d); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return state
}

// compareOldNames asks by the names that pairs had before.
func (s *randomSite) compareOldNames(t *testing.T, renamed map[string]string) {
	t.Helper()
	name := s.people[s.rng.IntN(len(s.people))]
	var now, before []askedPair
	for _, key := range slices.Sorted(maps.Keys(renamed)) {
		for _, of := range []struct {
			text string
			list *[]askedPair
		}{{key, &now}, {renamed[key], &before}} {
			resourceType, action, _ := strings.Cut(of.text, ":")
			q := askedPair{pair: rbac.Permission{ResourceType: resourceType, Action: action}}
			if !rbac.Default().SiteOnly(resourceType) {
				q.org = webtest.Default
			}
			*of.list = append(*of.list, q)
		}
	}
	a, b := s.answers(t, webtest.Owner, name, now), s.answers(t, webtest.Owner, name, before)
	s.counted += len(a)
	if !slices.Equal(a, b) {
		t.Errorf("%s: by new names %v, by old ones %v", name, a, b)
	}
}

// named reports whether the id of a thing of that type names it in AuthZEN, so that it is a question about one thing.
func named(p rbac.Permission) bool {
	return slices.Contains([]string{"organization", "user", "organization_member"}, p.ResourceType)
}

// numberOf is the number of a pair.
func numberOf(c *client.Catalog, p rbac.Permission) (int, bool) {
	for _, typ := range c.Types {
		for _, a := range typ.Actions {
			if typ.Name == p.ResourceType && a.Name == p.Action {
				return a.Number, true
			}
		}
	}
	return 0, false
}
