package rbac_test

import (
	"testing"

	"rolecall.example/rbac"
)

// tiny is the catalog of another product: three types beside the core ones, one of them owned.
func tiny(t testing.TB) *rbac.Catalog {
	t.Helper()
	return catalogOf(t, tinyDocument())
}

func tinyDocument() *rbac.Document {
	return &rbac.Document{
		Format: rbac.Format, Product: "tiny", Label: "Tiny",
		Actions: []rbac.DocumentAction{{Name: "read", Label: "Read"}, {Name: "pay", Label: "Pay out", Description: "pay anything"}},
		Areas:   []rbac.DocumentArea{{ID: "money", Label: "Money"}},
		Types: []rbac.DocumentType{
			{Name: "invoice", Label: "Invoice", Plural: "Invoices", Area: "money", Actions: []rbac.DocumentTypeAction{
				{Name: "read"}, {Name: "pay", Description: "pay it", Risk: "costs money"},
			}},
			{Name: "report", Label: "Report", Plural: "Reports", Owned: true, Actions: []rbac.DocumentTypeAction{{Name: "read"}}},
			{Name: "memo", Label: "Memo", Plural: "Memos", Actions: []rbac.DocumentTypeAction{{Name: "read"}, {Name: "burn"}}},
		},
		Roles: []rbac.DocumentRole{
			{Name: "boss", Label: "Boss", Scope: "site", Assigns: []string{"boss", "clerk"}, Site: []string{"*:*"}},
			{Name: "clerk", Label: "Clerk", Scope: "organization", Organization: []string{"invoice:*", "!invoice:pay"}},
		},
		Reserved: []string{"nobody"},
	}
}

// catalogOf completes a document and makes its catalog.
func catalogOf(t testing.TB, d *rbac.Document) *rbac.Catalog {
	t.Helper()
	if problems := d.Complete(); len(problems) > 0 {
		t.Fatal(problems)
	}
	c, err := rbac.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A role of another catalog means something else there; one that was not compiled counts by its lists and is never built-in.
func TestForeignRoles(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	boss, _ := tiny(t).BuiltIn("boss")
	for name, use := range map[string]func(){
		"NewSubject":         func() { c.NewSubject(me, nil, []rbac.Grant{{Role: boss}}) },
		"Compile":            func() { c.Compile(*boss) },
		"Given":              func() { c.Given([]*rbac.Role{boss}) },
		"OrganizationRights": func() { c.OrganizationRights(home, []*rbac.Role{boss}) },
		"MayAssign":          func() { _, _ = subject(t, "O").MayAssign(boss, none) },
		"Minus": func() {
			c.NewSubject(me, nil, nil).AllowedSite().Minus(tiny(t).NewSubject(me, nil, nil).AllowedSite())
		},
	} {
		if !panics(use) {
			t.Errorf("%s takes what belongs to another catalog", name)
		}
	}
	s := c.NewSubject(me, []rbac.ID{home}, []rbac.Grant{
		{Role: &rbac.Role{Name: "owner", BuiltIn: true, SiteScope: true, Site: perms("license:read")}},
		{Role: &rbac.Role{Name: "owner", BuiltIn: true, Organization: perms("!user:read")}, Org: home},
	})
	if !s.Authorize("read", rbac.Object{Type: "license"}) {
		t.Error("Authorize(read, license) = false with a role that allows it and was not compiled, want true")
	}
	if ok, _ := s.MayAssign(builtIn(t, "auditor"), none); ok {
		t.Error("MayAssign(auditor) = true by roles that were not compiled, want false")
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// The same content parsed twice is one catalog: its roles may meet.
func TestTwins(t *testing.T) {
	t.Parallel()
	one, other := tiny(t), tiny(t)
	boss, _ := one.BuiltIn("boss")
	s := other.NewSubject(me, nil, []rbac.Grant{{Role: boss}})
	if ok, _ := s.MayAssign(boss, none); !ok || !s.Authorize("burn", rbac.Object{Type: "memo"}) {
		t.Error("the role of a catalog with the same content has no effect")
	}
}
