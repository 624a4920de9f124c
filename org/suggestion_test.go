package org_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Every suggestion turns the verdict when it is made, and what it says to gain and lose besides is the difference that
// it makes to the member where the role holds; a dry run of the same change tells the same.
func TestSuggestionsAreTheDifference(t *testing.T) {
	t.Parallel()
	n, questions := 8, 12
	if deep {
		n, questions = 400, 4
	}
	var seen struct{ made, foreseen, site, organization, ownOnly int }
	for seed := range n {
		w := newWorld(t, 1000+uint64(seed))
		for range questions {
			name := w.someone()
			pair := pick(w.rng, everyQuestion())
			e, err := w.Explain(t.Context(), w.Operator(), "default", name, pair)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.IsSortedFunc(e.Changes, smallerFirst) {
				t.Fatalf("seed %d: %s, %+v: the suggestions stand in another order: %+v", seed, name, pair, e.Changes)
			}
			for _, s := range e.Changes {
				foreseen, told := w.foreseen(t, name, s, pair)
				if told {
					seen.foreseen++
				}
				made, own := w.made(t, name, s, pair)
				if got := [2]int{s.Gained, s.Lost}; got != made || told && got != foreseen {
					t.Fatalf("seed %d: %s, %+v: %s says %v, makes %v, foreseen %v (%v)", seed, name, pair, s.Text(), got, made, foreseen, told)
				}
				seen.made++
				if own {
					seen.ownOnly++
				}
				if s.OfSite() {
					seen.site++
				} else {
					seen.organization++
				}
			}
		}
	}
	if seen.made < 4*n || seen.foreseen < 2*n || seen.site < n || seen.organization < n || seen.ownOnly < n/8 {
		t.Errorf("in %d worlds only these were looked at: %+v", n, seen)
	}
}

func (w *world) someone() string {
	return pick(w.rng, slices.DeleteFunc(slices.Clone(homeMembers), func(n string) bool { return n == "Sue" }))
}

func smallerFirst(a, b org.Suggestion) int {
	number := func(b bool) int { return map[bool]int{true: 1}[b] }
	return cmp.Or(
		cmp.Compare(number(a.Role.Name == "owner"), number(b.Role.Name == "owner")),
		cmp.Compare(number(a.Role.OrganizationID == uuid.Nil), number(b.Role.OrganizationID == uuid.Nil)),
		cmp.Compare(number(a.Members == 0), number(b.Members == 0)), cmp.Compare(a.Members, b.Members),
		cmp.Compare(a.Gained, b.Gained), cmp.Compare(a.Lost, b.Lost),
	)
}

// made makes a suggestion past all rules, counts what it does, and takes it back.
func (w *world) made(t *testing.T, name string, s org.Suggestion, q org.Question) (turned [2]int, own bool) {
	t.Helper()
	place := s.Role.OrganizationID
	asked := fmt.Sprintf("%s:%s", q.ResourceType, q.Action)
	before, was := w.rightsIn(t, place, name), w.rights(t, name)
	takeBack := w.keepRoles(t)
	w.apply(t, name, s)
	after, is := w.rightsIn(t, place, name), w.rights(t, name)
	takeBack()
	if key := fmt.Sprintf("%s own=%v", asked, q.Own); was[key] == is[key] {
		t.Fatalf("%s, %+v: %s leaves the verdict at %v", name, q, s.Text(), is[key])
	}
	for _, p := range pairs() {
		if p.String() == asked {
			continue
		}
		key := fmt.Sprintf("%s own=false", p)
		if before[key] == after[key] {
			key = fmt.Sprintf("%s own=true", p)
			own = own || before[key] != after[key]
		}
		if before[key] != after[key] {
			turned[map[bool]int{true: 1}[before[key]]]++
		}
	}
	return turned, own
}

// keepRoles remembers what roles hold and who holds them, to put it back.
func (w *world) keepRoles(t *testing.T) (restore func()) {
	t.Helper()
	tables := []string{"role_permissions", "user_roles", "member_roles"}
	for _, table := range tables {
		w.exec(t, "DROP TABLE IF EXISTS kept_"+table)
		w.exec(t, "CREATE TABLE kept_"+table+" AS SELECT * FROM "+table)
	}
	return func() {
		for _, table := range tables {
			w.exec(t, "DELETE FROM "+table)
			w.exec(t, "INSERT INTO "+table+" SELECT * FROM kept_"+table)
		}
	}
}

// foreseen makes a dry run of a suggestion as the operator. told is false where the operator may not, or where too many
// gain and lose for the impact to name the member.
func (w *world) foreseen(t *testing.T, name string, s org.Suggestion, q org.Question) (turned [2]int, told bool) {
	t.Helper()
	by, impact := dryRun(w.Operator())
	if err := w.change(t, by, name, s); err != nil {
		return turned, false
	}
	for i, lines := range [][]org.ImpactLine{impact.Gains, impact.Losses} {
		for _, l := range lines {
			if l.Members > len(l.Sample) {
				return turned, false
			}
			if l.Permission.String() != q.ResourceType+":"+q.Action && slices.Contains(l.Sample, name) {
				turned[i]++
			}
		}
	}
	return turned, true
}

// change makes a suggestion by the use case for it.
func (w *world) change(t *testing.T, by *org.Actor, name string, s org.Suggestion) error {
	t.Helper()
	ctx, site := t.Context(), s.Role.OrganizationID == uuid.Nil
	held := strings.Fields(w.memberRoles(t, home, name))
	if site {
		held = strings.Fields(w.siteRoles(t, name))
	}
	switch s.Kind {
	case org.GiveRole:
		held = append(held, s.Role.Name)
	case org.TakeRole:
		held = slices.DeleteFunc(held, func(r string) bool { return r == s.Role.Name })
	default:
		return w.edit(ctx, by, s)
	}
	if site {
		return drop(w.SetUserRoles(ctx, by, name, roles(held...)))
	}
	return drop(w.SetMemberRoles(ctx, by, "default", name, roles(held...)))
}

// edit changes one permission of a role as a suggestion says.
func (w *world) edit(ctx context.Context, by *org.Actor, s org.Suggestion) error {
	allow, deny := s.Permission, s.Permission
	deny.Negate = true
	edited := func(level rbac.Level, list []rbac.Permission) []rbac.Permission {
		if level != s.Level {
			return list
		}
		list = slices.DeleteFunc(slices.Clone(list), func(p rbac.Permission) bool { return p == allow || p == deny })
		switch s.Kind {
		case org.AllowPermission:
			list = append(list, allow)
		case org.DenyPermission:
			list = append(list, deny)
		}
		return list
	}
	body := func(r org.Role) org.Input[org.RoleInput] {
		return roleBody(org.RoleInput{
			Name: r.Name, DisplayName: r.DisplayName, Site: edited(rbac.LevelSite, r.Site),
			Organization: edited(rbac.LevelOrganization, r.Organization), User: edited(rbac.LevelUser, r.User),
		})
	}
	if s.Role.OrganizationID == uuid.Nil {
		v, err := w.Role(ctx, by, org.Site, s.Role.Name)
		if err != nil {
			return err
		}
		return drop(w.PutRole(ctx, by, org.Site, body(v.Role)))
	}
	v, err := w.Role(ctx, by, org.In("default"), s.Role.Name)
	if err != nil {
		return err
	}
	return drop(w.PutRole(ctx, by, org.In("default"), body(v.Role)))
}

// The smallest way to start one's own workspaces is not to become an owner.
func TestOwnerIsSuggestedLast(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), role("freeze", "!workspace:start")); err != nil {
		t.Fatal(err)
	}
	s.give(t, home, "m", "freeze")
	for _, own := range []bool{false, true} {
		e, err := s.Explain(t.Context(), s.as(t, "o"), "default", "m", org.Question{Action: "start", ResourceType: "workspace", Own: own})
		if err != nil || len(e.Changes) < 2 {
			t.Fatalf("%+v, %v", e.Changes, err)
		}
		first, last := e.Changes[0], e.Changes[len(e.Changes)-1]
		if last.Text() != "Assign Owner (full control of the site)" || !last.FullControl() || !last.OfSite() || last.Gained < 100 {
			t.Errorf("the last is %s: %s", last.Text(), last.SideEffects())
		}
		if first.FullControl() || first.OfSite() || first.Gained > 0 {
			t.Errorf("the first is %s: %s", first.Text(), first.SideEffects())
		}
	}
}

// The roles of an organization, and those of the site, are suggested only to who may read them; how many people hold one
// is told only to who may read the members.
func TestExplainNamesNoUnreadableRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, list := range map[string][]string{"blind": {"!assign_org_role:read"}, "plain": {"!template:read"}} {
		if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), role(name, list...)); err != nil {
			t.Fatal(err)
		}
	}
	s.give(t, home, "m", "blind", "plain")
	s.give(t, home, "viewer", "plain")
	s.give(t, home, "oau", "plain")
	q := org.Question{Action: "read", ResourceType: "template"}
	for _, tt := range []struct {
		by, who      string
		organization bool // suggests roles of the organization
		holders      int
	}{
		{"o", "m", true, 3}, {"oa", "m", true, 3}, {"oau", "m", true, 3}, {"viewer", "viewer", true, 0}, {"m", "m", false, 0},
	} {
		caller := s.as(t, tt.by)
		e, err := s.Explain(t.Context(), caller, "default", tt.who, q)
		if err != nil {
			t.Fatal(err)
		}
		checks := map[string]org.AuthCheck{"it": {Action: q.Action, ResourceType: q.ResourceType, OrganizationID: home.String()}}
		user := tt.who
		if tt.by == tt.who {
			user = ""
		}
		checked, err := s.ExplainChecks(t.Context(), caller, org.AuthChecks{User: user, Checks: checks})
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range [][]org.Suggestion{e.Changes, checked.Explanations["it"].Changes} {
			ofOrganization, holders := false, 0
			for _, c := range list {
				ofOrganization = ofOrganization || !c.OfSite()
				if c.Kind == org.AllowPermission && c.Role.Name == "plain" {
					if holders = c.Members; (holders == 0) != strings.HasPrefix(c.SideEffects(), "affects everyone with the role") {
						t.Errorf("%s: %d holders, told as %q", tt.by, holders, c.SideEffects())
					}
				}
			}
			if ofOrganization != tt.organization || holders != tt.holders {
				t.Errorf("%s about %s: roles of the organization %v, %d holders: %+v", tt.by, tt.who, ofOrganization, holders, list)
			}
		}
	}
}
