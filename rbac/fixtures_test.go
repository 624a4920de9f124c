package rbac_test

import (
	"slices"
	"strings"
	"testing"

	"rolecall.example/rbac"
)

// The ids of the tests. All subjects have the id me; home is the organization that the tests are about.
var (
	me, other   = rbac.ID{1}, rbac.ID{2}
	home, away  = rbac.ID{0: 0xa0}, rbac.ID{0: 0xb0}
	none        rbac.ID
	all         = []string{"O", "UA", "TA", "AU", "OA", "OUA", "OTA", "OAU", "M", "X"}
	siteRoles   = map[string]string{"O": "owner", "UA": "user-admin", "TA": "template-admin", "AU": "auditor"}
	memberRoles = map[string]string{
		"OA": "organization-admin", "OUA": "organization-user-admin",
		"OTA": "organization-template-admin", "OAU": "organization-auditor", "M": "",
	}
)

// person is what NewSubject was given, kept for the plain evaluator.
type person struct {
	orgs   []rbac.ID
	grants []rbac.Grant
}

func (p person) subject(c *rbac.Catalog) *rbac.Subject { return c.NewSubject(me, p.orgs, p.grants) }

// cast is one of "O", "UA", … as in the tables. Holders of site roles belong to no organization, so that what
// they may do comes from the site role; X belongs to another organization only.
func cast(t testing.TB, who string) person {
	t.Helper()
	if name, ok := siteRoles[who]; ok {
		return person{grants: []rbac.Grant{{Role: builtIn(t, name)}}}
	}
	if who == "X" {
		return person{orgs: []rbac.ID{away}}
	}
	p := person{orgs: []rbac.ID{home}}
	if name := memberRoles[who]; name != "" {
		p.grants = []rbac.Grant{{Role: builtIn(t, name), Org: home}}
	}
	return p
}

func subject(t testing.TB, who string) *rbac.Subject {
	t.Helper()
	return cast(t, who).subject(rbac.Default())
}

func builtIn(t testing.TB, name string) *rbac.Role {
	t.Helper()
	r, ok := rbac.Default().BuiltIn(name)
	if !ok {
		t.Fatalf("no built-in role %q", name)
	}
	return r
}

// perms reads "template:delete !workspace:read".
func perms(text string) (list []rbac.Permission) {
	for _, f := range strings.Fields(text) {
		name, negate := strings.CutPrefix(f, "!")
		typ, action, _ := strings.Cut(name, ":")
		list = append(list, rbac.Permission{ResourceType: typ, Action: action, Negate: negate})
	}
	return list
}

// format is the reverse of perms, "" for none.
func format(list []rbac.Permission) string {
	var words []string
	for _, p := range list {
		words = append(words, p.String())
	}
	return strings.Join(words, " ")
}

// orgRole and siteRole are custom roles of Default with one list.
func orgRole(text string) *rbac.Role {
	return rbac.Default().Compile(rbac.Role{Name: "custom", Organization: perms(text)})
}

func siteRole(text string) *rbac.Role {
	return rbac.Default().Compile(rbac.Role{Name: "custom", Site: perms(text)})
}

// shapes returns one object of a type for each combination of organization and owner that matters.
func shapes(typ string) (objects []rbac.Object) {
	for _, org := range []rbac.ID{none, home, away} {
		for _, owner := range []rbac.ID{none, me, other} {
			for _, anyOrg := range []bool{false, true} {
				objects = append(objects, rbac.Object{Type: typ, Org: org, Owner: owner, AnyOrg: anyOrg})
			}
		}
	}
	return objects
}

// plain decides by the definition, from the lists, without regard to speed. Each level votes -1, 0 or 1. The answer is yes
// if site = 1; or site ≠ -1 and organization = 1; or neither is -1 and user = 1, for the subject's own object in no
// organization or in one of its own, if objects of its type may be somebody's.
func plain(c *rbac.Catalog, p person, action string, o rbac.Object) bool {
	exists := slices.ContainsFunc(c.Types(), func(t rbac.ResourceType) bool {
		return t.Name == o.Type &&
			slices.ContainsFunc(t.Actions, func(a rbac.ActionInfo) bool { return a.Name == action })
	})
	held := append(slices.Clone(p.grants), rbac.Grant{Role: c.ImpliedSite()})
	orgs := slices.Clone(p.orgs)
	for _, g := range p.grants {
		orgs = append(orgs, g.Org)
	}
	orgs = slices.DeleteFunc(orgs, func(org rbac.ID) bool { return org == none })
	for _, org := range orgs {
		held = append(held, rbac.Grant{Role: c.ImpliedOrganization(), Org: org})
	}
	vote := func(l rbac.Level, counts func(rbac.Grant) bool) (v int) {
		for _, g := range held {
			if g.Role == nil || !counts(g) {
				continue
			}
			for _, p := range g.Role.Permissions(l) {
				if (p.Action == action || p.Action == "*") && (p.ResourceType == o.Type || p.ResourceType == "*") {
					if p.Negate {
						return -1
					}
					v = 1
				}
			}
		}
		return v
	}
	inOrg := func(org rbac.ID) int {
		return vote(rbac.LevelOrganization, func(g rbac.Grant) bool { return g.Org == org && org != none })
	}
	everywhere := func(rbac.Grant) bool { return true }

	site, organization, user := vote(rbac.LevelSite, everywhere), inOrg(o.Org), 0
	belongs := o.Org == none || slices.Contains(orgs, o.Org)
	if o.AnyOrg {
		organization, belongs = 0, len(orgs) > 0
		if slices.ContainsFunc(orgs, func(org rbac.ID) bool { return inOrg(org) == 1 }) {
			organization = 1
		}
	}
	if o.Owner == me && c.Owned(o.Type) {
		user = vote(rbac.LevelUser, everywhere)
	}
	return exists && (site == 1 || site != -1 && organization == 1 ||
		site != -1 && organization != -1 && user == 1 && belongs)
}
