package rbac_test

import (
	"fmt"

	"rolecall.example/rbac"
)

// A member of an organization holds a custom role there that allows reading every template and denies deleting one.
func ExampleSubject_Authorize() {
	c := rbac.Default()
	grace, acme := rbac.ID{1}, rbac.ID{2}
	reader := c.Compile(rbac.Role{Name: "reader", Organization: []rbac.Permission{
		{ResourceType: "template", Action: "read"},
		{ResourceType: "template", Action: "delete", Negate: true},
	}})
	s := c.NewSubject(grace, []rbac.ID{acme}, []rbac.Grant{{Role: reader, Org: acme}})

	template := rbac.Object{Type: "template", Org: acme}
	fmt.Println("read:", s.Authorize("read", template))
	fmt.Println("update:", s.Authorize("update", template))
	fmt.Println("read elsewhere:", s.Authorize("read", rbac.Object{Type: "template", Org: rbac.ID{3}}))

	trace := s.Explain("delete", template)
	level, _ := trace.Decided()
	for _, m := range trace.Deciding() {
		fmt.Printf("delete: %v, by %s of %s at the level %s\n", trace.Allowed, m.Permission, m.Role.Name, level)
	}
	// Output:
	// read: true
	// update: false
	// read elsewhere: false
	// delete: false, by !template:delete of reader at the level organization
}

// Two people edit a role at the same time. Both change file:read, so that is a conflict, which theirs wins.
func ExampleMerge() {
	allow := func(resourceType, action string) rbac.Permission {
		return rbac.Permission{ResourceType: resourceType, Action: action}
	}
	base := &rbac.Role{Organization: []rbac.Permission{allow("template", "read"), allow("file", "read")}}
	theirs := &rbac.Role{Organization: []rbac.Permission{allow("template", "read"), {ResourceType: "file", Action: "read", Negate: true}}}
	yours := &rbac.Role{Organization: []rbac.Permission{allow("template", "read"), allow("template", "update")}}

	for _, d := range rbac.Diff(base, yours) {
		fmt.Printf("you changed %s from %q to %q\n", d.Pair(), d.From, d.To)
	}
	m := rbac.Merge(base, theirs, yours)
	for _, c := range m.Conflicts {
		fmt.Printf("conflict: %s is %q for them and %q for you\n", c.Pair(), c.Theirs, c.To)
	}
	fmt.Println(m.Role.Organization)
	// Output:
	// you changed file:read from "allow" to ""
	// you changed template:update from "" to "allow"
	// conflict: file:read is "deny" for them and "" for you
	// [!file:read template:read template:update]
}

// A role that allows an action on every type need not allow it on one of them.
func ExampleCatalog_Effect() {
	c := rbac.Default()
	role := c.Compile(rbac.Role{Organization: []rbac.Permission{
		{ResourceType: rbac.Wildcard, Action: "read"},
		{ResourceType: "template", Action: "read"},
		{ResourceType: "organization_member", Action: "create"},
		{ResourceType: "license", Action: "create"},
	}})
	because := map[rbac.Effect]string{
		rbac.TakesEffect:   "takes effect",
		rbac.AllowedForAll: "is allowed on every type already",
		rbac.SiteOnlyType:  "means nothing in an organization",
	}
	for _, p := range role.Organization {
		fmt.Println(p, because[c.Effect(role, rbac.LevelOrganization, p)])
	}
	// Output:
	// *:read takes effect
	// license:create means nothing in an organization
	// organization_member:create takes effect
	// template:read is allowed on every type already
}

// A role denies an action on every type. Then invoices are archived instead of deleted: the deny follows them.
func ExampleMigration() {
	file := func(action rbac.DocumentTypeAction) *rbac.Document {
		d := &rbac.Document{
			Format: rbac.Format, Product: "shop", Label: "Shop",
			Types: []rbac.DocumentType{{Name: "invoice", Label: "Invoice", Plural: "Invoices", Actions: []rbac.DocumentTypeAction{action}}},
		}
		if problems := d.Complete(); len(problems) > 0 {
			panic(problems)
		}
		return d
	}
	first, _, _ := rbac.Succeed(nil, file(rbac.DocumentTypeAction{Name: "delete"}))
	second, steps, _ := rbac.Succeed(first, file(rbac.DocumentTypeAction{Name: "archive", RenamedFrom: []string{"delete"}}))
	c, err := rbac.NewVersion(second, 2)
	if err != nil {
		panic(err)
	}
	m := rbac.NewMigration([]rbac.Version{{Number: 1}, {Number: 2, Steps: steps, Catalog: c}}, 1, 2)

	role := []rbac.Permission{{ResourceType: rbac.Wildcard, Action: "delete", Negate: true}, {ResourceType: "invoice", Action: "print"}}
	live, dead := m.Permissions(rbac.LevelOrganization, role)
	fmt.Println("now:", live)
	fmt.Println("never was:", dead)
	today, _ := c.Present(rbac.Permission{ResourceType: "invoice", Action: "delete"})
	fmt.Println("asked by the old name:", c.Phrase(today))
	// Output:
	// now: [!*:delete !invoice:archive]
	// never was: [invoice:print]
	// asked by the old name: archive invoices
}
