package catalogfile_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rolecall.example/org/catalogfile"
	"rolecall.example/org/yamltree"
)

var schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(catalogfile.Schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("catalog.json", text); err != nil {
		return nil, err
	}
	return c.Compile("catalog.json")
})

// obeys returns what the schema has against a file.
func obeys(t *testing.T, text []byte) error {
	t.Helper()
	s, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asData(t, text)))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

// asData returns a file as JSON: what the reader takes for text is text.
func asData(t *testing.T, text []byte) []byte {
	t.Helper()
	root, problems := yamltree.Parse("", text)
	if root == nil || problems != nil {
		t.Fatalf("%v\n%s", problems, text)
	}
	b, err := json.Marshal(data(root, ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// data returns a value as an editor that knows the schema has it: "2026" is a text where a text is needed.
func data(n *yamltree.Node, key string) any {
	switch n.Kind {
	case yamltree.Mapping:
		m := map[string]any{}
		for _, f := range n.Fields {
			m[f.Name] = data(f.Value, f.Name)
		}
		return m
	case yamltree.List:
		list := []any{}
		for _, v := range n.Items {
			list = append(list, data(v, ""))
		}
		return list
	case yamltree.Nothing:
		return nil
	}
	isBool := n.Text == "true" || n.Text == "false"
	if n.Typed() && isBool && (key == "owned" || key == "lookup") || n.Typed() && strings.Contains(key, ".") {
		return json.RawMessage(n.Text)
	}
	return n.Text
}

// wrong are files that are wrong in one way: what is replaced in a right one, and the problem that it has then. Structure is
// known to the schema too; what refers to what is not.
var wrong = []struct {
	old, new string
	schema   bool
	want     string
}{
	{"rolecall/catalog/1", "rolecall/catalog/2", true, "1:1: format: must be rolecall/catalog/1"},
	{"product: books", "product: Books", true, "2:1: product: use 1 to 32 small letters, digits and -, and begin with a letter"},
	{"label: Books", "lable: Books", true, `3:1: unknown key "lable" (did you mean label?)`},
	{"label: Books", "", true, "1:1: label is needed"},
	{"label: Books", "label: []", true, "3:8: label: a text is needed here, not a list"},
	{"label: Books", "label: Books\nlabel: Books", false, `4:1: "label" is there twice, first in line 3`},
	{"label: Books", "label: \" Books\"", true, "3:1: label: no space at the ends"},
	{"label: Books", "label: " + strings.Repeat("x", 65), true, "3:1: label: at most 64 characters"},
	{"label: Books", "label: Books\nsecrets: []", true, `4:1: unknown key "secrets"`},
	{"{id: money, label: Money}", "{id: Money, label: Money}", true, "4:10: areas[0].id: use small letters, digits, - and _ | 9:5: types.invoice.area: no such area: \"money\" (did you mean Money?)"},
	{"area: money", "area: mony", false, `9:5: types.invoice.area: no such area: "mony" (did you mean money?)`},
	{"    plural: Invoices\n", "", false, "6:3: types.invoice.plural: is missing: nothing guesses plurals"},
	{"    area: money", "    owned: yes", true, "9:12: types.invoice.owned: true or false is needed"},
	{"    area: money", "    owned: \"true\"", true, "9:12: types.invoice.owned: true or false is needed"},
	{"    area: money", "    parent: invoice", true, "9:5: types.invoice.parent: nested types are not supported yet"},
	{"    area: money", "    area: [money]", true, "9:11: types.invoice.area: a text is needed here, not a list"},
	{"      void: {description: Cancel}", "      Void: {description: Cancel}", true, "12:7: types.invoice.actions.Void: use small letters, digits, - and _"},
	{"      void: {description: Cancel}", "      void: {discription: Cancel}", true, `12:14: types.invoice.actions.void: unknown key "discription" (did you mean description?)`},
	{"      void: {description: Cancel}", "      void: [Cancel]", true, "12:13: types.invoice.actions.void: a mapping is needed here, not a list"},
	{"      void: {description: Cancel}", "      void: \"\"", true, "12:13: types.invoice.actions.void: nothing is written here: leave the key out"},
	{"      void: {description: Cancel}", "      void: {deprecated: {use: remove}}", false, `types.invoice.actions.void.deprecated.use: no such action of invoice: "remove"`},
	{`"invoice:read,pay"`, `"invoice:viod"`, false, `18:20: roles.organization-clerk.organization[0]: no such permission: "invoice:viod" (did you mean invoice:void?)`},
	{`"invoice:read,pay"`, `"invoice"`, true, `no such permission: "invoice" (write type:action)`},
	{`"invoice:read,pay"`, `!invoice:pay`, true, `18:20: to YAML this is a tag, which is not supported; if it is a text, quote it: "!invoice:pay"`},
	{`"invoice:read,pay"`, `"invoice:pay", "invoice:pay"`, true, `18:35: roles.organization-clerk.organization[1]: "invoice:pay" stands here twice`},
	{`"invoice:read,pay"`, `"invoice:pay", "!invoice:pay"`, false, `18:35: roles.organization-clerk.organization[1]: "invoice:pay" is allowed and denied here`},
	{"scope: organization", "scope: everywhere", true, "17:5: roles.organization-clerk.scope: must be site or organization"},
	{"    scope: organization", "    assigns: [ghost]\n    scope: organization", false, `17:15: roles.organization-clerk.assigns[0]: no such built-in role: "ghost"`},
	{"  organization-clerk:", "  organization_clerk:", true, "15:3: roles.organization_clerk: use small letters and digits, with single - between them"},
	{"  invoice:", "  site:", true, `types.site`},
	{"  invoice:", "  rolecall_x:", true, `types.rolecall_x`},
	{"types:", "types: []\nx:", true, "types: a mapping is needed here, not a list"},
	{"types:", "x: {}\ntypes:", true, `5:1: unknown key "x"`},
}

const right = `format: rolecall/catalog/1
product: books
label: Books
areas: [{id: money, label: Money}]
types:
  invoice:
    label: Invoice
    plural: Invoices
    area: money
    actions:
      read: {}
      void: {description: Cancel}
      pay:
roles:
  organization-clerk:
    label: Clerk
    scope: organization
    organization: ["invoice:read,pay"]
`

// The reader names each problem with its place, and agrees with the schema about what is structure.
func TestWrongFiles(t *testing.T) {
	t.Parallel()
	read(t, "", []byte(right))
	for _, tt := range wrong {
		text := strings.Replace(right, tt.old, tt.new, 1)
		if text == right {
			t.Fatalf("there is no %q", tt.old)
		}
		_, problems := catalogfile.Read("", []byte(text))
		var got []string
		for _, p := range problems {
			got = append(got, strings.TrimPrefix(catalogfile.Line("", p), ":"))
		}
		if all := strings.Join(got, " | "); !strings.Contains(all, tt.want) {
			t.Errorf("%q: %s\nwant %s", tt.new, all, tt.want)
		}
		if strings.Contains(tt.want, "YAML") || strings.Contains(tt.want, "is there twice") {
			continue // no data to hold against the schema
		}
		if err := obeys(t, []byte(text)); (err != nil) != tt.schema {
			t.Errorf("%q: the schema says %v, want something: %v", tt.new, err, tt.schema)
		}
	}
}
