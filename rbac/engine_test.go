package rbac_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"rolecall.example/rbac"
)

// check compares one decision with the plain evaluator, and its trace with both.
func check(t *testing.T, c *rbac.Catalog, p person, s *rbac.Subject, action string, o rbac.Object) {
	t.Helper()
	want := plain(c, p, action, o)
	if got := s.Authorize(action, o); got != want {
		t.Fatalf("Authorize(%s, %+v) = %v, want %v\ngrants: %+v", action, o, got, want, p.grants)
	}
	tr := s.Explain(action, o)
	if tr.Allowed != want {
		t.Fatalf("Explain(%s, %+v).Allowed = %v, want %v", action, o, tr.Allowed, want)
	}
	checkTrace(t, c, tr, s, action, o)
}

// checkTrace looks for contradictions within a trace.
func checkTrace(t *testing.T, c *rbac.Catalog, tr rbac.Trace, s *rbac.Subject, action string, o rbac.Object) {
	t.Helper()
	decider, decided := tr.Decided()
	if tr.Allowed != (decided && tr.Levels[decider].Vote == 1) {
		t.Fatalf("Allowed = %v, but the vote that decides is another: %+v", tr.Allowed, tr)
	}
	for i, l := range tr.Levels {
		if l.Level != rbac.Level(i) || l.Decides != (decided && l.Level == decider) {
			t.Fatalf("Levels[%d] is %s, decides = %v: %+v", i, l.Level, l.Decides, tr)
		}
		if l.Reached == (decided && l.Level > decider) || l.Reached && !l.Decides && l.Vote != 0 {
			t.Fatalf("%s: reached = %v with the vote %d: %+v", l.Level, l.Reached, l.Vote, tr)
		}
		if want := reason(s, tr.Known, c.Owned(o.Type), l.Level, o); l.Reason != want {
			t.Fatalf("%s: reason = %d, want %d: %+v", l.Level, l.Reason, want, o)
		}
		if l.Reason != rbac.Applies && (l.Vote != 0 || l.Matches != nil) {
			t.Fatalf("%s has a vote or matches but does not apply: %+v", l.Level, tr)
		}
		checkMatches(t, l, action, o)
	}
}

func checkMatches(t *testing.T, l rbac.LevelTrace, action string, o rbac.Object) {
	t.Helper()
	standing, vote := 0, int8(0)
	for _, m := range l.Matches {
		sign := int8(1)
		if m.Permission.Negate {
			sign = -1
		}
		if vote != -1 {
			vote = sign
		}
		if !m.Overruled {
			standing++
			if sign != l.Vote {
				t.Fatalf("match %s counts for the vote %d", m.Permission, l.Vote)
			}
		}
		if !slices.Contains(m.Role.Permissions(l.Level), m.Permission) {
			t.Fatalf("match %s is not in the role %q at %s", m.Permission, m.Role.Name, l.Level)
		}
		if m.Permission.ResourceType != "*" && m.Permission.ResourceType != o.Type ||
			m.Permission.Action != "*" && m.Permission.Action != action {
			t.Fatalf("match %s does not cover %s:%s", m.Permission, o.Type, action)
		}
		if l.Level == rbac.LevelOrganization && !o.AnyOrg && m.Org != o.Org {
			t.Fatalf("match of a role in another organization: %+v", m)
		}
	}
	if l.Decides != (standing > 0) {
		t.Fatalf("%s: decides = %v with %d matches that count", l.Level, l.Decides, standing)
	}
	mixed := l.Level == rbac.LevelOrganization && o.AnyOrg
	if !mixed && vote != l.Vote {
		t.Fatalf("%s: vote = %d, want %d by its matches", l.Level, l.Vote, vote)
	}
}

// reason derives once more why a level does not apply.
func reason(s *rbac.Subject, known, owned bool, l rbac.Level, o rbac.Object) rbac.Reason {
	ofSomeOrg := o.AnyOrg || o.Org != none
	member := s.InOrg(o.Org)
	if o.AnyOrg {
		member = s.InOrg(home) || s.InOrg(away)
	}
	switch {
	case !known:
		return rbac.UnknownPair
	case l == rbac.LevelUser && !owned:
		return rbac.UnownedType
	case l == rbac.LevelOrganization && !ofSomeOrg:
		return rbac.NoOrganization
	case l == rbac.LevelOrganization && !member:
		return rbac.NotMember
	case l == rbac.LevelUser && o.Owner == none:
		return rbac.NoOwner
	case l == rbac.LevelUser && o.Owner != me:
		return rbac.NotOwner
	case l == rbac.LevelUser && ofSomeOrg && !member:
		return rbac.NotMember
	}
	return rbac.Applies
}

// Every resource type, action, built-in subject and object shape, and a type and an action that do not exist.
func TestEveryCell(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	types := []string{"*", "", "nothing"}
	for _, typ := range c.Types() {
		types = append(types, typ.Name)
	}
	actions := append(c.Actions(), "*", "", "nothing")
	for _, who := range all {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			p := cast(t, who)
			s := p.subject(c)
			for _, typ := range types {
				for _, o := range shapes(typ) {
					for _, action := range actions {
						check(t, c, p, s, action, o)
					}
				}
			}
		})
	}
}

// Random roles with denies, wildcards and pairs that do not exist, held at random.
func TestRandomSubjects(t *testing.T) {
	t.Parallel()
	catalogs := map[string]*rbac.Catalog{"default": rbac.Default(), "tiny": tiny(t)}
	vocabulary := map[string][2][]string{
		"default": {{"workspace", "template", "user", "organization_member", "*", "nothing"}, {"read", "update", "create", "*", "nothing"}},
		"tiny":    {{"invoice", "report", "memo", "*", "nothing"}, {"read", "pay", "*", "nothing"}},
	}
	for name, c := range catalogs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(1, 2))
			types, actions := vocabulary[name][0], vocabulary[name][1]
			outcomes := map[bool]int{}
			for range 1000 {
				p := randomPerson(rnd, c, types, actions)
				s := p.subject(c)
				for _, typ := range types {
					for _, o := range shapes(typ) {
						action := actions[rnd.IntN(len(actions))]
						check(t, c, p, s, action, o)
						outcomes[s.Authorize(action, o)]++
					}
				}
			}
			if outcomes[true] < 1000 || outcomes[false] < 1000 {
				t.Errorf("outcomes = %v, want at least 1000 of each", outcomes)
			}
		})
	}
}

func randomPerson(rnd *rand.Rand, c *rbac.Catalog, types, actions []string) (p person) {
	pick := func(from []string) string { return from[rnd.IntN(len(from))] }
	list := func() (perms []rbac.Permission) {
		for range rnd.IntN(4) {
			perms = append(perms, rbac.Permission{ResourceType: pick(types), Action: pick(actions), Negate: rnd.IntN(3) == 0})
		}
		return perms
	}
	for _, org := range []rbac.ID{home, away} {
		if rnd.IntN(3) == 0 {
			p.orgs = append(p.orgs, org)
		}
	}
	for range rnd.IntN(5) {
		r := c.Compile(rbac.Role{Name: "r", Site: list(), Organization: list(), User: list()})
		if rnd.IntN(2) == 0 { // site votes would hide the levels below
			r = c.Compile(rbac.Role{Name: "r", Organization: list(), User: list()})
		}
		p.grants = append(p.grants, rbac.Grant{Role: r, Org: []rbac.ID{none, home, away}[rnd.IntN(3)]})
	}
	return p
}

// Explanations for one user with a workspace and a ban in one of two organizations.
func TestExplain(t *testing.T) {
	t.Parallel()
	ban := builtIn(t, "organization-workspace-creation-ban")
	admin := builtIn(t, "organization-admin")
	owner := builtIn(t, "owner")
	rows := []struct {
		name   string
		grants []rbac.Grant
		object rbac.Object
		want   string // level:sign of role in order; "~" for overruled; "=" and the deciding level
	}{
		{"nothing but own rights", nil, rbac.Object{Owner: me},
			"user:workspace:* of member =user allowed"},
		{"a deny of the organization blocks own rights", []rbac.Grant{{Role: ban, Org: home}}, rbac.Object{Org: home, Owner: me},
			"organization:!workspace:create of organization-workspace-creation-ban ~user:workspace:* of member =organization refused"},
		{"a deny beats an allow beside it", []rbac.Grant{{Role: admin, Org: home}, {Role: ban, Org: home}}, rbac.Object{Org: home},
			"~organization:workspace:create of organization-admin organization:!workspace:create of organization-workspace-creation-ban =organization refused"},
		{"an allow of the site beats a deny below", []rbac.Grant{{Role: owner}, {Role: ban, Org: home}}, rbac.Object{Org: home},
			"site:workspace:create of owner ~organization:!workspace:create of organization-workspace-creation-ban =site allowed"},
		{"a deny elsewhere is not seen", []rbac.Grant{{Role: ban, Org: away}}, rbac.Object{Org: home, Owner: me},
			"user:workspace:* of member =user allowed"},
		{"any organization: denies are ignored", []rbac.Grant{{Role: ban, Org: away}, {Role: admin, Org: away}, {Role: admin, Org: home}}, rbac.Object{AnyOrg: true},
			"~organization:!workspace:create of organization-workspace-creation-ban ~organization:workspace:create of organization-admin organization:workspace:create of organization-admin =organization allowed"},
		{"nothing matches", nil, rbac.Object{Org: home}, "refused"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := rbac.Default().NewSubject(me, []rbac.ID{home}, row.grants)
			row.object.Type = "workspace"
			tr := s.Explain("create", row.object)
			if got := tell(tr); got != row.want {
				t.Errorf("Explain =\n%s\nwant\n%s", got, row.want)
			}
			checkTrace(t, rbac.Default(), tr, s, "create", row.object)
		})
	}
}

// tell writes a trace down in one line.
func tell(tr rbac.Trace) (line string) {
	for _, l := range tr.Levels {
		for _, m := range l.Matches {
			if m.Overruled {
				line += "~"
			}
			line += l.Level.String() + ":" + m.Permission.String() + " of " + m.Role.Name + " "
		}
	}
	if l, ok := tr.Decided(); ok {
		line += "=" + l.String() + " "
	}
	if tr.Allowed {
		return line + "allowed"
	}
	return line + "refused"
}

func TestNobody(t *testing.T) {
	t.Parallel()
	var s *rbac.Subject
	o := rbac.Object{Type: "user", Owner: me}
	ok, missing := s.MayAssign(orgRole(""), home)
	tr := s.Explain("read", o)
	if s.Authorize("read", o) || tr.Allowed || tr.Known || s.InOrg(home) || s.HasRole("member", none) || s.Grants() != nil ||
		ok || missing != nil || s.AllowedIn(home).Len() != 0 || s.AllowedSite().Len() != 0 {
		t.Error("a nil subject is allowed or holds something, want nothing")
	}
	if got := s.CheckGrant(rbac.LevelSite, none, perms("user:read")); len(got) != 1 {
		t.Errorf("CheckGrant(user:read) of a nil subject = %q, want user:read missing", format(got))
	}
}

// A subject without an id owns nothing, least of all what has no owner.
func TestZeroID(t *testing.T) {
	t.Parallel()
	s := rbac.Default().NewSubject(none, []rbac.ID{none}, nil)
	if s.Authorize("read", rbac.Object{Type: "user"}) || s.InOrg(none) || s.AllowedIn(home).Len() != s.AllowedSite().Len() {
		t.Error("a subject with the zero id owns something or belongs to an organization")
	}
	if got := format(s.CheckGrant(rbac.LevelUser, none, perms("user:read"))); got != "user:read" {
		t.Errorf("CheckGrant(user:read) of the zero id = %q, want user:read missing", got)
	}
}

func TestMembership(t *testing.T) {
	t.Parallel()
	s := rbac.Default().NewSubject(me, []rbac.ID{home, home}, []rbac.Grant{
		{Role: builtIn(t, "member")}, {Role: builtIn(t, "organization-member"), Org: home},
		{Role: builtIn(t, "organization-auditor"), Org: away}, {},
	})
	var got []string
	for _, g := range s.Grants() {
		got = append(got, g.Role.Name)
	}
	want := []string{"member", "organization-member", "organization-member", "organization-auditor"}
	if !slices.Equal(got, want) {
		t.Errorf("Grants = %q, want %q", got, want)
	}
	if !s.InOrg(home) || !s.InOrg(away) || s.InOrg(other) {
		t.Errorf("InOrg(home, away, other) = %v, %v, %v, want true, true, false", s.InOrg(home), s.InOrg(away), s.InOrg(other))
	}
	if !s.HasRole("organization-auditor", away) || s.HasRole("organization-auditor", home) ||
		s.HasRole("organization-auditor", none) || !s.HasRole("member", none) {
		t.Error("HasRole finds a role where it is not held, or does not find it where it is")
	}
}

// In many organizations, the rights of each stay apart.
func TestManyOrganizations(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 8, 9, 200} {
		var orgs []rbac.ID
		var grants []rbac.Grant
		for i := range n {
			orgs = append(orgs, rbac.ID{1, byte(i)})
			if i%2 == 0 {
				grants = append(grants, rbac.Grant{Role: builtIn(t, "organization-auditor"), Org: orgs[i]})
			}
		}
		s := rbac.Default().NewSubject(me, orgs, grants)
		for i, org := range append(orgs, away) {
			o := rbac.Object{Type: "audit_log", Org: org}
			if got, want := s.Authorize("read", o), i < n && i%2 == 0; got != want || s.InOrg(org) != (i < n) {
				t.Errorf("Authorize(read, audit_log) in organization %d of %d = %v, want %v", i, n, got, want)
			}
		}
	}
}

// Broken data must not give rights: a built-in role held at the wrong scope does not count.
func TestMisplacedBuiltIn(t *testing.T) {
	t.Parallel()
	s := rbac.Default().NewSubject(me, nil, []rbac.Grant{
		{Role: builtIn(t, "owner"), Org: home}, {Role: builtIn(t, "organization-admin")},
	})
	if s.Authorize("read", rbac.Object{Type: "license"}) || s.Authorize("read", rbac.Object{Type: "user"}) ||
		s.InOrg(home) || s.HasRole("owner", home) {
		t.Error("a built-in role held at the wrong scope has an effect")
	}
}

func TestAllocations(t *testing.T) {
	s, o := crowded()
	outside := o
	outside.AnyOrg = true
	for _, object := range []rbac.Object{o, outside, {Type: "nothing"}, {Type: "user", Owner: me}} {
		if n := testing.AllocsPerRun(100, func() { s.Authorize("read", object) }); n != 0 {
			t.Errorf("Authorize(read, %+v) allocates %v times, want 0", object, n)
		}
	}
}
