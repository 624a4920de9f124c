package rbac_test

import (
	"slices"
	"testing"

	"rolecall.example/rbac"
)

// TestWithin: of every pair and object, what a subject may do within organizations is what it may do, there alone, and it may
// read its own account. An explanation says the same.
func TestWithin(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	me, stranger := rbac.ID{1}, rbac.ID{2}
	orgs := []rbac.ID{{10}, {11}, {12}}
	owner, _ := c.BuiltIn("owner")
	admin, _ := c.BuiltIn("organization-admin")
	for _, grants := range [][]rbac.Grant{nil, {{Role: owner}}, {{Role: admin, Org: orgs[0]}}, {{Role: admin, Org: orgs[0]}, {Role: admin, Org: orgs[1]}}} {
		s := c.NewSubject(me, orgs[:2], grants)
		for _, within := range [][]rbac.ID{{}, orgs[:1], orgs[1:], {orgs[2]}, {{}}} {
			bound := s.Within(within)
			again := bound.Within(orgs)
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
	if (*rbac.Subject)(nil).Within(orgs) != nil {
		t.Error("nobody is somebody within organizations")
	}
}
