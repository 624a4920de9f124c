package rbac_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"rolecall.example/rbac"
)

// TestLimitedToOrganizations: of every pair and object, what a subject may do within organizations is what it may do, there alone, and it may
// read its own account. An explanation says the same.
func TestLimitedToOrganizations(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	me, stranger := rbac.ID{1}, rbac.ID{2}
	orgs := []rbac.ID{{10}, {11}, {12}}
	owner, _ := c.BuiltIn("owner")
	admin, _ := c.BuiltIn("organization-admin")
	for _, grants := range [][]rbac.Grant{nil, {{Role: owner}}, {{Role: admin, Org: orgs[0]}}, {{Role: admin, Org: orgs[0]}, {Role: admin, Org: orgs[1]}}} {
		s := c.NewSubject(me, orgs[:2], grants)
		for _, within := range [][]rbac.ID{{}, orgs[:1], orgs[1:], {orgs[2]}, {{}}} {
			bound := s.Limit(rbac.Limits{Orgs: within})
			again := bound.Limit(rbac.Limits{Orgs: orgs})
			for _, resourceType := range c.Types() {
				for _, a := range resourceType.Actions {
					for _, o := range append([]rbac.ID{{}}, orgs...) {
						for _, who := range []rbac.ID{{}, me, stranger} {
							thing := rbac.Object{Type: resourceType.Name, Org: o, Owner: who}
							want := slices.Contains(within, o) && o != (rbac.ID{}) && s.Authorize(a.Name, thing)
							if thing == (rbac.Object{Type: "user", Owner: me}) && a.Name == "read" {
								want = s.Authorize(a.Name, thing)
							}
							trace := bound.Explain(a.Name, thing)
							if got := bound.Authorize(a.Name, thing); got != want || trace.Allowed != want || again.Authorize(a.Name, thing) != want {
								t.Fatalf("within %v: %s on %+v is %v, explained as %v; want %v", within, a.Name, thing, got, trace.Allowed, want)
							}
						}
					}
					anywhere := rbac.Object{Type: resourceType.Name, AnyOrg: true}
					want := slices.ContainsFunc(within, func(o rbac.ID) bool {
						return o != rbac.ID{} && s.Authorize(a.Name, rbac.Object{Type: resourceType.Name, Org: o})
					})
					if got := bound.Authorize(a.Name, anywhere); got != want {
						t.Fatalf("grants %d within %v: %s on any %s is %v, want %v", len(grants), within, a.Name, resourceType.Name, got, want)
					}
				}
			}
			for _, o := range orgs {
				if got, want := bound.InOrg(o), s.InOrg(o) && slices.Contains(within, o); got != want {
					t.Errorf("within %v it belongs to %v: %v", within, o, got)
				}
			}
		}
	}
	if (*rbac.Subject)(nil).Limit(rbac.Limits{}) != nil {
		t.Error("nobody is somebody within organizations")
	}
}

// randomLimits are limits that leave some pairs, some organizations, or both; and what they are made of.
func randomLimits(rnd *rand.Rand, c *rbac.Catalog, orgs []rbac.ID) (l rbac.Limits) {
	if rnd.IntN(4) > 0 {
		l.Pairs = []rbac.Permission{}
		for range rnd.IntN(12) {
			t := c.Types()[rnd.IntN(len(c.Types()))]
			p := rbac.Permission{ResourceType: t.Name, Action: t.Actions[rnd.IntN(len(t.Actions))].Name}
			if rnd.IntN(4) == 0 {
				p.Action = rbac.Wildcard
			}
			l.Pairs = append(l.Pairs, p)
		}
	}
	if rnd.IntN(2) == 0 {
		l.Orgs = append([]rbac.ID{}, orgs[rnd.IntN(len(orgs)):]...)
	}
	return l
}

// leaves reports whether limits leave a pair on an object to the account me, by what docs/spec/tokens.md says alone.
func leaves(l rbac.Limits, me rbac.ID, p rbac.Permission, o rbac.Object) bool {
	pair := l.Pairs == nil || slices.ContainsFunc(l.Pairs, func(q rbac.Permission) bool {
		return q.ResourceType == p.ResourceType && (q.Action == p.Action || q.Action == rbac.Wildcard)
	})
	switch {
	case l.Orgs == nil || slices.Contains(l.Orgs, o.Org):
		return pair
	case o.Org == rbac.ID{} && o.Owner == me:
		return pair && p == rbac.Permission{ResourceType: "user", Action: "read"}
	}
	return false
}

// TestLimits: whatever a subject holds and whatever limits it has, it is allowed what it was and what they leave, in every
// answer of this package.
func TestLimits(t *testing.T) {
	t.Parallel()
	rounds := 60
	if os.Getenv("ROLECALL_DEEP") != "" {
		rounds = 100_000
	}
	c, rnd := rbac.Default(), rand.New(rand.NewPCG(7, 13))
	me, stranger := rbac.ID{1}, rbac.ID{2}
	orgs := []rbac.ID{{10}, {11}, {12}}
	for range rounds {
		var grants []rbac.Grant
		for range rnd.IntN(4) {
			g := rbac.Grant{Role: randomRole(rnd, c), Org: orgs[rnd.IntN(2)]}
			if list := c.BuiltIns(); rnd.IntN(2) == 0 {
				if g.Role = list[rnd.IntN(len(list))]; g.Role.SiteScope {
					g.Org = rbac.ID{}
				}
			}
			grants = append(grants, g)
		}
		whole, l := c.NewSubject(me, orgs[:rnd.IntN(3)], grants), randomLimits(rnd, c, orgs)
		s := whole.Limit(l)
		for _, o := range []rbac.Object{{}, {Owner: me}, {Owner: stranger}, {Org: orgs[0]}, {Org: orgs[1], Owner: me}, {Org: orgs[2]}, {Org: orgs[2], Owner: me}} {
			allowed, joined := s.Allowed(o), s.AllowedOnJoining(o)
			for _, typ := range c.Types() {
				for _, a := range typ.Actions {
					p := rbac.Permission{ResourceType: typ.Name, Action: a.Name}
					o.Type = typ.Name
					left := leaves(l, me, p, o)
					want := left && whole.Authorize(a.Name, o)
					if got := s.Authorize(a.Name, o); got != want || s.Explain(a.Name, o).Allowed != want || allowed.Contains(typ.Name, a.Name) != want {
						t.Fatalf("%+v: %s on %+v: %v, want %v", l, p, o, got, want)
					}
					if want := left && whole.AllowedOnJoining(o).Contains(typ.Name, a.Name); joined.Contains(typ.Name, a.Name) != want {
						t.Fatalf("%+v: %s on %+v when it joins, want %v", l, p, o, want)
					}
				}
			}
		}
		checkLimitedGrants(t, rnd, c, whole, s, l, orgs[rnd.IntN(3)])
	}
}

// checkLimitedGrants checks what a subject may grant: what it might without limits, if they leave all of it.
func checkLimitedGrants(t *testing.T, rnd *rand.Rand, c *rbac.Catalog, whole, s *rbac.Subject, l rbac.Limits, org rbac.ID) {
	t.Helper()
	few := randomLimits(rnd, c, []rbac.ID{org}).Pairs
	role := c.Compile(rbac.Role{Name: "few", Organization: few[:min(len(few), 2)]})
	if list := c.BuiltIns(); rnd.IntN(2) == 0 {
		role = list[rnd.IntN(len(list))]
	}
	within := func(level rbac.Level, o rbac.Object, perms []rbac.Permission) bool {
		for _, typ := range c.Types() {
			for _, a := range typ.Actions {
				p := rbac.Permission{ResourceType: typ.Name, Action: a.Name}
				covers := slices.ContainsFunc(perms, func(q rbac.Permission) bool {
					return (q.ResourceType == p.ResourceType || q.ResourceType == rbac.Wildcard && (level != rbac.LevelUser || c.Owned(p.ResourceType))) &&
						(q.Action == p.Action || q.Action == rbac.Wildcard)
				})
				if covers && !leaves(l, rbac.ID{1}, p, o) {
					return false
				}
			}
		}
		return true
	}
	all := within(rbac.LevelSite, rbac.Object{}, role.Site) && within(rbac.LevelOrganization, rbac.Object{Org: org}, role.Organization) &&
		within(rbac.LevelUser, rbac.Object{Owner: rbac.ID{1}}, role.User)
	place := org
	if role.SiteScope {
		place = rbac.ID{}
	}
	// A built-in role is also handed out only where the limits reach.
	reached := l.Orgs == nil || slices.Contains(l.Orgs, place) || !role.BuiltIn
	may, _ := whole.MayHandOut(role, place)
	got, _ := s.MayHandOut(role, place)
	if want := may && all && reached; got != want {
		t.Fatalf("%+v: hands out %s in %v: %v, want %v", l, role.Name, place, got, want)
	}
	if assigns, _ := s.MayAssign(role, place); assigns && s.Limited() && !all {
		t.Fatalf("%+v: assigns %s in %v, which has more than they leave", l, role.Name, place)
	}
}

// TestLimitsCover: a list of actions does not cover all of a type, which may get more; nothing covers no limit but that.
func TestLimitsCover(t *testing.T) {
	t.Parallel()
	pairs := func(names ...string) rbac.Limits { return rbac.Limits{Pairs: perms(strings.Join(names, " "))} }
	a, b := rbac.ID{1}, rbac.ID{2}
	for i, tt := range []struct {
		wide, narrow rbac.Limits
		want         bool
	}{
		{rbac.Limits{}, rbac.Limits{}, true},
		{rbac.Limits{}, pairs("template:read"), true},
		{pairs("template:read"), rbac.Limits{}, false},
		{pairs("template:*"), pairs("template:read", "template:update"), true},
		{pairs("file:create", "file:read"), pairs("file:*"), false},
		{pairs("file:*"), pairs("file:*"), true},
		{pairs("file:read"), pairs("template:read"), false},
		{rbac.Limits{Orgs: []rbac.ID{a, b}}, rbac.Limits{Orgs: []rbac.ID{b}}, true},
		{rbac.Limits{Orgs: []rbac.ID{a}}, rbac.Limits{Orgs: []rbac.ID{a, b}}, false},
		{rbac.Limits{Orgs: []rbac.ID{a}}, rbac.Limits{}, false},
		{rbac.Limits{Orgs: []rbac.ID{a}}, rbac.Limits{Orgs: []rbac.ID{a}, Pairs: pairs("file:read").Pairs}, true},
	} {
		if got := tt.wide.Cover(tt.narrow); got != tt.want {
			t.Errorf("%d: %+v covers %+v: %v", i, tt.wide, tt.narrow, got)
		}
	}
}
