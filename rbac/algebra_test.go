package rbac_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/rbac"
)

// formatDiff writes differences as "organization template:delete allow>deny".
func formatDiff(list []rbac.Difference) string {
	var words []string
	for _, d := range list {
		words = append(words, d.Level.String()+" "+d.Pair().String()+" "+d.From.String()+">"+d.To.String())
	}
	return strings.Join(words, ", ")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	from := &rbac.Role{Site: perms("user:read"), Organization: perms("template:read template:delete !template:delete *:update old:pair")}
	to := &rbac.Role{Organization: perms("!template:delete template:read !*:update file:read")}
	want := "site user:read allow>, organization *:update allow>deny, organization file:read >allow, organization old:pair allow>"
	if got := formatDiff(rbac.Diff(from, to)); got != want {
		t.Errorf("Diff =\n%s\nwant\n%s", got, want)
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	r := &rbac.Role{Organization: perms("template:* !template:delete file:read !*:read")}
	for pair, want := range map[string]rbac.State{
		"template:read": rbac.Allowed, "template:delete": rbac.Denied, "file:read": rbac.Allowed, "file:create": rbac.Unset, "*:read": rbac.Denied,
	} {
		typ, action, _ := strings.Cut(pair, ":")
		if got := r.State(orgLevel, typ, action); got != want {
			t.Errorf("State(organization, %s) = %q, want %q", pair, got, want)
		}
	}
	if got := r.State(siteLevel, "file", "read"); got != rbac.Unset {
		t.Errorf("State(site, file:read) = %q, want it unset", got)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, base, theirs, yours, kept, conflicts, merged string }{
		{"nothing overlaps", "user:read", "user:read file:read", "", "organization user:read allow>", "", "file:read"},
		{"both the same", "", "!user:read", "!user:read", "organization user:read >deny", "", "!user:read"},
		{"a conflict keeps theirs", "user:read", "", "!user:read file:read", "organization file:read >allow", "organization user:read allow>deny/", "file:read"},
		{"only theirs", "", "user:read", "", "", "", "user:read"},
	} {
		of := func(text string) *rbac.Role { return &rbac.Role{Organization: perms(text)} }
		theirs := of(tt.theirs)
		m := rbac.Merge(of(tt.base), theirs, of(tt.yours))
		var conflicts []string
		for _, c := range m.Conflicts {
			conflicts = append(conflicts, formatDiff([]rbac.Difference{c.Difference})+"/"+c.Theirs.String())
		}
		got := []string{formatDiff(m.Kept), strings.Join(conflicts, ", "), format(m.Role.Organization)}
		if diff := cmp.Diff([]string{tt.kept, tt.conflicts, tt.merged}, got); diff != "" {
			t.Errorf("Merge, %s (-want +got):\n%s", tt.name, diff)
		}
		if format(theirs.Organization) != tt.theirs {
			t.Errorf("Merge, %s: it changed the role theirs", tt.name)
		}
	}
}

// randomRole has a third of the pairs of a catalog, wildcards among them, at every level.
func randomRole(rnd *rand.Rand, c *rbac.Catalog) *rbac.Role {
	list := func() (out []rbac.Permission) {
		for _, t := range append(slices.Clone(c.Types()), rbac.ResourceType{Name: "*", Actions: c.WildcardActions()}) {
			for _, a := range t.Actions {
				if rnd.IntN(3) == 0 {
					out = append(out, rbac.Permission{ResourceType: t.Name, Action: a.Name, Negate: rnd.IntN(3) == 0})
				}
			}
		}
		return out
	}
	return c.Compile(rbac.Role{Name: "random", Site: list(), Organization: list(), User: list()})
}

// decisions writes down everything that a holder of the role alone may do, in home and elsewhere.
func decisions(c *rbac.Catalog, r *rbac.Role) string {
	s := c.NewSubject(me, []rbac.ID{home}, []rbac.Grant{{Role: c.Compile(*r), Org: home}})
	var text []string
	for _, o := range shapes("") {
		text = append(text, format(s.Allowed(o).Minus(rbac.Set{})))
	}
	return strings.Join(text, "; ")
}

// sameLists reports whether two roles hold the same permissions.
func sameLists(a, b *rbac.Role) bool { return len(rbac.Diff(a, b)) == 0 }

func TestRoleAlgebra(t *testing.T) {
	t.Parallel()
	rounds := 500
	if testing.Short() {
		rounds = 50
	}
	for name, c := range map[string]*rbac.Catalog{"default": rbac.Default(), "another product's": tiny(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(7, 11))
			for range rounds {
				a, b, x := randomRole(rnd, c), randomRole(rnd, c), randomRole(rnd, c)
				becomes := a.Apply(rbac.Diff(a, b))
				if !sameLists(becomes, b) || decisions(c, becomes) != decisions(c, b) {
					t.Fatalf("Apply(a, Diff(a, b)) = %s, want b = %s", format(becomes.Organization), format(b.Organization))
				}
				if m := rbac.Merge(x, x, a); !sameLists(m.Role, a) || len(m.Conflicts) > 0 {
					t.Fatalf("Merge(x, x, a) differs from a: %s, %d conflicts", formatDiff(rbac.Diff(m.Role, a)), len(m.Conflicts))
				}
				one, other := rbac.Merge(x, a, b), rbac.Merge(x, b, a)
				if len(one.Conflicts) != len(other.Conflicts) || len(one.Conflicts) == 0 && !sameLists(one.Role, other.Role) {
					t.Fatalf("Merge(x, a, b) and Merge(x, b, a) differ: %s", formatDiff(rbac.Diff(one.Role, other.Role)))
				}
				checkCounts(t, c, a)
				checkEffects(t, c, a)
			}
		})
	}
}

// checkCounts compares the counts of a role with the decisions about a holder.
func checkCounts(t *testing.T, c *rbac.Catalog, r *rbac.Role) {
	t.Helper()
	allowed, denied, pairs := r.Counts(orgLevel)
	alone := c.Compile(rbac.Role{Name: "alone", Organization: r.Organization})
	if n := c.OrganizationRights(home, []*rbac.Role{alone}).Len(); n != allowed {
		t.Fatalf("Counts: allowed = %d, want %d", allowed, n)
	}
	turned := slices.Clone(r.Organization)
	for i := range turned { // every deny as an allow, every allow gone
		turned[i].Negate = !turned[i].Negate
	}
	turned = slices.DeleteFunc(turned, func(p rbac.Permission) bool { return p.Negate })
	if n := c.OrganizationRights(home, []*rbac.Role{c.Compile(rbac.Role{Name: "turned", Organization: turned})}).Len(); n != denied {
		t.Fatalf("Counts: denied = %d, want %d", denied, n)
	}
	if pairs != c.Pairs() {
		t.Fatalf("Counts: pairs = %d, want %d", pairs, c.Pairs())
	}
}

// checkEffects removes all permissions without effect from a role, which must change no decision.
func checkEffects(t *testing.T, c *rbac.Catalog, r *rbac.Role) {
	t.Helper()
	before := decisions(c, r)
	rest := *r
	rest.Organization = slices.DeleteFunc(slices.Clone(r.Organization), func(p rbac.Permission) bool {
		switch c.Effect(r, orgLevel, p) {
		case rbac.TakesEffect, rbac.EveryoneHasOwn, rbac.SiteOnlyType: // a site-only type counts on objects that cannot exist
			return false
		}
		return true
	})
	if decisions(c, &rest) != before {
		t.Fatalf("removing permissions without effect changed a decision:\nwith    %s\nwithout %s", format(r.Organization), format(rest.Organization))
	}
}

func TestEffect(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	for _, tt := range []struct {
		role, asked string
		want        rbac.Effect
	}{
		{"", "organization_member:create", rbac.TakesEffect},
		{"", "nothing:read", rbac.NotInCatalog},
		{"", "template:fly", rbac.NotInCatalog},
		{"", "deployment_config:read", rbac.SiteOnlyType},
		{"!*:delete", "template:delete", rbac.DeniedForAll},
		{"!*:delete", "!template:delete", rbac.DeniedForAll},
		{"!organization_member:create", "organization_member:create", rbac.TakesEffect}, // it would take the place of the deny
		{"template:delete !template:delete", "template:delete", rbac.DeniedBeside},
		{"*:update", "template:update", rbac.AllowedForAll},
		{"*:update", "!template:update", rbac.TakesEffect},
		{"*:update", "*:update", rbac.TakesEffect},
		{"", "assign_org_role:read", rbac.EveryoneHas},
		{"", "organization_member:read", rbac.EveryoneHasOwn},
		{"", "!assign_org_role:read", rbac.TakesEffect},
	} {
		if got := c.Effect(orgRole(tt.role), orgLevel, perms(tt.asked)[0]); got != tt.want {
			t.Errorf("Effect(%s) in a role with %q = %d, want %d", tt.asked, tt.role, got, tt.want)
		}
	}
	if got := c.Effect(siteRole(""), siteLevel, perms("deployment_config:read")[0]); got != rbac.TakesEffect {
		t.Errorf("Effect(deployment_config:read) in a site role = %d, want %d", got, rbac.TakesEffect)
	}
}

// An admin under a deny must not get around it by giving a built-in role to another account.
func TestMayHandOut(t *testing.T) {
	t.Parallel()
	admin := builtIn(t, "organization-admin")
	for held, want := range map[string]bool{"": true, "!template:delete": false} {
		s := rbac.Default().NewSubject(me, []rbac.ID{home}, []rbac.Grant{{Role: admin, Org: home}, {Role: orgRole(held), Org: home}})
		if ok, missing := s.MayHandOut(admin, home); ok != want || ok == (len(missing) > 0) {
			t.Errorf("MayHandOut(organization-admin) under %q = %v, missing %q, want %v", held, ok, format(missing), want)
		}
	}
	if ok, _ := holder("template:read").MayHandOut(admin, home); ok {
		t.Error("MayHandOut(organization-admin) = true for a holder of no built-in role, want false")
	}
}

func TestWrittenOut(t *testing.T) {
	t.Parallel()
	c := tiny(t)
	const want = "invoice:pay invoice:read !report:read"
	if got := format(c.WrittenOut(perms("invoice:* invoice:pay !report:*"))); got != want {
		t.Errorf("WrittenOut = %q, want %q", got, want)
	}
}
