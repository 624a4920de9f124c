package rbac_test

import (
	"encoding/json"
	"testing"

	"rolecall.example/rbac"
)

// TestRewritten: the first rule whose conditions all hold, by the present name of an action.
func TestRewritten(t *testing.T) {
	t.Parallel()
	d := &rbac.Document{
		Format: rbac.Format, Product: "p", Label: "P",
		Types: []rbac.DocumentType{{
			Name: "memo", Label: "Memo", Plural: "Memos", RenamedFrom: []string{"note"},
			Actions: []rbac.DocumentTypeAction{{Name: "read"}, {Name: "burn", RenamedFrom: []string{"drop"}}, {Name: "shred"}, {Name: "hide"}},
		}},
		AuthZEN: &rbac.AuthZEN{
			Rewrite: []rbac.AuthZENRewrite{
				{Type: "memo", Action: "burn", When: map[string]any{"resource.secret": true, "action.way": "slow"}, To: "shred"},
				{Type: "memo", Action: "burn", When: map[string]any{"resource.level": 2.0}, To: "hide"},
				{Type: "memo", Action: "lose", To: "hide"},
			},
			Instances: map[string][]rbac.AuthZENObject{"memo": {{ID: "a"}}},
		},
	}
	if problems := d.Complete(); problems != nil {
		t.Fatal(problems)
	}
	c, err := rbac.New(d)
	if err != nil {
		t.Fatal(err)
	}
	type given = map[string]any
	for _, tt := range []struct {
		action     string
		properties given
		want       string
	}{
		{"burn", nil, "burn"}, {"drop", nil, "burn"}, {"lose", nil, "hide"}, {"read", given{"resource.secret": true}, "read"},
		{"burn", given{"resource.secret": true}, "burn"},
		{"burn", given{"resource.secret": true, "action.way": "slow"}, "shred"},
		{"drop", given{"resource.secret": true, "action.way": "slow"}, "shred"},
		{"burn", given{"resource.secret": true, "action.way": "slow", "resource.level": 2.0}, "shred"},
		{"burn", given{"resource.secret": "true", "action.way": "slow"}, "burn"},
		{"burn", given{"resource.level": 2.0}, "hide"}, {"burn", given{"resource.level": json.Number("2")}, "hide"},
		{"burn", given{"resource.level": json.Number("2.00")}, "hide"}, {"burn", given{"resource.level": json.Number("20e-1")}, "hide"},
		{"burn", given{"resource.level": json.Number("1e999")}, "burn"}, {"burn", given{"resource.level": "2"}, "burn"},
		{"burn", given{"resource.level": nil}, "burn"}, {"burn", given{"resource.level": []any{2.0}}, "burn"}, {"nothing", nil, "nothing"},
	} {
		got := c.Rewritten("memo", tt.action, func(key string) (any, bool) { v, ok := tt.properties[key]; return v, ok })
		if got != tt.want {
			t.Errorf("%s with %v: got %s, want %s", tt.action, tt.properties, got, tt.want)
		}
	}
	if name, ok := c.PresentType("note"); name != "memo" || !ok {
		t.Errorf("got %s %v for an old name", name, ok)
	}
	for _, name := range []string{"", "*", "Memo"} {
		if _, ok := c.PresentType(name); ok {
			t.Errorf("%q is a type", name)
		}
	}
	known, closed := c.Thing("memo", "a")
	unknown, alsoClosed := c.Thing("memo", "b")
	if other, open := c.Thing("user", "a"); known == nil || unknown != nil || !closed || !alsoClosed || other != nil || open {
		t.Error("things are not those of the document")
	}
}

// TestAuthZENIsPartOfTheHash: a document without the part has the hash that it had before there was one.
func TestAuthZENIsPartOfTheHash(t *testing.T) {
	t.Parallel()
	d := *rbac.Default().Document()
	before := d.Hash()
	d.AuthZEN = &rbac.AuthZEN{DefaultOrganization: "default"}
	if d.Hash() == before {
		t.Error("the part does not count")
	}
	if d.AuthZEN = nil; d.Hash() != before {
		t.Error("the hash is another one")
	}
}
