package rbac_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/rbac"
)

// complete returns what is wrong in the tiny document after a change.
func complete(change func(*rbac.Document)) (d *rbac.Document, problems []string) {
	d = tinyDocument()
	change(d)
	for _, p := range d.Complete() {
		problems = append(problems, p.String())
	}
	return d, problems
}

// typ and role return parts of the tiny document.
func typ(d *rbac.Document, name string) *rbac.DocumentType {
	for i := range d.Types {
		if d.Types[i].Name == name {
			return &d.Types[i]
		}
	}
	d.Types = append(d.Types, rbac.DocumentType{Name: name})
	return &d.Types[len(d.Types)-1]
}

func role(d *rbac.Document, name string) *rbac.DocumentRole {
	for i := range d.Roles {
		if d.Roles[i].Name == name {
			return &d.Roles[i]
		}
	}
	d.Roles = append(d.Roles, rbac.DocumentRole{Name: name})
	return &d.Roles[len(d.Roles)-1]
}

// addType adds a type with one action.
func addType(name string) func(*rbac.Document) {
	return func(d *rbac.Document) {
		*typ(d, name) = rbac.DocumentType{Name: name, Label: "X", Plural: "Xs", Actions: []rbac.DocumentTypeAction{{Name: "read"}}}
	}
}

func addRole(name, scope string, organization ...string) func(*rbac.Document) {
	return func(d *rbac.Document) {
		*role(d, name) = rbac.DocumentRole{Name: name, Label: "X", Scope: scope, Organization: organization}
	}
}

func sampleOf(name string, list ...string) func(*rbac.Document) {
	return func(d *rbac.Document) {
		d.Samples = []rbac.DocumentSample{{Name: name, Label: "S", Organization: list}}
	}
}

func TestDocumentRules(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for _, row := range []struct {
		name   string
		change func(*rbac.Document)
		want   string
	}{
		{"format", func(d *rbac.Document) { d.Format = "rolecall/catalog/2" }, "format: must be rolecall/catalog/1"},
		{"product", func(d *rbac.Document) { d.Product = "Tiny" }, "product: use 1 to 32 small letters, digits and -, and begin with a letter"},
		{"no label", func(d *rbac.Document) { d.Label = "" }, "label: is missing"},
		{"version", func(d *rbac.Document) { d.Version = long }, "version: at most 64 characters"},
		{"action in capitals", func(d *rbac.Document) { typ(d, "memo").Actions[1].Name = "Void" }, "types.memo.actions.Void: use small letters, digits, - and _"},
		{"action with a digit in front", func(d *rbac.Document) { typ(d, "memo").Actions[1].Name = "2void" }, "types.memo.actions.2void: begin with a small letter"},
		{"long name", addType(long[:49]), "types." + long[:49] + ": at most 48 characters"},
		{"kept name", addType("site"), "types.site: this name is kept for other uses"},
		{"kept prefix", addType("rolecall_x"), "types.rolecall_x: this name is kept for other uses"},
		{"no plural", func(d *rbac.Document) { typ(d, "memo").Plural = "" }, "types.memo.plural: is missing: nothing guesses plurals"},
		{"unknown area", func(d *rbac.Document) { typ(d, "memo").Area = "mony" }, `types.memo.area: no such area: "mony" (did you mean money?)`},
		{"no actions", func(d *rbac.Document) { typ(d, "memo").Actions = nil }, "types.memo.actions: a type needs an action"},
		{"action twice", func(d *rbac.Document) { typ(d, "memo").Actions[1].Name = "read" }, `types.memo.actions.read: "read" stands here twice`},
		{"nested", func(d *rbac.Document) { typ(d, "memo").Parent = "invoice" }, "types.memo.parent: nested types are not supported yet: use organization or site"},
		{"parent of a core type", func(d *rbac.Document) { typ(d, "user").Parent = "organization" }, "types.user.parent: a type that every catalog has keeps its parent, site"},
		{"long description", func(d *rbac.Document) { typ(d, "memo").Description = long }, "types.memo.description: at most 200 characters"},
		{"long phrase", func(d *rbac.Document) { typ(d, "memo").Actions[0].Phrase = long }, "types.memo.actions.read.phrase: at most 100 characters"},
		{"control character", func(d *rbac.Document) { typ(d, "memo").Risk = "a\nb" }, "types.memo.risk: no line breaks and no other control characters"},
		{"space at the end", func(d *rbac.Document) { typ(d, "memo").Label = "Memo " }, "types.memo.label: no space at the ends"},
		{"unknown use", func(d *rbac.Document) { typ(d, "memo").Actions[1].Deprecated = &rbac.Deprecated{Use: "raed"} }, `types.memo.actions.burn.deprecated.use: no such action of memo: "raed" (did you mean read?)`},
		{"old and new name", func(d *rbac.Document) { typ(d, "memo").Actions[1].RenamedFrom = []string{"read"} }, `types.memo.actions.burn.renamed_from: memo has "burn" and "read"; drop the note or the action`},
		{"shared old and new name", func(d *rbac.Document) { d.Actions[1].RenamedFrom = []string{"read"} }, `actions.pay.renamed_from: invoice has "pay" and "read"; drop the note or the action`},
		{"old and new type", func(d *rbac.Document) { typ(d, "memo").RenamedFrom = []string{"report"} }, `types.memo.renamed_from: there are "memo" and "report"; drop the note or the type`},
		{"claimed twice", func(d *rbac.Document) {
			typ(d, "memo").RenamedFrom, typ(d, "report").RenamedFrom = []string{"x"}, []string{"x"}
		}, `types.memo.renamed_from: "x" can not become both "report" and "memo"`},
		{"core type renamed", func(d *rbac.Document) { typ(d, "user").RenamedFrom = []string{"person"} }, "types.user.renamed_from: a type that every catalog has keeps its name"},
		{"core action renamed", func(d *rbac.Document) {
			typ(d, "user").Actions = []rbac.DocumentTypeAction{{Name: "read", RenamedFrom: []string{"see"}}}
		}, "types.user.actions.read.renamed_from: an action that every catalog has keeps its name"},
		{"column", func(d *rbac.Document) { d.Grid.Columns = []string{"red"} }, `grid.columns[0]: no such action: "red" (did you mean read?)`},
		{"preset", func(d *rbac.Document) {
			d.Grid.Presets = []rbac.Preset{{ID: "full", Label: "F", Actions: []string{"read"}}}
		}, `grid.presets[0].id: "full" is always there`},
		{"unknown action in a role", func(d *rbac.Document) { role(d, "clerk").Organization = []string{"memo:read", "!invoice:payy"} }, `roles.clerk.organization[1]: no such permission: "invoice:payy" (did you mean invoice:pay?)`},
		{"unknown type in a role", func(d *rbac.Document) { role(d, "clerk").Organization = []string{"invoce:read"} }, `roles.clerk.organization[0]: no such permission: "invoce:read" (did you mean invoice:read?)`},
		{"no colon", func(d *rbac.Document) { role(d, "clerk").Organization = []string{"invoice"} }, `roles.clerk.organization[0]: no such permission: "invoice" (write type:action)`},
		{"said twice", func(d *rbac.Document) { role(d, "clerk").Organization = []string{"invoice:read,pay", "invoice:pay"} }, `roles.clerk.organization[1]: "invoice:pay" stands here twice`},
		{"allowed and denied", func(d *rbac.Document) { role(d, "clerk").Organization = []string{"invoice:pay", "!invoice:pay"} }, `roles.clerk.organization[1]: "invoice:pay" is allowed and denied here`},
		{"site role with an organization list", addRole("x", "site", "memo:read"), "roles.x.organization: has no effect in a site role"},
		{"scope", addRole("x", "galaxy"), "roles.x.scope: must be site or organization"},
		{"name of a role", addRole("X", "site"), "roles.X: use small letters and digits, with single - between them"},
		{"path as a role", addRole("new", "site"), "roles.new: this name is kept for other uses"},
		{"nobody owns it", func(d *rbac.Document) { role(d, "clerk").User = []string{"memo:read"} }, `roles.clerk.user[0]: "memo:read": nobody owns things of the type "memo"`},
		{"unknown role to assign", func(d *rbac.Document) { role(d, "boss").Assigns = []string{"clark"} }, `roles.boss.assigns[0]: no such built-in role: "clark" (did you mean clerk?)`},
		{"site role from below", func(d *rbac.Document) { role(d, "clerk").Assigns = []string{"boss"} }, `roles.clerk.assigns[0]: "boss" is a role of the site, which a role of an organization can not give`},
		{"scope of a fixed role", func(d *rbac.Document) { role(d, "member").Scope = "organization" }, "roles.member.scope: is always site"},
		{"deny of owners", func(d *rbac.Document) { role(d, "owner").Site = []string{"*:*", "!memo:read"} }, `roles.owner.site[1]: "!memo:read": owners are denied nothing`},
		{"owner without a type", func(d *rbac.Document) {
			role(d, "owner").Site = []string{"memo:read", "report:*", "organization:*", "organization_member:*", "assign_org_role:*", "assign_role:*", "user:*", "api_key:*", "audit_log:*", "idpsync_settings:*"}
		}, `roles.owner.site: owner holds nothing of "invoice"`},
		{"owner without a part of a core type", func(d *rbac.Document) {
			role(d, "owner").Site = []string{"*:read,pay", "organization:*", "organization_member:*", "assign_org_role:*", "assign_role:*", "api_key:*", "audit_log:*", "idpsync_settings:*"}
		}, `roles.owner.site: owner does not hold all of "user"`},
		{"deny for everybody of what is always there", func(d *rbac.Document) { role(d, "organization-member").Organization = []string{"!*:read"} }, `roles.organization-member.organization[0]: "!*:read" would take "organization:read" from everybody`},
		{"deny for everybody on the site", func(d *rbac.Document) { role(d, "member").Site = []string{"!memo:burn"} }, `roles.member.site[0]: "!memo:burn": a deny for everybody would bind owners too`},
		{"deny of what an admin always holds", func(d *rbac.Document) { role(d, "organization-admin").Organization = []string{"*:*", "!*:delete"} }, `roles.organization-admin.organization[1]: "!*:delete": this role always holds "organization_member:*"`},
		{"sample", sampleOf("clerk", "memo:read"), `samples[0].name: "clerk" is no name for a custom role`},
		{"sample with every action", sampleOf("x", "memo:*"), `samples[0].organization[0]: "memo:*": custom roles name their actions`},
		{"rewrite", func(d *rbac.Document) {
			d.AuthZEN = &rbac.AuthZEN{Rewrite: []rbac.AuthZENRewrite{{Type: "memo", Action: "shred", To: "bern"}}}
		}, `authzen.rewrite[0].to: no such action of memo: "bern" (did you mean burn?)`},
		{"condition", func(d *rbac.Document) {
			d.AuthZEN = &rbac.AuthZEN{Rewrite: []rbac.AuthZENRewrite{{Type: "memo", Action: "shred", When: map[string]any{"subject.x": true}, To: "burn"}}}
		}, `authzen.rewrite[0].when: "subject.x" is no condition: use resource.NAME or action.NAME`},
		{"too many actions", func(d *rbac.Document) {
			for i := range 70 {
				typ(d, "memo").Actions = append(typ(d, "memo").Actions, rbac.DocumentTypeAction{Name: fmt.Sprint("a", i)})
			}
		}, "types.memo.actions: at most 64 actions, and here are 72"},
	} {
		if _, got := complete(row.change); !slices.Contains(got, row.want) || len(got) > 1 && row.name != "claimed twice" {
			t.Errorf("%s: problems\n%s\nwant only\n%s", row.name, strings.Join(got, "\n"), row.want)
		}
	}
	if _, got := complete(func(*rbac.Document) {}); got != nil {
		t.Errorf("the document has problems: %s", got)
	}
	_, got := complete(func(d *rbac.Document) { d.Label, typ(d, "memo").Plural, role(d, "clerk").Scope = "", "", "" })
	if len(got) != 3 {
		t.Errorf("problems = %q, want three at once", got)
	}
}

func TestCompleteFillsIn(t *testing.T) {
	t.Parallel()
	d, _ := complete(func(d *rbac.Document) {
		*typ(d, "organization") = rbac.DocumentType{Name: "organization", Label: "Company", Plural: "Companies", Actions: []rbac.DocumentTypeAction{{Name: "audit"}}}
		role(d, "organization-admin").Organization = []string{"memo:*"}
		role(d, "owner").Assigns = []string{"clerk"}
		sampleOf("helper", "memo:read,burn", "!invoice:pay")(d)
	})
	c, err := rbac.New(d)
	if err != nil {
		t.Fatal(err)
	}
	admin, _ := c.BuiltIn("organization-admin")
	owner, _ := c.BuiltIn("owner")
	member, _ := c.BuiltIn("member")
	got := []string{
		format(admin.Organization), format(owner.Site), format(member.Site), format(member.User), member.DisplayName,
		c.TypeLabel("organization"), c.Parent("organization"), c.Parent("user"), c.TypeLabel("nothing"), c.Plural("memo"),
		strings.Join(c.Grid().Columns, " "), strings.Join(role(d, "owner").Assigns, " "), format(c.Samples()[0].Organization),
	}
	want := []string{
		"assign_org_role:* audit_log:read idpsync_settings:* memo:* organization:read organization:update organization_member:*",
		"*:*", "assign_role:read", "api_key:* organization_member:read user:read user:read_personal user:update_personal", "Member",
		"Company", "organization", "site", "nothing", "Memos", "read create update delete assign",
		"clerk owner member organization-admin organization-member", "!invoice:pay memo:burn memo:read",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what a document leaves out (-want +got):\n%s", diff)
	}
	for p, want := range map[string]string{
		"organization:audit": "audit companies", "organization:read": "read companies", "user:read": "see user accounts", "invoice:pay": "pay out invoices",
		"*:pay": "pay out everything", "memo:*": "do everything with memos", "*:*": "do everything", "memo:fly": "memo:fly", "!nothing:read": "nothing:read",
	} {
		if got := c.Phrase(perms(p)[0]); got != want {
			t.Errorf("Phrase(%s) = %q, want %q", p, got, want)
		}
	}
	if got := rbac.DefaultPhrase("SSH", "OAuth2 apps"); got != "SSH OAuth2 apps" {
		t.Errorf("DefaultPhrase = %q, want abbreviations as they are", got)
	}
	if !c.Owned("user") || c.Owned("memo") || !c.Lookup("user") || c.Lookup("memo") || !c.Core("api_key") || c.Core("memo") {
		t.Error("what is owned, looked up or core is not as documented")
	}
}

func TestDefaultDocument(t *testing.T) {
	t.Parallel()
	c := rbac.Default()
	for _, ty := range c.Document().Types {
		if ty.Plural == "" || !ty.Owned {
			t.Errorf("%s has no plural, or is not owned", ty.Name)
		}
		for _, a := range ty.Actions {
			if a.Phrase == "" {
				t.Errorf("%s:%s has no phrase", ty.Name, a.Name)
			}
		}
	}
	for p, want := range map[string]string{"workspace:ssh": "open shells in workspaces", "template:use": "make workspaces from templates", "template:delete": "delete templates"} {
		if got := c.Phrase(perms(p)[0]); got != want {
			t.Errorf("Phrase(%s) = %q, want %q", p, got, want)
		}
	}
	again, err := rbac.ParseDocument(c.Document().Bytes())
	if err != nil || again.Complete() != nil || again.Hash() != c.Hash() {
		t.Error("completing the default document once more changes it")
	}
}

func TestParseDocument(t *testing.T) {
	t.Parallel()
	whole := tiny(t).Document().Bytes()
	for name, text := range map[string]string{
		"unknown field": strings.Replace(string(whole), `"product"`, `"made":1,"product"`, 1),
		"more after it": string(whole) + "{}",
		"no JSON":       "format: x",
	} {
		if _, err := rbac.ParseDocument([]byte(text)); err == nil {
			t.Errorf("%s: ParseDocument takes it", name)
		}
	}
	for name, old := range map[string]string{
		"no floor":       `"assign_role:read"`,
		"shared number":  `"number":1,`,
		"no number":      `"number":35,`,
		"few numbers":    `"numbers":36`,
		"a core pair":    `{"name":"unassign"`,
		"an unknown one": `"invoice:*"`,
	} {
		text := strings.Replace(string(whole), old, strings.NewReplacer(`"assign_role:read"`, `"assign_role:assign"`, ":1,", ":0,", ":35,", ":-1,", ":36", ":-36", "unassign", "unassing", "invoice", "invoise").Replace(old), 1)
		d, err := rbac.ParseDocument([]byte(text))
		if err == nil {
			_, err = rbac.New(d)
		}
		if err == nil || text == string(whole) {
			t.Errorf("%s: a document that nobody completed makes a catalog", name)
		}
	}
}

// Whatever a document says, its canonical form is complete, and reading it changes nothing.
func TestCanonicalIsIdentity(t *testing.T) {
	t.Parallel()
	cases(t, 10_000, func(rnd *rand.Rand) error {
		h := begin(rnd)
		if err := h.seal(); err != nil {
			return err
		}
		for range rnd.IntN(4) {
			if err := h.change(); err != nil {
				return err
			}
		}
		want := h.docs[len(h.docs)-1].Bytes()
		d, err := rbac.ParseDocument(want)
		if err != nil {
			return err
		}
		if got := d.Bytes(); !bytes.Equal(got, want) {
			return fmt.Errorf("reading it changed the document:\n%s\n%s", want, got)
		}
		if problems := d.Complete(); len(problems) > 0 || !bytes.Equal(d.Bytes(), want) {
			return fmt.Errorf("completing it changed the document: %v\n%s\n%s", problems, want, d.Bytes())
		}
		c, err := rbac.New(d)
		if err != nil || c.Hash() != h.catalog(len(h.docs)).Hash() {
			return fmt.Errorf("%w: another catalog", err)
		}
		return nil
	})
}

// Owners hold every pair in every version: otherwise nobody could grant it.
func TestOwnersHoldEveryPair(t *testing.T) {
	t.Parallel()
	cases(t, 10_000, func(rnd *rand.Rand) error {
		h := begin(rnd)
		if err := h.seal(); err != nil {
			return err
		}
		for range 1 + rnd.IntN(4) {
			if err := h.change(); err != nil {
				return err
			}
		}
		for v := range h.docs {
			c := h.catalog(v + 1)
			owner, _ := c.BuiltIn("owner")
			s := c.NewSubject(me, []rbac.ID{home}, []rbac.Grant{{Role: owner}})
			for _, o := range places {
				if n := s.Allowed(o).Len(); n != c.Pairs() {
					return fmt.Errorf("owners hold %d of %d pairs on %+v\n%s", n, c.Pairs(), o, h)
				}
			}
			all := rbac.Permission{ResourceType: rbac.Wildcard, Action: "read"}
			if missing := s.CheckGrant(rbac.LevelOrganization, home, []rbac.Permission{all}); missing != nil {
				return fmt.Errorf("owners may not grant %s", all)
			}
		}
		return nil
	})
}
