package web_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rolecall.example/rbac/snapshot"
	"rolecall.example/web/webtest"
)

// copied is what a program that decides by a copy has of an organization.
type copied struct {
	Revision string
	Members  map[string]string // by account, the names of its roles, sorted
	Roles    []string          // names of custom roles
}

// stored is every organization as the database has it.
func stored(t *testing.T, s *webtest.Site) map[string]*copied {
	t.Helper()
	all := map[string]*copied{}
	for _, row := range s.Query(t, "SELECT o.id, r.value FROM organizations o JOIN revisions r ON r.organization_id = o.id") {
		all[row[0]] = &copied{Revision: row[1], Members: map[string]string{}}
	}
	for _, row := range s.Query(t, "SELECT organization_id, user_id, roles FROM organization_members WHERE status <> 'suspended'") {
		all[row[0]].Members[row[1]] = sorted(strings.Fields(row[2]))
	}
	for _, row := range s.Query(t, "SELECT organization_id, name FROM roles WHERE organization_id IS NOT NULL ORDER BY name") {
		all[row[0]].Roles = append(all[row[0]].Roles, row[1])
	}
	return all
}

func sorted(names []string) string {
	slices.Sort(names)
	return strings.Join(names, " ")
}

// take applies an event to a copy. What cannot be told by an event is read.
func take(t *testing.T, s *webtest.Site, have map[string]*copied, e snapshot.Event) {
	t.Helper()
	var c snapshot.Change
	read(t, e, &c)
	o := have[c.Organization]
	switch e.Event {
	case snapshot.EventReload:
		if now := stored(t, s)[c.Organization]; now != nil {
			have[c.Organization] = now
		}
		return
	case snapshot.EventDenied:
		delete(have, c.Organization)
		return
	case snapshot.EventChange:
	default:
		return
	}
	switch at := fmt.Sprint(c.From); {
	case o == nil && stored(t, s)[c.Organization] == nil: // when it was to be reloaded it was gone already; soon that is told
		return
	case o == nil:
		t.Fatalf("a change of an organization that nobody was told of: %s", e.Data)
	case number(o.Revision) >= c.To:
		return
	case o.Revision != at:
		t.Fatalf("a change from %s, where %s is known: %s", at, o.Revision, e.Data)
	}
	o.Revision = fmt.Sprint(c.To)
	for id, roles := range c.Set {
		names := make([]string, len(roles))
		for i, h := range roles {
			names[i] = h.Role
		}
		o.Members[id] = sorted(names)
	}
	for _, id := range c.Gone {
		delete(o.Members, id)
	}
	for _, r := range c.Roles {
		if !slices.Contains(o.Roles, r.Name) {
			o.Roles = append(o.Roles, r.Name)
			slices.Sort(o.Roles)
		}
	}
	for _, name := range c.RolesGone {
		o.Roles = slices.DeleteFunc(o.Roles, func(n string) bool { return n == name })
		if len(o.Roles) == 0 {
			o.Roles = nil
		}
		for id, held := range o.Members {
			o.Members[id] = sorted(slices.DeleteFunc(strings.Fields(held), func(n string) bool { return n == name }))
		}
	}
}

func number(text string) (n int64) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

// TestChangesLeadToTheData: after any changes, made on two servers in turn, a copy that is kept by events alone is what the
// database has; also one of a client that was cut off again and again.
func TestChangesLeadToTheData(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	other := s.Replica(t)
	url := network(t, s)
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, name := range []string{"ann", "ben", "cleo", "dan"} {
		s.AddUser(t, name, webtest.Default, webtest.Other)
	}
	people := []string{"ann", "ben", "cleo", "dan", webtest.Outsider, webtest.Member}
	orgs := []string{webtest.Default, webtest.Other}
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	given := []string{"organization-auditor", "organization-user-admin", "ci", "cd"}
	writes := []func() webtest.Request{
		func() webtest.Request {
			return webtest.Request{Method: http.MethodPut, Path: "/organizations/" + pick(orgs) + "/members/" + pick(people) + "/roles",
				JSON: fmt.Sprintf(`{"roles":[%q]}`, pick(given))}
		},
		func() webtest.Request {
			return webtest.Request{Method: pick([]string{http.MethodPost, http.MethodDelete}), Path: "/organizations/" + pick(orgs) + "/members/" + pick(people)}
		},
		func() webtest.Request {
			return webtest.Request{Method: http.MethodPut, Path: "/organizations/" + pick(orgs) + "/members/roles",
				JSON: fmt.Sprintf(`{"name":%q,"display_name":"x%d","organization_permissions":[{"resource_type":"template","action":%q}]}`,
					pick(given[2:]), random.IntN(5), pick([]string{"read", "update"}))}
		},
		func() webtest.Request {
			return webtest.Request{Method: http.MethodDelete, Path: "/organizations/" + pick(orgs) + "/members/roles/" + pick(given[2:])}
		},
		func() webtest.Request {
			return webtest.Request{Method: http.MethodPut, Path: "/users/" + pick(people) + "/status/" + pick([]string{"suspend", "activate"})}
		},
		func() webtest.Request {
			return webtest.Request{Method: http.MethodPost, Path: "/organizations/" + pick(orgs) + "/members",
				JSON: fmt.Sprintf(`{"action":%q,"role":%q,"all":true,"except":["owner","admin","rival"]}`, pick([]string{"add-role", "remove-role"}), pick(given))}
		},
		func() webtest.Request {
			name := fmt.Sprintf("new%d", random.IntN(1000000))
			people = append(people, name)
			return webtest.Request{Method: http.MethodPost, Path: "/users", JSON: fmt.Sprintf(
				`{"username":%q,"email":"%s@example.com","password":%q,"organization_ids":[%q,%q]}`, name, name, webtest.Password,
				s.Organizations[webtest.Default].ID, s.Organizations[webtest.Other].ID)}
		},
		func() webtest.Request {
			return webtest.Request{Method: http.MethodDelete, Path: "/users/" + pick(people)}
		},
		func() webtest.Request {
			return webtest.Request{Method: http.MethodPut, Path: "/users/" + pick(people) + "/roles", JSON: pick([]string{`{"roles":["auditor"]}`, `{"roles":[]}`})}
		},
		func() webtest.Request {
			if len(orgs) > 2 && random.IntN(2) > 0 {
				return webtest.Request{Method: http.MethodDelete, Path: "/organizations/" + pick(orgs[2:])}
			}
			name := fmt.Sprintf("org%d", random.IntN(1000000))
			orgs = append(orgs, name)
			return webtest.Request{Method: http.MethodPost, Path: "/organizations", JSON: fmt.Sprintf(`{"name":%q}`, name)}
		},
	}
	var hello snapshot.Hello
	steady := listen(t, url, s.Token(webtest.Owner), "organizations=all", 0)
	steady.want(snapshot.EventHello, &hello)
	have, cut := stored(t, s), stored(t, s)
	last := hello.Position
	for round := range 8 {
		for range 12 {
			r := writes[random.IntN(len(writes))]()
			r.As, r.Unchecked = webtest.Owner, true
			[]*webtest.Site{s, other}[random.IntN(2)].Do(t, r)
		}
		for !reflect.DeepEqual(have, stored(t, s)) {
			take(t, s, have, steady.next())
		}
		again := listen(t, url, s.Token(webtest.Owner), "organizations=all", last)
		for !reflect.DeepEqual(cut, stored(t, s)) {
			e := again.any()
			if e.Event == "" {
				t.Fatalf("round %d: the stream has ended", round)
			}
			if take(t, s, cut, e); e.ID > 0 {
				last = e.ID
			}
		}
		again.cancel()
	}
}

// read reads the data of an event.
func read(t *testing.T, e snapshot.Event, into any) {
	t.Helper()
	if err := json.Unmarshal(e.Data, into); err != nil {
		t.Fatalf("%s %s: %v", e.Event, e.Data, err)
	}
}
