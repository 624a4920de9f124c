package rbac_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/rbac"
)

// everyRead holds read on every type of Default that has it, one by one, except those named.
func everyRead(except ...string) string {
	var list []string
	for _, typ := range rbac.Default().Types() {
		has := slices.ContainsFunc(typ.Actions, func(a rbac.ActionInfo) bool { return a.Name == "read" })
		if has && !slices.Contains(except, typ.Name) {
			list = append(list, typ.Name+":read")
		}
	}
	return strings.Join(list, " ")
}

const (
	siteLevel = rbac.LevelSite
	orgLevel  = rbac.LevelOrganization
	userLevel = rbac.LevelUser
)

// holder holds an organization role in home, siteHolder a site role, with those permissions.
func holder(text string) *rbac.Subject {
	return rbac.Default().NewSubject(me, []rbac.ID{home}, []rbac.Grant{{Role: orgRole(text), Org: home}})
}

func siteHolder(text string) *rbac.Subject {
	return rbac.Default().NewSubject(me, nil, []rbac.Grant{{Role: siteRole(text)}})
}

// grantRow names those of the permissions that the subject may not grant.
type grantRow struct {
	name         string
	subject      *rbac.Subject
	level        rbac.Level
	org          rbac.ID
	ask, missing string
}

func checkGrants(t *testing.T, rows []grantRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := format(row.subject.CheckGrant(row.level, row.org, perms(row.ask))); got != row.missing {
				t.Errorf("CheckGrant(%s) = %q, want %q", row.ask, got, row.missing)
			}
		})
	}
}

// Nobody grants what they do not hold.
func TestCheckGrant(t *testing.T) {
	t.Parallel()
	checkGrants(t, []grantRow{
		{"nothing is always fine", subject(t, "X"), orgLevel, home, "", ""},
		{"what is held", subject(t, "OA"), orgLevel, home, "template:delete workspace:create", ""},
		{"what is not held", subject(t, "OA"), orgLevel, home, "workspace:read workspace:ssh", "workspace:ssh"},
		{"rights on other people's things only through roles", subject(t, "M"), orgLevel, home, "workspace:read", "workspace:read"},
		{"another organization", subject(t, "OA"), orgLevel, away, "template:delete", "template:delete"},
		{"a stranger", subject(t, "X"), orgLevel, home, "organization:read", "organization:read"},
		{"the zero organization", subject(t, "O"), orgLevel, none, "template:delete", "template:delete"},
		{"site from within an organization", subject(t, "OA"), siteLevel, none, "template:delete user:read", "template:delete"},
		{"site permissions reach into organizations", subject(t, "O"), orgLevel, away, "template:delete", ""},
		{"not even owners", subject(t, "O"), orgLevel, home, "workspace_dormant:start", "workspace_dormant:start"},

		{"a deny of what is held", subject(t, "OA"), orgLevel, home, "!template:delete", ""},
		{"a deny of what is not held", subject(t, "OTA"), orgLevel, home, "!user:read !template:read", "!user:read"},
		{"what is held and denied is not held", holder("template:read !template:read"), orgLevel, home, "template:read !template:read", "template:read !template:read"},
		{"a site deny takes away what the organization gives",
			rbac.Default().NewSubject(me, nil, []rbac.Grant{{Role: orgRole("template:*"), Org: home}, {Role: siteRole("!template:read")}}),
			orgLevel, home, "template:read template:delete", "template:read"},
		{"own things", subject(t, "M"), userLevel, none, "workspace:ssh user:update_personal", ""},
		{"own things that are not theirs to decide", subject(t, "M"), userLevel, none, "user:delete workspace:*", "user:delete"},
		{"own things, denied by the site", siteHolder("!workspace:ssh"), userLevel, none, "workspace:ssh", "workspace:ssh"},
		{"organizations give nothing at user level", holder("user:delete"), userLevel, home, "user:delete", "user:delete"},

		{"unknown pairs", subject(t, "O"), siteLevel, none, "nothing:read user:fly user:read *:fly nothing:*", "nothing:read user:fly *:fly nothing:*"},
		{"unknown pairs with everything held", siteHolder("*:*"), siteLevel, none, "nothing:read !user:fly :", "nothing:read !user:fly :"},
		{"an unknown level", subject(t, "O"), rbac.Level(9), home, "user:read", "user:read"},
	})
}

// A wildcard needs all that it covers.
func TestCheckGrantWildcards(t *testing.T) {
	t.Parallel()
	checkGrants(t, []grantRow{
		{"all types by the wildcard", holder("*:delete"), orgLevel, home, "*:delete !*:delete template:delete", ""},
		{"all types one by one", holder(everyRead()), orgLevel, home, "*:read", ""},
		{"all types but one", holder(everyRead("template")), orgLevel, home, "*:read !*:read license:read", "*:read !*:read"},
		{"the wildcard with one type denied", holder("*:delete !file:read !template:delete"), orgLevel, home, "*:delete license:delete", "*:delete"},
		{"one type is not all", holder("template:delete"), orgLevel, home, "*:delete", "*:delete"},
		{"the wildcard of another action", holder("*:read"), orgLevel, home, "*:delete", "*:delete"},
		{"the wildcard in another organization", holder("*:read"), orgLevel, away, "*:read", "*:read"},
		{"an action that owners lack somewhere", subject(t, "O"), siteLevel, none, "*:start *:stop", "*:start"},
		{"assigning of both kinds", subject(t, "UA"), siteLevel, none, "*:assign", ""},
		{"assigning of one kind", subject(t, "OA"), orgLevel, home, "*:assign", "*:assign"},

		{"the wildcard action", subject(t, "OA"), orgLevel, home, "template:* workspace:*", "workspace:*"},
		{"everything", subject(t, "O"), siteLevel, none, "*:*", "*:*"},
		{"everything, held", siteHolder("*:*"), siteLevel, none, "*:* !*:*", ""},
	})
}

// A custom role may be given and taken by those who hold all that it allows and denies.
func TestMayAssignCustom(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	rows := []struct {
		name    string
		role    *rbac.Role
		org     rbac.ID
		allowed string
	}{
		{"an empty role", orgRole(""), home, strings.Join(all, " ")},
		{"an organization role", orgRole("template:read"), home, "O TA AU OA OTA OAU"},
		{"the same elsewhere", orgRole("template:read"), away, "O TA AU"},
		{"a deny counts like an allow", orgRole("!template:read"), home, "O TA AU OA OTA OAU"},
		{"one part too much", orgRole("template:read file:create"), home, "O TA OA OTA"},
		{"more than organizations have", orgRole("workspace:ssh"), home, "O"},
		{"more than anybody has", orgRole("workspace_dormant:start"), home, ""},
		{"the wildcard type", orgRole("*:view_insights"), home, "O TA AU OA OTA OAU"},
		{"what is no longer valid has no effect", orgRole("nothing:read template:read !user:fly"), home, "O TA AU OA OTA OAU"},
		{"nothing valid at all", orgRole("nothing:read"), home, strings.Join(all, " ")},
		{"a site role", siteRole("user:read"), none, "O UA TA AU OA OUA"},
		{"a site role with a deny", siteRole("!user:delete user:read"), none, "O UA"},
		{"a site role about own things", c.Compile(rbac.Role{User: perms("workspace:ssh")}), none, strings.Join(all, " ")},
		{"an organization role given site-wide", orgRole("template:read"), none, ""},
		{"all levels are looked at", c.Compile(rbac.Role{Site: perms("license:read"), Organization: perms("template:read")}), home, "O"},
		{"named like a built-in role", c.Compile(rbac.Role{Name: "organization-member", Organization: perms("license:delete")}), home, "O OA"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, who := range all {
				ok, missing := subject(t, who).MayAssign(row.role, row.org)
				if ok != slices.Contains(strings.Fields(row.allowed), who) || ok != (missing == nil) {
					t.Errorf("MayAssign(%s) by %s = %v, missing %q, want %v", row.name, who, ok, format(missing), !ok)
				}
			}
		})
	}
	_, missing := subject(t, "OTA").MayAssign(orgRole("template:read !license:read nothing:read workspace:ssh"), home)
	if got := format(missing); got != "!license:read workspace:ssh" {
		t.Errorf("MayAssign: missing = %q, want !license:read workspace:ssh", got)
	}
	if ok, _ := subject(t, "O").MayAssign(nil, home); ok {
		t.Error("MayAssign(nil) = true, want false")
	}
}

// The sets hold what Authorize says, pair by pair.
func TestAllowedSets(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	for _, who := range all {
		s := subject(t, who)
		for org, set := range map[rbac.ID]rbac.Set{none: s.AllowedSite(), home: s.AllowedIn(home), away: s.AllowedIn(away)} {
			n := 0
			for _, typ := range c.Types() {
				for _, a := range typ.Actions {
					want := s.Authorize(a.Name, rbac.Object{Type: typ.Name, Org: org})
					if want {
						n++
					}
					if set.Contains(typ.Name, a.Name) != want {
						t.Errorf("Contains(%s, %s) of %s in %x = %v, want %v", typ.Name, a.Name, who, org[0], !want, want)
					}
				}
			}
			if set.Len() != n || len(set.Minus(rbac.Set{})) != n || set.Contains("*", "read") {
				t.Errorf("Len of %s = %d, want %d", who, set.Len(), n)
			}
		}
	}
}

func TestSetMinus(t *testing.T) {
	t.Parallel()
	owner, users := subject(t, "O").AllowedSite(), subject(t, "UA").AllowedSite()
	if diff := cmp.Diff([]rbac.Permission(nil), users.Minus(owner)); diff != "" {
		t.Errorf("a user admin holds more than an owner (-want +got):\n%s", diff)
	}
	auditor := subject(t, "AU").AllowedSite()
	want := "audit_log:read connection_log:read deployment_config:read deployment_stats:read template:read template:view_insights"
	if got := format(auditor.Minus(users)); got != want {
		t.Errorf("Minus = %q, want %q", got, want)
	}
	var zero rbac.Set
	if zero.Len() != 0 || zero.Contains("user", "read") || zero.Minus(owner) != nil {
		t.Error("the zero set is not empty")
	}
}

// A deny at the site level reduces what is allowed there; one of an organization does not.
func TestAllowedSiteDenies(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	owner := rbac.Grant{Role: builtIn(t, "owner")}
	whole := c.NewSubject(me, nil, []rbac.Grant{owner}).AllowedSite()
	less := c.NewSubject(me, nil, []rbac.Grant{owner, {Role: siteRole("!user:read")}, {Role: orgRole("!user:delete"), Org: home}}).AllowedSite()
	if got := format(whole.Minus(less)); got != "user:read" {
		t.Errorf("the denies took %q, want user:read", got)
	}
}

func TestOrganizationRights(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	admin, ban := builtIn(t, "organization-admin"), builtIn(t, "organization-workspace-creation-ban")
	whole := c.OrganizationRights(home, []*rbac.Role{admin})
	if !whole.Contains("user", "read") || !whole.Contains("template", "delete") {
		t.Error("OrganizationRights lacks site or organization permissions of the role")
	}
	if whole.Contains("oauth2_app", "fly") || c.OrganizationRights(home, nil).Len() != 0 {
		t.Error("OrganizationRights has a pair that no role allows")
	}
	banned := c.OrganizationRights(home, []*rbac.Role{admin, ban, nil})
	want := "workspace:create workspace:create_agent workspace:delete workspace:delete_agent"
	if got := format(whole.Minus(banned)); got != want {
		t.Errorf("the ban took %q, want %q", got, want)
	}
	if rest := whole.Minus(subject(t, "OA").AllowedIn(home)); rest != nil {
		t.Errorf("an organization admin lacks %q of another one", format(rest))
	}
	if whole.Minus(subject(t, "OUA").AllowedIn(home)) == nil || whole.Minus(subject(t, "OA").AllowedIn(away)) == nil {
		t.Error("a user admin, or an admin elsewhere, holds all that an organization admin does")
	}
}

// Joining an organization adds what every member may do there, and overrules no deny.
func TestAllowedOnJoining(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	people := map[string]person{
		"denied on the site":  {grants: []rbac.Grant{{Role: siteRole("!organization:read")}}},
		"denied on own":       {grants: []rbac.Grant{{Role: c.Compile(rbac.Role{User: perms("!workspace:read !organization:read")})}}},
		"more on own":         {grants: []rbac.Grant{{Role: c.Compile(rbac.Role{User: perms("user:delete")})}}},
		"a member under one":  {orgs: []rbac.ID{home}, grants: []rbac.Grant{{Role: orgRole("!organization:read"), Org: home}}},
		"denied in the other": {grants: []rbac.Grant{{Role: orgRole("!organization:read"), Org: away}}},
	}
	for _, who := range all {
		people[who] = cast(t, who)
	}
	for who, p := range people {
		for _, o := range []rbac.Object{{}, {Owner: me}, {Org: home}, {Org: home, Owner: me}, {Org: home, Owner: other}} {
			s := p.subject(c)
			got, now := s.AllowedOnJoining(o), s.Allowed(o)
			if lost := now.Minus(got); len(lost) > 0 {
				t.Errorf("AllowedOnJoining(%+v) of %s lacks %q, which Allowed has", o, who, format(lost))
			}
			bare := c.NewSubject(me, []rbac.ID{home}, nil).Allowed(o)
			joined := c.NewSubject(me, append(slices.Clone(p.orgs), home), p.grants).Allowed(o)
			for _, typ := range c.Types() {
				for _, action := range typ.Actions {
					has := func(s rbac.Set) bool { return s.Contains(typ.Name, action.Name) }
					want := has(now) || !s.InOrg(home) && o.Org == home && has(bare) && has(joined)
					if has(got) != want {
						t.Errorf("AllowedOnJoining(%+v) of %s has %s:%s = %v, want %v", o, who, typ.Name, action.Name, has(got), want)
					}
				}
			}
		}
	}
	if set := (*rbac.Subject)(nil).AllowedOnJoining(rbac.Object{Org: home}); set.Len() != 0 {
		t.Error("AllowedOnJoining of a nil subject is not empty")
	}
}

// Given is a bound: roles held together allow nothing that none of them allows alone.
func TestGiven(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	role := func(list ...rbac.Permission) *rbac.Role { return c.Compile(rbac.Role{Organization: list}) }
	reads, updates := rbac.Permission{ResourceType: "template", Action: "read"}, rbac.Permission{ResourceType: "template", Action: "update"}
	denies := rbac.Permission{ResourceType: rbac.Wildcard, Action: "update", Negate: true}
	admin, _ := c.BuiltIn("organization-admin")
	org := rbac.ID{1}
	for name, tt := range map[string]struct {
		roles []*rbac.Role
		want  int
	}{
		"none":                   {nil, 0},
		"one":                    {[]*rbac.Role{role(reads)}, 1},
		"two":                    {[]*rbac.Role{role(reads), role(updates)}, 2},
		"a deny of another role": {[]*rbac.Role{role(reads, updates), role(denies)}, 2},
		"a deny of its own":      {[]*rbac.Role{role(reads, updates, denies)}, 1},
		"not compiled":           {[]*rbac.Role{{Organization: []rbac.Permission{reads}}}, 1},
		"built in":               {[]*rbac.Role{admin}, c.OrganizationRights(org, []*rbac.Role{admin}).Len()},
	} {
		given := c.Given(tt.roles)
		if given.Len() != tt.want {
			t.Errorf("Given(%s) has %d pairs, want %d", name, given.Len(), tt.want)
		}
		if beyond := c.OrganizationRights(org, tt.roles).Minus(given); len(beyond) > 0 {
			t.Errorf("Given(%s) lacks %v, which the roles allow together", name, beyond)
		}
	}
}
