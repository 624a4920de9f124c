package rbac_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/rbac"
)

func TestDefault(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	if got := [...]int{len(c.Types()), c.Pairs(), len(c.Actions()), len(c.WildcardActions()), len(c.Areas())}; got != [...]int{37, 128, 16, 16, 8} {
		t.Errorf("types, pairs, actions, wildcard actions, areas = %v, want [37 128 16 16 8]", got)
	}
	for _, typ := range c.Types() {
		if typ.Label == typ.Name || typ.Area == "other" {
			t.Errorf("%s has no label or area", typ.Name)
		}
		for _, a := range typ.Actions {
			if a.Label == "" || a.Description == "" || !c.Valid(typ.Name, a.Name) || !c.ValidType(typ.Name) {
				t.Errorf("%s:%s is not described or not valid", typ.Name, a.Name)
			}
		}
	}
	names := func(roles []*rbac.Role) (list []string) {
		for _, r := range roles {
			list = append(list, r.Name)
			if !r.BuiltIn || r.DisplayName == "" || r.SiteScope != !strings.HasPrefix(r.Name, "organization-") {
				t.Errorf("%s is not a proper built-in role", r.Name)
			}
		}
		return list
	}
	site := []string{"owner", "auditor", "template-admin", "user-admin"}
	if diff := cmp.Diff(site, names(c.BuiltInSiteRoles())); diff != "" {
		t.Errorf("BuiltInSiteRoles (-want +got):\n%s", diff)
	}
	organization := []string{
		"organization-admin", "organization-auditor", "organization-template-admin",
		"organization-user-admin", "organization-workspace-creation-ban",
	}
	if diff := cmp.Diff(organization, names(c.BuiltInOrganizationRoles())); diff != "" {
		t.Errorf("BuiltInOrganizationRoles (-want +got):\n%s", diff)
	}
	if c.ImpliedSite() != builtIn(t, "member") || c.ImpliedOrganization() != builtIn(t, "organization-member") {
		t.Error("the implied roles are not member and organization-member")
	}
	if _, ok := c.BuiltIn("Owner"); ok {
		t.Error("BuiltIn(Owner) finds a role, want none: names compare exactly")
	}
}

func TestValid(t *testing.T) {
	t.Parallel()
	rows := []struct {
		pair            string
		valid, typeOnly bool
	}{
		{"template:read", true, true},
		{"*:read", true, true},
		{"*:view_insights", true, true},
		{"template:ssh", false, true},
		{"assign_role:create", false, true},
		{"template:*", false, true},
		{"*:*", false, true},
		{"*:fly", false, true},
		{"nothing:read", false, false},
		{"Template:read", false, false},
		{":read", false, false},
		{"template:", false, true},
	}
	for _, row := range rows {
		p := perms(row.pair)[0]
		c := rbac.Default()
		if c.Valid(p.ResourceType, p.Action) != row.valid || c.ValidType(p.ResourceType) != row.typeOnly {
			t.Errorf("Valid(%[1]s) and ValidType(%[1]s) are not %[2]v and %[3]v", row.pair, row.valid, row.typeOnly)
		}
	}
}

func TestReserved(t *testing.T) {
	t.Parallel()
	names := strings.Fields(`owner member auditor template-admin user-admin organization-admin organization-member
		organization-auditor organization-user-admin organization-template-admin organization-workspace-creation-ban
		custom-site-role custom-organization-role system prebuilds-orchestrator new create roles`)
	for _, name := range names {
		for _, spelling := range []string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
			if !rbac.Default().Reserved(spelling) {
				t.Errorf("Reserved(%q) = false, want true", spelling)
			}
		}
	}
	for _, name := range []string{"", "owners", "organization", "auditor-2", "edit"} {
		if rbac.Default().Reserved(name) {
			t.Errorf("Reserved(%q) = true, want false", name)
		}
	}
}

func TestRisks(t *testing.T) {
	t.Parallel()
	for _, p := range perms(`assign_org_role:assign assign_role:assign *:read *:* system:read system:* api_key:create
		api_key:* crypto_key:read deployment_config:update`) {
		if rbac.Default().Risks(p) == "" {
			t.Errorf("Risks(%s) is empty, want a note", p)
		}
	}
	for _, p := range perms(`assign_org_role:read api_key:read crypto_key:update template:* user:read
		!assign_role:assign !*:read nothing:read`) {
		if note := rbac.Default().Risks(p); note != "" {
			t.Errorf("Risks(%s) = %q, want none", p, note)
		}
	}
}

func TestAnotherCatalog(t *testing.T) {
	t.Parallel()
	c := tiny(t)
	want := []rbac.Area{
		{ID: "money", Label: "Money", Types: []rbac.ResourceType{{Name: "invoice", Label: "Invoice", Area: "money", Actions: []rbac.ActionInfo{
			{Name: "read", Label: "Read"}, {Name: "pay", Label: "Pay out", Description: "pay it"},
		}}}},
		{ID: "other", Label: "Other", Types: []rbac.ResourceType{
			{Name: "report", Label: "Report", Area: "other", Actions: []rbac.ActionInfo{{Name: "read", Label: "Read"}}},
			{Name: "memo", Label: "Memo", Area: "other", Actions: []rbac.ActionInfo{{Name: "read", Label: "Read"}, {Name: "burn", Label: "burn"}}},
		}},
	}
	if diff := cmp.Diff(want, c.Areas()[:2]); diff != "" || len(c.Areas()) != 3 || c.Areas()[2].Label != "Accounts and roles" {
		t.Errorf("Areas (-want +got):\n%s", diff)
	}
	if c.Pairs() != 5+31 || c.Valid("template", "read") || !c.Valid("*", "pay") || !c.Reserved("Clerk") || !c.Reserved("NOBODY") || c.Reserved("auditor") {
		t.Errorf("%d pairs; pairs, wildcards or reserved names are not those of the catalog", c.Pairs())
	}
	boss, _ := c.BuiltIn("boss")
	clerk, _ := c.BuiltIn("clerk")
	s := c.NewSubject(me, []rbac.ID{home}, []rbac.Grant{{Role: clerk, Org: home}})
	if !s.Authorize("read", rbac.Object{Type: "invoice", Org: home}) || s.Authorize("pay", rbac.Object{Type: "invoice", Org: home}) {
		t.Error("Authorize does not follow the clerk's role: read an invoice, but not pay it")
	}
	if ok, _ := s.MayAssign(clerk, home); ok {
		t.Error("MayAssign(clerk) = true for a clerk, want false")
	}
	if ok, _ := c.NewSubject(me, nil, []rbac.Grant{{Role: boss}}).MayAssign(clerk, home); !ok {
		t.Error("MayAssign(clerk) = false for the boss, want true")
	}
}

// More pairs than fit into one or two words of a set.
func TestLargeCatalog(t *testing.T) {
	t.Parallel()
	d := tinyDocument()
	for i := range 180 {
		d.Types = append(d.Types, rbac.DocumentType{
			Name: fmt.Sprint("t", i), Label: "T", Plural: "Ts", Actions: []rbac.DocumentTypeAction{{Name: "read"}},
		})
	}
	c := catalogOf(t, d)
	reads := c.OrganizationRights(home, []*rbac.Role{c.Compile(rbac.Role{Organization: perms("*:read")})}).Len()
	const last = "t179"
	s := c.NewSubject(me, nil, []rbac.Grant{{Role: c.Compile(rbac.Role{Site: perms("*:read !" + last + ":read")})}})
	if s.AllowedSite().Len() != reads-1 || s.Authorize("read", rbac.Object{Type: last}) {
		t.Error("a deny of the last of many pairs is lost")
	}
}

// Compile copies the lists, so later changes of the originals have no effect. Unknown permissions stay in them.
func TestCompile(t *testing.T) {
	t.Parallel()
	list := perms("workspace:read !template:read template:read nothing:fly template:read")
	r := rbac.Default().Compile(rbac.Role{Name: "r", Organization: list, BuiltIn: true, SiteScope: true})
	list[0] = perms("license:read")[0]
	const want = "nothing:fly template:read template:read !template:read workspace:read"
	if got := format(r.Organization); got != want {
		t.Errorf("Compile: organization permissions = %q, want %q", got, want)
	}
	if r.BuiltIn || r.SiteScope || r.Permissions(rbac.Level(9)) != nil {
		t.Error("a compiled role is built-in, or has permissions at an unknown level")
	}
	s := rbac.Default().NewSubject(me, nil, []rbac.Grant{{Role: r, Org: home}})
	if !s.Authorize("read", rbac.Object{Type: "workspace", Org: home}) || s.Authorize("read", rbac.Object{Type: "license", Org: home}) {
		t.Error("a change of the lists changed the compiled role")
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	got := []string{perms("a:b")[0].String(), perms("!a:*")[0].String(), rbac.LevelSite.String(), rbac.LevelOrganization.String(), rbac.LevelUser.String(), rbac.Level(9).String()}
	if want := []string{"a:b", "!a:*", "site", "organization", "user", "unknown"}; !slices.Equal(got, want) {
		t.Errorf("String = %q, want %q", got, want)
	}
}
