package org_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// peopledWorld is a world in which those outside "default" hold random site roles as well, pa administers another
// organization, which gives it rights here, and so does pm, a member of both. Nobody is suspended yet.
func peopledWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := newWorld(t, seed)
	w.give(t, beta, "pm", "organization-admin")
	w.join(t, home, "pm")
	w.write(t, func(q *db.Queries) (err error) {
		for _, p := range people {
			if p.home == nil && w.rng.IntN(3) == 0 {
				err = errors.Join(err, q.InsertUserRole(t.Context(), db.InsertUserRoleParams{Source: "manual", UserID: id(p.name), Role: fmt.Sprint("random-site-", w.rng.IntN(2))}))
			}
		}
		return err
	})
	w.exec(t, "UPDATE users SET status = 'active' WHERE status = 'suspended'")
	return w
}

// endAtRandom ends memberships and roles of some people, of the site and of both organizations, and moves the clock past
// that; who sweeps is nobody. Some of what ends is held by another record as well. It returns who is no member of home.
func (w *world) endAtRandom(t *testing.T) (left map[string]bool) {
	t.Helper()
	left = map[string]bool{}
	list, clock := w.servers(t, 1)
	w.service = list[0]
	end := clock.now().Add(time.Hour)
	for _, name := range slices.Concat(homeMembers, []string{"pm", "pa"}) {
		for _, place := range []uuid.UUID{home, beta} {
			if !w.isMember(t, place, name) {
				continue
			}
			for _, role := range append(strings.Fields(w.memberRoles(t, place, name)), org.RoleOrganizationUser) {
				if w.rng.IntN(3) == 0 {
					w.record(t, place, name, role, org.SourceManual, end)
					if w.rng.IntN(4) == 0 {
						w.record(t, place, name, role, "oidc:okta", time.Time{})
					} else if role == org.RoleOrganizationUser && place == home {
						left[name] = true
					}
				}
			}
		}
	}
	for _, p := range people {
		for _, role := range strings.Fields(w.siteRoles(t, p.name)) {
			if w.rng.IntN(3) == 0 {
				w.record(t, uuid.Nil, p.name, role, org.SourceManual, end)
			}
			if w.rng.IntN(3) == 0 {
				w.record(t, uuid.Nil, p.name, role, "oidc:okta", time.Time{})
			}
		}
	}
	clock.set(end)
	return left
}

// Who can is everybody on the site whom the decision lets: each member, each account outside, and no suspended one; and
// nobody by what has ended.
func TestWhoCanIsEverybodyWhoCan(t *testing.T) {
	t.Parallel()
	outsiders, withheld := 0, 0
	for seed := range 2 * worlds(6) {
		w := peopledWorld(t, 100+seed)
		left := map[string]bool{}
		if seed%2 == 1 {
			left = w.endAtRandom(t)
		}
		rights := map[string]map[string]bool{}
		for _, p := range people {
			rights[p.name] = w.rights(t, p.name)
		}
		suspended := map[string]bool{"Sue": true, "bot": true, "oau": true, "x": true, "au": true}
		for name := range suspended {
			w.exec(t, "UPDATE users SET status = 'suspended' WHERE username = ?", name)
		}
		for _, q := range everyQuestion() {
			key := fmt.Sprintf("%s:%s own=%v", q.ResourceType, q.Action, q.Own)
			var members, outside []string
			might, total := 0, 0
			for _, p := range people {
				member := (p.home != nil || p.name == "pm") && !left[p.name]
				if member {
					total++
				}
				switch {
				case !rights[p.name][key]:
				case suspended[p.name] && member:
					might++
				case suspended[p.name]:
					withheld++
				case member:
					members = append(members, p.name)
				default:
					outside = append(outside, p.name)
				}
			}
			got, err := w.WhoCan(t.Context(), w.Operator(), "default", q, org.WhoCanPage{})
			if err != nil {
				t.Fatal(err)
			}
			outsiders += len(outside)
			names := ableNames(t, got)
			if d := cmp.Diff([2][]string{inFolds(members), inFolds(outside)}, names); d != "" {
				t.Fatalf("seed %d, %s:\n%s", seed, key, d)
			}
			if got.Count != len(members) || got.Outside.Count != len(outside) || got.Suspended != might || got.Total != total {
				t.Fatalf("seed %d, %s: %d and %d of %d, %d suspended; want %d, %d, %d, %d", seed, key,
					got.Count, got.Outside.Count, got.Total, got.Suspended, len(members), len(outside), total, might)
			}
			streamed := [3][]string{} // members, others, suspended ones
			err = w.EachWhoCan(t.Context(), w.Operator(), "default", org.Everybody{Question: q}, func(p *org.AblePerson) error {
				at := 0
				switch {
				case p.Suspended():
					at = 2
				case !p.Member:
					at = 1
				}
				if len(streamed[2]) > 0 && at < 2 || len(streamed[1]) > 0 && at < 1 || !p.Answer.Trace.Allowed {
					t.Errorf("seed %d, %s: %s is out of place", seed, key, p.Username)
				}
				streamed[at] = append(streamed[at], p.Username)
				return nil
			})
			if d := cmp.Diff([2][]string{inFolds(streamed[0]), inFolds(streamed[1])}, names); err != nil || d != "" || len(streamed[2]) != might {
				t.Fatalf("seed %d, %s: streamed %d suspended of %d, %v:\n%s", seed, key, len(streamed[2]), might, err, d)
			}
		}
	}
	if outsiders < 100 || withheld < 10 {
		t.Errorf("only %d people outside, and %d suspended ones, were looked at", outsiders, withheld)
	}
}

func everyQuestion() (list []org.Question) {
	for _, rt := range rbac.Default().Types() {
		for _, a := range rt.Actions {
			list = append(list, org.Question{ResourceType: rt.Name, Action: a.Name}, org.Question{ResourceType: rt.Name, Action: a.Name, Own: true})
		}
	}
	return list
}

// ableNames is the members and the others of an answer, each of whom must be told why.
func ableNames(t *testing.T, w org.WhoCan) (names [2][]string) {
	t.Helper()
	told := func(a org.Answer) {
		if !a.Trace.Allowed || len(a.Trace.Deciding()) == 0 || !strings.HasPrefix(a.Words.Verdict, "Yes.") || a.Words.Because == "" {
			t.Errorf("somebody is listed, and told %+v", a.Words)
		}
	}
	for _, m := range w.Members {
		names[0] = append(names[0], m.Member.Username)
		told(m.Answer)
	}
	if w.Outside != nil {
		for _, u := range w.Outside.Users {
			names[1] = append(names[1], u.User.Username)
			told(u.Answer)
		}
	}
	return names
}

// inFolds sorts names as lists of people are.
func inFolds(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(org.FoldCase(a), org.FoldCase(b)) })
	return names
}

func TestWhoCanPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// Everybody may read the proxies; the members, and those outside, make two lists.
	q := org.Question{Action: "read", ResourceType: "workspace_proxy"}
	ask := func(by string, p org.WhoCanPage) org.WhoCan {
		t.Helper()
		w, err := s.WhoCan(t.Context(), s.as(t, by), "default", q, p)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	all := ask("o", org.WhoCanPage{})
	whole := ableNames(t, all)
	if len(whole[0]) != len(homeMembers)-1 || all.Suspended != 1 || len(whole[1]) != 6 {
		t.Fatalf("%v, %d suspended", whole, all.Suspended)
	}
	for _, tt := range []struct {
		page             org.WhoCanPage
		members, outside []string
	}{
		{org.WhoCanPage{Limit: 3}, whole[0][:3], whole[1]},
		{org.WhoCanPage{Limit: 3, Offset: 4}, whole[0][4:7], whole[1]},
		{org.WhoCanPage{Limit: 3, Offset: 40}, nil, whole[1]},
		{org.WhoCanPage{Outside: true}, nil, whole[1]},
		{org.WhoCanPage{Outside: true, Limit: 2, Offset: 3}, nil, whole[1][3:5]},
		{org.WhoCanPage{Outside: true, Offset: 60}, nil, nil},
	} {
		w := ask("o", tt.page)
		if d := cmp.Diff([2][]string{tt.members, tt.outside}, ableNames(t, w)); d != "" || w.Count != all.Count || w.Outside.Count != 6 || w.Total != all.Total {
			t.Errorf("%+v: %d and %d of %d\n%s", tt.page, w.Count, w.Outside.Count, w.Total, d)
		}
	}
	// Whoever may not read accounts is told of the members alone.
	if w := ask("oau", org.WhoCanPage{}); w.Outside != nil || w.Count != all.Count {
		t.Errorf("oau is told of %+v", w.Outside)
	}
	if w := ask("oau", org.WhoCanPage{Outside: true}); w.Outside != nil || w.Members == nil || len(w.Members) > 0 {
		t.Errorf("oau is told of %+v", w.Outside)
	}
}

// What people bring from organizations that nobody here need know is told without them.
func TestOtherOrganizationsAreNotNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, beta, "pm", "organization-user-admin")
	s.join(t, home, "pm")
	q := org.Question{Action: "read", ResourceType: "user"}
	matches := func(t *testing.T, by string) (list []rbac.Match) {
		t.Helper()
		w, err := s.WhoCan(t.Context(), s.as(t, by), "default", q, org.WhoCanPage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range w.Members {
			if m.Member.Username == "pm" {
				list = append(list, m.Trace.Deciding()...)
			}
		}
		for _, u := range w.Outside.Users {
			if u.User.Username == "pa" {
				list = append(list, u.Trace.Deciding()...)
			}
		}
		e, err := s.Explain(t.Context(), s.as(t, by), "default", "pm", q)
		if err != nil {
			t.Fatal(err)
		}
		return append(list, e.Trace.Deciding()...)
	}
	for _, m := range matches(t, "oa") {
		if !org.Elsewhere(m) {
			t.Errorf("%s is named in %v", m.Role.Name, m.Org)
		}
	}
	if list := matches(t, "o"); len(list) != 3 || list[2].Org != beta { // who may read it is told which one
		t.Errorf("an owner is told of %+v", list)
	}
}

// More holders of site roles than are put in order at once are walked with everybody else.
func TestWhoCanOfManyHolders(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("makes ten thousand accounts")
	}
	s := newSite(t)
	var list []person
	for i := range 10_050 {
		list = append(list, person{name: fmt.Sprintf("holder%05d", i), site: []string{"template-admin"}, login: "none"})
	}
	s.insert(t, list...)
	s.exec(t, "UPDATE users SET status = 'suspended' WHERE username IN ('holder00007', 'holder09000')")
	w, err := s.WhoCan(t.Context(), s.as(t, "o"), "default", org.Question{Action: "delete", ResourceType: "template"}, org.WhoCanPage{Outside: true, Limit: 3, Offset: 6})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"holder00006", "holder00008", "holder00009"}, ableNames(t, w)[1]); d != "" || w.Outside.Count != 10_049 {
		t.Errorf("%d outside\n%s", w.Outside.Count, d)
	}
}

// Where hardly two members hold the same, pages come from a walk over all of them, and are the same.
func TestWhoCanOfManyGroups(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var list []person
	want := slices.DeleteFunc(slices.Clone(homeMembers), func(name string) bool { return name == "Sue" })
	for i := range 1_100 {
		p := person{name: fmt.Sprintf("member%04d", i), home: []string{fmt.Sprint("role", i)}, login: "none"}
		if i%3 == 0 {
			p.status = "suspended"
		} else {
			want = append(want, p.name)
		}
		list = append(list, p)
	}
	s.insert(t, list...)
	want = inFolds(want)
	q := org.Question{Action: "read", ResourceType: "workspace_proxy"}
	for _, p := range []org.WhoCanPage{{}, {Limit: 7}, {Limit: 9, Offset: 400}, {Limit: 9, Offset: len(want) - 3}, {Limit: 9, Offset: len(want)}} {
		w, err := s.WhoCan(t.Context(), s.as(t, "o"), "default", q, p)
		if err != nil {
			t.Fatal(err)
		}
		page := want[p.Offset:]
		if p.Limit > 0 {
			page = page[:min(p.Limit, len(page))]
		}
		if d := cmp.Diff(page, ableNames(t, w)[0], cmpopts.EquateEmpty()); d != "" || w.Count != len(want) || w.Total != len(homeMembers)+1_100 {
			t.Errorf("%+v: %d of %d\n%s", p, w.Count, w.Total, d)
		}
	}
}
