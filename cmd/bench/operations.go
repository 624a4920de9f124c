package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	organization = "/api/v2/organizations/default"
	members      = organization + "/members"
	pages        = organization + "/paginated-members"
)

// Names of figures that targets refer to.
const (
	emptyAnswer = "an empty JSON answer of Echo"
	memoryPage  = "a page of 25 members out of memory"
	firstPages  = "first 40 pages, a write a second"
	freshPages  = "first 40 pages, never the same request"
	htmlPages   = "first 40 pages, HTML, a write a second"
	orgRoles    = "roles of the organization"
	siteRoles   = "roles of the site"
	oneCheck    = "authcheck, 1 check"
	manyChecks  = "authcheck, 100 checks"
	mostChecks  = "authcheck, 1,000 checks"
	otherChecks = "authcheck about others, 1 check"
	assigning   = "assign, 64 clients"
	bareInserts = "the database alone, inserts in batches of 64"
	oneStranger = "tiny answer, to anybody"
	oneCaller   = "tiny answer, to a token"
	bulk        = "give a role to 1,000 at once, or to all"
)

func (s *server) get(path, headers string) []byte { return request("GET", path, headers, s.token, "") }

func (s *server) send(method, path, body string) []byte {
	return request(method, path, asJSON, s.token, body)
}

// turner takes turns with others: a target, or the database alone.
type turner interface {
	measure(ctx context.Context, turn time.Duration) error
}

// rates returns everything that is measured in requests a second. The ceilings take turns with the others, so that a slow
// phase of the machine affects all of them.
func (s *server) rates(ceiling string, everybody []person, others [][]byte, clients int) []*target {
	var json40, fresh40, html40, fragments [][]byte
	for n := range 40 {
		query := fmt.Sprintf("?limit=25&offset=%d", 25*n)
		json40 = append(json40, s.get(pages+query, asJSON))
		fresh40 = append(fresh40, s.get(pages+query+"&n="+fresh, asJSON))
		html40 = append(html40, s.get("/organizations/default/members"+query, asPage))
		fragments = append(fragments, s.get("/organizations/default/members"+query, asFragment))
	}
	one := func(r []byte) [][]byte { return [][]byte{r} }
	assignments := s.assignments(everybody)
	list := []*target{
		{name: emptyAnswer, address: ceiling, requests: one(request("GET", "/empty", asJSON, "", ""))},
		{name: memoryPage, address: ceiling, requests: one(request("GET", "/page", asJSON, "", ""))},
		{name: firstPages, requests: json40, disturb: assignments},
		{name: freshPages, requests: fresh40},
		{name: htmlPages, requests: html40, disturb: assignments},
		{name: "first 40 pages, htmx fragment, a write a second", requests: fragments, disturb: assignments},
		{name: orgRoles, requests: one(s.get(members+"/roles", asJSON))},
		{name: siteRoles, requests: one(s.get("/api/v2/users/roles", asJSON))},
		{name: "one role", requests: one(s.get(members+"/roles/contractor", asJSON))},
		{name: oneCheck, requests: one(s.send("POST", "/api/v2/authcheck", checks(1)))},
		{name: manyChecks, requests: one(s.send("POST", "/api/v2/authcheck", checks(100)))},
		{name: mostChecks, requests: one(s.send("POST", "/api/v2/authcheck", checks(1000)))},
		{name: otherChecks, requests: others},
		{name: oneStranger, requests: one(request("GET", "/healthz", "", "", ""))},
		{name: oneCaller, requests: one(s.get("/api/v2/organizations", asJSON))},
		{name: "assign, 8 clients", requests: assignments, inTurn: true, clients: 8},
		{name: assigning, requests: assignments, inTurn: true, clients: 64},
	}
	for _, t := range list {
		if t.address == "" {
			t.address = s.address
		}
		if t.clients == 0 {
			t.clients = clients
		}
	}
	return list
}

// assignments returns requests that give people one role and then another. Sent in turn, each one changes something: giving a
// role that is held already would write nothing.
func (s *server) assignments(people []person) (requests [][]byte) {
	for _, role := range []string{"read-only", "contractor"} {
		for _, p := range people {
			requests = append(requests, s.send("PUT", members+"/"+p.ID+"/roles", `{"roles":["`+role+`"]}`))
		}
	}
	return requests
}

// checks returns a request with n checks, of which some are allowed and some are not.
func checks(n int) string {
	actions := []string{"create", "read", "update", "delete"}
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"%d":{"object":{"resource_type":%q,"any_org":true},"action":%q}`,
			i, things.Checked[i%len(things.Checked)], actions[i%len(actions)]))
	}
	return `{"checks":{` + strings.Join(list, ",") + `}}`
}

// latencies returns everything that is measured by the time of one request. No request is repeated. An answer that was
// kept would say nothing of the size of the site.
func (s *server) latencies(middle []person) (list []*target) {
	add := func(name string, requests ...[]byte) {
		list = append(list, &target{name: name, address: s.address, requests: requests})
	}
	page := func(query string) []byte { return s.get(pages+"?limit=25&n="+fresh+query, asJSON) }
	add("first page", page(""))
	add("page in the middle", page(fmt.Sprint("&offset=", s.members/2)))
	add("page at the end", page(fmt.Sprint("&offset=", s.members-25)))
	search := func(name string, queries ...string) {
		var json, html [][]byte
		for _, q := range queries {
			json = append(json, page("&"+q))
			html = append(html, s.get("/organizations/default/members?n="+fresh+"&"+q, asPage))
		}
		add(name+", JSON", json...)
		add(name+", HTML", html...)
	}
	query := func(field func(person) string) (queries []string) {
		for _, p := range middle {
			queries = append(queries, "q="+url.QueryEscape(field(p)))
		}
		return queries
	}
	search("search by a username", query(func(p person) string { return p.Username })...)
	search("search by a name", query(func(p person) string { return p.Name })...)
	search("search by an e-mail address", query(func(p person) string { return p.Email })...)
	search("search for what a fiftieth has", "q=grace", "q=victor", "q=simon")
	search("search for what everybody has", "q=acme")
	search("filter by a role that a sixth holds", "role=contractor")
	search("filter by a role that one in 300 holds", "role=organization-admin")
	for _, key := range []string{"name", "email", "created_at", "updated_at"} {
		add("sort by "+key, page("&sort="+key))
	}
	add(things.Seeking, s.get(organization+"/who-can?resource_type="+things.Sought+"&action=delete&limit=25&n="+fresh, asJSON))
	return list
}

// person has the fields of a member that are searched.
type person struct {
	ID       string `json:"user_id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	Email    string `json:"email"`
}

// people returns some members by username, without the caller, who may not change its own roles.
func (s *server) people(offset, most int) (list []person, err error) {
	const piece = 10_000
	for ; offset < s.members && len(list) < most; offset += piece {
		body, err := once(s.address, s.get(fmt.Sprintf("%s?limit=%d&offset=%d", pages, min(piece, most), offset), asJSON))
		if err != nil {
			return nil, err
		}
		var answer []struct{ Members []person }
		if err := json.Unmarshal(body, &answer); err != nil {
			return nil, err
		}
		list = append(list, answer[0].Members...)
	}
	return slices.DeleteFunc(list, func(p person) bool { return p.Username == "ada" || p.Name == "" }), nil
}

// measure measures everything at this size.
func (s *server) measure(ctx context.Context, l *lab, o options) error {
	page, err := once(s.address, s.get(pages+"?limit=25", asJSON))
	if err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond)
	s.note("memory after the start", "MiB", s.memory("VmRSS"))
	data, err := size(ctx, s.database)
	if err != nil {
		return err
	}
	s.note("database", "MiB", data)
	s.note("binary", "MB", mib(l.binary)*(1<<20)/1e6)
	ceiling, err := startCeiling(bytes.Clone(page))
	if err != nil {
		return err
	}
	defer ceiling.stop()
	// Enough that no two clients change the same person at once.
	everybody, err := s.people(0, 2000)
	if err != nil {
		return err
	}
	middle, err := s.people(s.members/2, 20)
	if err != nil {
		return err
	}
	others, err := s.checksAbout(everybody)
	if err != nil {
		return err
	}
	if err := s.measureRates(ctx, l, s.rates(ceiling.address, everybody, others, o.clients), o); err != nil {
		return err
	}
	for _, t := range s.latencies(middle) {
		if err := t.sample(ctx, 100, o.patience); err != nil {
			return err
		}
		s.note(t.name+", median", "ms", ms(median(t.times)))
		s.note(t.name+", p99", "ms", ms(quantile(t.times, 0.99)))
	}
	if err := s.measureLists(ctx, min(3, o.rounds)); err != nil {
		return err
	}
	s.note("memory at most, under all of that", "MiB", max(s.peak, s.memory("VmHWM")))
	// After the figure above: it is about load, not about changes of a whole site.
	if err := s.measureRoles(ctx, everybody); err != nil {
		return err
	}
	return s.measureElsewhere(ctx, o, middle[0])
}

func (s *server) measureRates(ctx context.Context, l *lab, targets []*target, o options) error {
	alone, err := newScratch(ctx, l.dir, s.database)
	if err != nil {
		return err
	}
	defer alone.close()
	var turners []turner
	for _, t := range targets {
		turners = append(turners, t)
	}
	turners = append(turners, alone) // beside the assignments
	// Each one has a turn in every round, so a slow minute of the machine affects all.
	for round := range o.rounds + 1 {
		turn := o.turn
		if round == 0 {
			turn /= 2 // warms up
		}
		for _, t := range turners {
			if err := t.measure(ctx, turn); err != nil {
				return err
			}
		}
	}
	rate := map[string]float64{}
	for _, t := range targets {
		rate[t.name] = median(t.rates[1:])
		s.note(t.name, "/s", rate[t.name])
	}
	s.note(bareInserts, "/s", median(alone.rates[1:]))
	s.note("cost of authentication", "µs", 1e6/rate[oneCaller]-1e6/rate[oneStranger])
	return nil
}

// measureLists reads the list of all members, and compares that with reading the same rows from the database alone.
func (s *server) measureLists(ctx context.Context, rounds int) error {
	var list, csv, bare, first, growth []float64
	rate := func(d time.Duration) float64 { return float64(s.members) / d.Seconds() }
	for range rounds {
		s.peak = max(s.peak, s.memory("VmHWM"))
		s.forgetPeak()
		// What counts is how much more the list needs, not what the server had before.
		before := s.memory("VmRSS")
		start, took, err := download(s.address, s.get(members, asJSON))
		if err != nil {
			return err
		}
		list, first, growth = append(list, rate(took)), append(first, ms(start)), append(growth, s.memory("VmHWM")-before)
		took, err = scan(ctx, s.database, s.members)
		if err != nil {
			return err
		}
		bare = append(bare, rate(took))
		if _, took, err = download(s.address, s.get(members, asCSV)); err != nil {
			return err
		}
		csv = append(csv, rate(took))
	}
	s.note(fullList, "rows/s", median(list))
	s.note("all members, CSV", "rows/s", median(csv))
	s.note(bareScan, "rows/s", median(bare))
	s.note("all members, first byte", "ms", median(first))
	s.note("all members, growth of memory", "MiB", max(0, median(growth)))
	return nil
}
