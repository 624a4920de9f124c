package local_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/client/local"
	"rolecall.example/org"
	"rolecall.example/web/webtest"
)

// The names that random writes are about.
var (
	people    = []string{webtest.Admin, webtest.Member, webtest.Rival, webtest.Outsider}
	siteRoles = []string{"auditor", "user-admin", "template-admin", "keeper"}
	orgRoles  = []string{"organization-auditor", "organization-user-admin", "organization-template-admin", "one", "two"}
	asked     = []string{
		"audit_log:read", "organization_member:create", "organization_member:read", "template:read", "template:update",
		"workspace:create", "workspace:delete", "organization:read", "assign_org_role:assign",
	}
)

// world is two servers of one database with random writes, and engines that hear of them over bad lines.
type world struct {
	testing.TB
	orgRoles, siteRoles, asked []string

	random   *rand.Rand
	backends []*backend
	engines  []*local.Engine
	storms   []*storm
	last     map[string]string // the revision of the last write of each scope
	latest   string            // the scope of the last write
	log      []string          // the last writes
	accepted int
	decided  int
}

func newWorld(t testing.TB, seed uint64) *world {
	s := webtest.New(t)
	return &world{
		TB: t, orgRoles: orgRoles, siteRoles: siteRoles, asked: asked,
		random: rand.New(rand.NewPCG(seed, 0)), last: map[string]string{}, backends: []*backend{serve(t, s), serve(t, s.Replica(t))},
	}
}

// attach opens the engines of a caller.
func (w *world) attach(t testing.TB, seed uint64, caller string) {
	for _, b := range w.backends {
		b.caller = caller
	}
	for i, o := range []local.Options{{Organizations: local.All}, {}, {Organizations: local.All}, {}} {
		st := newStorm(seed + uint64(i))
		c := &client.Client{BaseURL: w.backends[i%2].owner.BaseURL, Token: w.backends[0].Token(caller), HTTPClient: &http.Client{Transport: st}}
		var e *local.Engine
		eventually(t, "the engine opens", func() (ok bool) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var err error
			e, err = local.Open(ctx, c, o)
			return err == nil
		})
		t.Cleanup(e.Close)
		w.engines, w.storms = append(w.engines, e), append(w.storms, st)
	}
}

func (w *world) pick(list []string) string { return list[w.random.IntN(len(list))] }

// some returns a random part of a list.
func (w *world) some(list []string) string {
	return quoted(slices.DeleteFunc(slices.Clone(list), func(string) bool { return w.random.IntN(3) > 0 }))
}

// permissions returns random allows and denies for a custom role.
func (w *world) permissions() string {
	var list []string
	for range w.random.IntN(4) {
		resourceType, action, _ := strings.Cut(w.pick(w.asked), ":")
		list = append(list, fmt.Sprintf(`{"resource_type":%q,"action":%q,"negate":%v}`, resourceType, action, w.random.IntN(4) == 0))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// write makes a change, which may be refused.
func (w *world) write() {
	b := w.backends[w.random.IntN(2)]
	in, who := "organizations/"+w.pick([]string{webtest.Default, webtest.Other})+"/members", w.pick(people)
	method, path, body := http.MethodPut, "", ""
	switch w.random.IntN(10) {
	case 0, 1, 2:
		path, body = in+"/"+who+"/roles", `{"roles":`+w.some(w.orgRoles)+`}`
	case 3:
		path, body = "users/"+who+"/roles", `{"roles":`+w.some(w.siteRoles)+`}`
	case 4:
		path = "users/" + who + "/status/" + w.pick([]string{"suspend", "activate", "activate"})
	case 5:
		if w.backends[0].caller == "reader" && w.random.IntN(4) == 0 {
			path, body = "organizations/other/members/reader/roles", `{"roles":`+w.some([]string{"organization-reader"})+`}`
			break
		}
		method, path = http.MethodPost, in+"/"+who
	case 6:
		method, path = http.MethodDelete, in+"/"+who
	case 7, 8:
		path, body = in+"/roles", fmt.Sprintf(`{"name":%q,"organization_permissions":%s}`, w.pick([]string{"one", "two"}), w.permissions())
		if w.random.IntN(5) == 0 {
			method, path, body = http.MethodDelete, in+"/roles/"+w.pick([]string{"one", "two"}), ""
		}
	default:
		path, body = "users/roles", fmt.Sprintf(`{"name":"keeper","site_permissions":%s,"user_permissions":%s}`, w.permissions(), w.permissions())
		method = http.MethodPatch
	}
	res, err := b.owner.Raw(w.Context(), method, path, nil, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 500 {
		w.Fatalf("%s %s %s: %v", method, path, body, client.Refusal(res))
	}
	if at := res.Header.Get("X-Rolecall-Revision"); at != "" {
		scope, _, _ := strings.Cut(at, "@")
		if w.last[scope] != at { // or else it changed nothing
			w.last[scope], w.latest = at, scope
		}
		w.accepted++
		w.log = append(w.log[max(0, len(w.log)-30):], fmt.Sprint(method, " ", path, " ", body, " ", at))
	}
}

// needed returns the writes that an engine has to know of to decide about an organization. It knows no revision of one that it
// may not read: it has heard of all writes there if it knows of a later write.
func (w *world) needed(where string) []string {
	if w.backends[0].caller == webtest.Owner {
		return slices.Collect(maps.Values(w.last))
	}
	if w.latest != where && w.latest != "site" {
		return nil
	}
	return slices.DeleteFunc([]string{w.last[where], w.last["site"]}, func(r string) bool { return r == "" })
}

// check asks every engine the same random questions. One that knows of the last writes must decide like the database.
func (w *world) check() {
	b := w.backends[0]
	where, p, who := b.place(w.pick([]string{webtest.Default, webtest.Other})), w.pick(w.asked), b.ID(w.pick(people))
	owner := w.pick([]string{"", "me"})
	resourceType, action, _ := strings.Cut(p, ":")
	q := org.SubjectCheck{Subject: who, AuthCheck: org.AuthCheck{Action: action, ResourceType: resourceType, OrganizationID: where, OwnerID: owner}}
	want := b.truth(w, []org.SubjectCheck{q})[0]
	for i, e := range w.engines {
		if !e.Settled() && w.random.IntN(20) > 0 { // it would wait each time until it is connected again
			continue
		}
		var d local.Decision
		known := len(w.needed(where)) > 0
		for _, revision := range w.needed(where) {
			d = e.Check(who, where, local.Pair(p), local.Owner(owner), local.AtLeast(revision))
			if d.Reason == local.Asked && d.Allowed != want.Allowed {
				w.Fatalf("%+v, at least %s: engine %d was told %+v, the database says %+v", q, revision, i, d, want)
			}
			known = known && d.Sound() && d.Reason != local.Asked // the server knew, and not the engine
		}
		if !known || d.Reason == "" {
			continue
		}
		if d.Reason == local.Decided {
			w.decided++
		}
		if !b.agree(w, q, d, want) {
			w.Fatalf("%+v, knowing %v: engine %d says %+v, the database %+v, %v\n%s", q, w.last, i, d, want, want.Problem, strings.Join(w.log, "\n"))
		}
	}
}

// TestEngineIsDatabase: after any writes on two servers, whenever an engine knows of the last of them, it decides as the database
// does, however bad its line is.
func TestEngineIsDatabase(t *testing.T) {
	t.Parallel()
	seed := seed(t)
	w := newWorld(t, seed)
	w.attach(t, seed, webtest.Owner)
	w.run(t)
}

// TestEngineOfReaderIsDatabase: the same for a caller who reads one organization and sometimes the other one, where roles of
// an organization count outside of it.
func TestEngineOfReaderIsDatabase(t *testing.T) {
	t.Parallel()
	seed := seed(t)
	w := newWorld(t, seed)
	w.asked, w.siteRoles = papers, []string{"site-helper", "keeper"}
	w.orgRoles = []string{"organization-banned", "organization-helper", "organization-silent", "one", "two"}
	b := w.backends[0]
	b.catalog(t, strings.Replace(carrying, "IMPLIED", w.pick([]string{"", `, site: ["report:print"]`}), 1))
	b.AddUser(t, "reader", webtest.Default, webtest.Other)
	b.give(t, webtest.Default, "reader", "organization-reader")
	w.attach(t, seed, "reader")
	w.run(t)
}

// seed is the seed of everything random.
func seed(t testing.TB) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ROLECALL_ENGINE_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("ROLECALL_ENGINE_SEED=%d", seed)
	return seed
}

// run writes and asks.
func (w *world) run(t testing.TB) {
	n := rounds(t, 60, 10_000)
	for i := range n {
		for range 1 + w.random.IntN(3) {
			w.write()
		}
		if w.random.IntN(20) == 0 {
			w.storms[w.random.IntN(len(w.storms))].cut()
		}
		for range 3 {
			w.check()
		}
		if i%50 == 49 {
			w.compare()
		}
	}
	for _, s := range w.storms {
		s.subside()
	}
	w.compare()
	t.Logf("%d sequences, %d writes accepted, %d decisions by engines", n, w.accepted, w.decided)
	if w.accepted < n/2 || w.decided == 0 {
		t.Error("too little was tried")
	}
}

// compare waits until the engines have heard of everything, and compares them with the database.
func (w *world) compare() {
	for _, e := range w.engines {
		w.backends[0].same(w, e, w.asked)
	}
}
