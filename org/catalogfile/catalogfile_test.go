package catalogfile_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/examples/catalogs"
	"rolecall.example/org/catalogfile"
	"rolecall.example/org/yamltree"
	"rolecall.example/rbac"
)

// examples are the catalogs that come with the program.
var examples = []string{"expenses", "hospital", "pipelines", "authzen-fixture"}

func example(t testing.TB, name string) []byte {
	t.Helper()
	text, err := catalogs.Files.ReadFile(name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func read(t testing.TB, name string, text []byte) *rbac.Document {
	t.Helper()
	d, problems := catalogfile.Read(name, text)
	if err := catalogfile.Errors(name, problems); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return d
}

// The examples are right, mean the same as JSON and as what is written of them, and obey the schema.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, name := range examples {
		d := read(t, name+".yaml", example(t, name))
		root, _ := yamltree.Parse("", example(t, name))
		for form, text := range map[string][]byte{"the same as JSON": root.JSON(), "written as YAML": catalogfile.WriteYAML(d), "written as JSON": catalogfile.WriteJSON(d)} {
			if got := read(t, "", text); got.Hash() != d.Hash() {
				t.Errorf("%s, %s, is another catalog:\n%s", name, form, cmp.Diff(string(d.Bytes()), string(got.Bytes())))
			}
			if err := obeys(t, text); err != nil {
				t.Errorf("%s, %s, does not obey the schema: %v", name, form, err)
			}
		}
		if _, err := rbac.New(d); err != nil {
			t.Error(err)
		}
	}
}

// What is written of a complete document is read as the same document.
func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	rounds := 300
	if os.Getenv("ROLECALL_DEEP") != "" {
		rounds = 10_000
	}
	g := generator{rand.New(rand.NewPCG(3, 4))}
	complete := 0
	for complete < rounds {
		d := g.document()
		if problems := d.Complete(); problems != nil {
			continue // most are right
		}
		complete++
		for _, text := range [][]byte{catalogfile.WriteYAML(d), catalogfile.WriteJSON(d)} {
			if got := read(t, "", text); !bytes.Equal(got.Bytes(), d.Bytes()) {
				t.Fatalf("%s\nis read as another catalog (-want +got):\n%s", text, cmp.Diff(string(d.Bytes()), string(got.Bytes())))
			}
		}
		if complete%50 == 0 {
			checkGo(t, catalogfile.Go(d, catalogfile.PackageName(d)))
			if err := obeys(t, catalogfile.WriteJSON(d)); err != nil {
				t.Errorf("%s\ndoes not obey the schema: %v", catalogfile.WriteYAML(d), err)
			}
		}
	}
}

// The default catalog with the numbers that its pairs have is the same after it was written, read and carried on.
func TestWriteDefault(t *testing.T) {
	t.Parallel()
	d := rbac.Default().Document()
	next, steps, problems := rbac.Succeed(d, read(t, "", catalogfile.WriteYAML(d)))
	if problems != nil || len(steps.Renamed)+len(steps.Removed)+len(steps.Added) > 0 || next.Hash() != d.Hash() {
		t.Errorf("the default catalog changes by writing it: %v %v\n%s", steps, problems, cmp.Diff(string(d.Bytes()), string(next.Bytes())))
	}
}

// checkGo fails unless a file is Go without errors, laid out as usual.
func checkGo(t *testing.T, text []byte) {
	t.Helper()
	if usual, err := format.Source(text); err != nil || !bytes.Equal(usual, text) {
		t.Errorf("gofmt would write it otherwise, %v (-gofmt +got):\n%s", err, cmp.Diff(string(usual), string(text)))
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "catalog.go", text, parser.AllErrors)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if _, err := (&types.Config{}).Check(file.Name.Name, set, []*ast.File{file}, nil); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// What is made for programs is always the same, and names every permission.
func TestPrograms(t *testing.T) {
	t.Parallel()
	d := read(t, "expenses.yaml", example(t, "expenses"))
	path := filepath.Join("testdata", "expenses.go.txt")
	text := catalogfile.Go(d, "expenses")
	if os.Getenv("ROLECALL_TEST_UPDATE") != "" {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || !bytes.Equal(want, text) {
		t.Errorf("%s is another one, %v (-want +got):\n%s", path, err, cmp.Diff(string(want), string(text)))
	}
	checkGo(t, text)
	script := string(catalogfile.TypeScript(d))
	if again := catalogfile.TypeScript(read(t, "", catalogfile.WriteJSON(d))); script != string(again) {
		t.Errorf("the TypeScript of the same catalog is another one:\n%s", cmp.Diff(script, string(again)))
	}
	for _, resource := range d.Types {
		for _, a := range resource.Actions {
			if !strings.Contains(script, fmt.Sprintf("\n  | \"%s:%s\"", resource.Name, a.Name)) {
				t.Errorf("the TypeScript file has no %s:%s", resource.Name, a.Name)
			}
		}
	}
	const void = `
        "void": {
          "label": "Void",
          "phrase": "void invoices",
          "description": "Cancel an approved invoice for good",
          "deprecated": false
        },`
	if !strings.HasPrefix(script, "// Made by rolecall catalog export. Do not edit.\n\nexport const catalog = {\n  \"product\": \"expenses\",") || !strings.Contains(script, void) {
		t.Errorf("the TypeScript file is\n%s", script)
	}
}

// Names that Go would write alike stay apart.
func TestGoNames(t *testing.T) {
	t.Parallel()
	d := read(t, "", []byte(`{"format":"rolecall/catalog/1","product":"func","label":"X","types":{
		"a_b":{"label":"X","plural":"Xs","actions":{"c":{}}},"a-b":{"label":"X","plural":"Xs","actions":{"c":{}}},"a":{"label":"X","plural":"Xs","actions":{"b_c":{}}}}}`))
	if name := catalogfile.PackageName(d); name != "funccatalog" {
		t.Errorf("the package is called %s", name)
	}
	checkGo(t, catalogfile.Go(d, catalogfile.PackageName(d)))
	for name, want := range map[string]bool{"x": true, "func": false, "a b": false, "main": false, "": false, "_": false, "x\nfunc": false} {
		if catalogfile.IsPackageName(name) != want {
			t.Errorf("IsPackageName(%q) = %v", name, !want)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const text = `format: rolecall/catalog/1
product: x
label: X
types:
  report: {label: Report, plural: Reports, actions: {read: See it, sign: {description: Sign it, deprecated: {}}}}
  rate: {label: Rate, plural: Rates, parent: site, actions: {read: See it, update: ""}}
roles:
  owner: {site: ["*:read", "organization:*", "organization_member:*", "assign_org_role:*", "assign_role:*", "user:*", "api_key:*", "audit_log:*", "idpsync_settings:*", "rate:update"]}
  organization-clerk: {label: Clerk, scope: organization, site: ["user:read"], organization: ["rate:read"], assigns: [organization-admin]}
samples: [{name: s, label: S, organization: ["!rate:update"]}]
`
	d, problems, warnings := catalogfile.Check("x.yaml", []byte(strings.Replace(text, `update: ""`, "update: {}", 1)))
	var got []string
	for _, p := range warnings {
		got = append(got, catalogfile.Line("x.yaml", p))
	}
	want := []string{
		"x.yaml:5:97: types.report.actions.sign.deprecated: neither use nor note says what to do instead",
		"x.yaml:6:62: types.rate.actions.read: only owners hold rate:read: no other built-in role allows it",
		"x.yaml:6:76: types.rate.actions.update: only owners hold rate:update: no other built-in role allows it",
		"x.yaml:6:76: types.rate.actions.update: no description",
		"x.yaml:7:1: roles.organization-admin.assigns: organization-clerk allows more than organization-admin: giving it will be refused",
		"x.yaml:8:3: roles.owner.assigns: organization-admin allows more than owner: giving it will be refused",
		"x.yaml:8:11: roles.owner.site: owners do not hold report:sign: nobody can grant what they lack",
		"x.yaml:9:59: roles.organization-clerk.site: holders in one organization may do this everywhere: user:read",
		"x.yaml:9:80: roles.organization-clerk.organization: rate:read has no effect here: no rate belongs to an organization",
		"x.yaml:9:109: roles.organization-clerk.assigns: organization-admin allows more than organization-clerk: giving it will be refused",
		"x.yaml:10:31: samples[0].organization: !rate:update has no effect here: no rate belongs to an organization",
	}
	if diff := cmp.Diff(want, got); diff != "" || problems != nil || d == nil {
		t.Errorf("warnings (-want +got):\n%s%v", diff, problems)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range examples {
		f.Add(example(f, name))
		d, _ := catalogfile.Read("", example(f, name))
		f.Add(catalogfile.WriteJSON(d))
	}
	f.Add([]byte("format: rolecall/catalog/1\nproduct: x\nlabel: no\ntypes: {no: {label: On, plural: Ons, actions: {off: , on: !x}}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, problems, warnings := catalogfile.Check("", text)
		if (d == nil) == (problems == nil) {
			t.Fatalf("a document: %v, and problems: %v", d != nil, problems)
		}
		for _, p := range append(problems, warnings...) {
			if p.Line < 1 || p.Column < 1 || p.Text == "" {
				t.Errorf("%q has no place, or says nothing", p)
			}
		}
		if d == nil {
			return
		}
		if _, err := rbac.New(d); err != nil {
			t.Errorf("the document is no catalog: %v", err)
		}
		again, problems := catalogfile.Read("", catalogfile.WriteYAML(d))
		if problems != nil || again.Hash() != d.Hash() {
			t.Errorf("%q is written as another catalog: %v", text, problems)
		}
	})
}
