package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write writes a file into a new folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const catalogsHere = "../../examples/catalogs/"

// catalog check says everything that is wrong, where it stands, and fails for that alone, or for warnings if asked to.
func TestCatalogCheck(t *testing.T) {
	t.Parallel()
	const head = "format: rolecall/catalog/1\nproduct: x\nlabel: X\n"
	warned := head + "types: {report: {label: Report, plural: Reports, actions: {read: {}}}}\n"
	for _, tt := range []struct {
		name, text, more string
		code             int
		says             string
	}{
		{"right", head + "types: {report: {label: Report, plural: Reports, actions: {read: See it}}}\n", "--strict", exitDone, ": OK; x sha256:"},
		{"warning", warned, "", exitDone, ":4:60: warning: types.report.actions.read: no description\n"},
		{"warning, strict", warned, "--strict", exitNo, ":4:60: warning: types.report.actions.read: no description\n"},
		{"wrong", head + "tpyes: {}\n", "", exitNo, ":4:1: unknown key \"tpyes\" (did you mean types?)\n"},
		{"no YAML", "a: [", "", exitNo, ":1:4: "},
		{"empty", "", "", exitNo, ":1:1: the file is empty\n"},
	} {
		path := write(t, "catalog.yaml", tt.text)
		code, out, log := call(t, "", strings.Fields("catalog check "+path+" "+tt.more)...)
		if code != tt.code || !strings.Contains(out, path+tt.says) || log != "" {
			t.Errorf("%s: exit code %d, %s%s, want %d and %q", tt.name, code, out, log, tt.code, path+tt.says)
		}
	}
	code, out, _ := call(t, "", "catalog", "check", write(t, "a.yaml", "a: b"), catalogsHere+"expenses.yaml", "--json")
	var got struct {
		Files    []checkedFile `json:"files"`
		Problems []checked     `json:"problems"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitNo || len(got.Files) != 2 || got.Files[0].Valid || len(got.Files[1].Hash) != 64 || got.Problems[0].Line != 1 {
		t.Errorf("--json: exit code %d, %v, %s", code, err, out)
	}
	if code, out, _ := call(t, head, "catalog", "check", "-"); code != exitNo || !strings.Contains(out, "-:1:1: types is needed") {
		t.Errorf("standard input: exit code %d, %s", code, out)
	}
	for _, args := range []string{"catalog check", "catalog check nowhere.yaml", "catalog check " + os.TempDir(), "catalog", "catalog chek x"} {
		if code, out, log := call(t, "", strings.Fields(args)...); code < exitUsage || out != "" || log == "" {
			t.Errorf("%s: exit code %d, %s%s", args, code, out, log)
		}
	}
}

// catalog export writes what catalog check reads, the same catalog each time.
func TestCatalogExport(t *testing.T) {
	t.Parallel()
	_, want, _ := call(t, "", "catalog", "check", catalogsHere+"hospital.yaml")
	_, hash, _ := strings.Cut(want, " sha256:")
	for _, format := range []string{"yaml", "json"} {
		code, text, log := call(t, "", "catalog", "export", catalogsHere+"hospital.yaml", "--format", format)
		if code != exitDone {
			t.Fatalf("exit code %d, %s", code, log)
		}
		_, got, _ := call(t, "", "catalog", "check", write(t, "again", text))
		if !strings.Contains(got, hash) {
			t.Errorf("%s is another catalog: %s, want %s", format, got, hash)
		}
	}
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"--default", exitDone, "product: coder\n"},
		{"--default --format go --package permissions", exitDone, "package permissions\n"},
		{"--default --format go", exitDone, `PermWorkspaceSsh `},
		{"--default --format ts", exitDone, `| "workspace:ssh"`},
		{"--default --format go --package func", exitUsage, `"func" is no name of a Go package`},
		{"--default --version 1", exitUsage, "exclude each other"},
		{"--version -1", exitUsage, "begin with 1"},
		{"--format xml", exitUsage, `"xml" is none of yaml, json, ts, go`},
		{write(t, "wrong.yaml", "a: b"), exitUsage, `wrong.yaml:1:1: unknown key "a"`},
		{"nowhere.yaml", exitUsage, "nowhere.yaml"},
	} {
		code, out, log := call(t, "", strings.Fields("catalog export "+tt.args)...)
		if code != tt.code || !strings.Contains(out+log, tt.says) {
			t.Errorf("catalog export %s: exit code %d, %s%s, want %d and %q", tt.args, code, out, log, tt.code, tt.says)
		}
	}
}

// Each thing that may be wrong with a file of tests has its exit code.
func TestTestCommand(t *testing.T) {
	t.Parallel()
	expenses, err := filepath.Abs(catalogsHere + "expenses.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := func(tests string) string {
		return "catalog: " + expenses + "\nroles: {clerk: [\"invoice:read\"]}\ntests: [" + tests + "]\n"
	}
	for _, tt := range []struct {
		name, text string
		code       int
		says       string
	}{
		{"passes", file(`{name: a, as: [clerk], can: ["invoice:read"]}`), exitDone, "1 test, 0 failed"},
		{"fails", file(`{name: a, as: [organization-auditor], cannot: ["invoice:read"]}`), exitNo, "organization-auditor can read invoices: allowed by Auditor in the organization"},
		{"an old name", file(`{name: a, as: [clerk], can: ["bill:read"]}`), exitDone, "bill:read is called invoice:read now"},
		{"a deprecated name", file(`{name: a, as: [clerk], cannot: ["policy:create"]}`), exitDone, "policy:create is deprecated: use update"},
		{"an unknown permission", file(`{name: a, as: [clerk], cannot: ["invoice:viod"]}`), exitUsage, `no such permission: "invoice:viod" (did you mean invoice:void?)`},
		{"an unknown role", file(`{name: a, as: [clrk], cannot: ["invoice:void"]}`), exitUsage, `no such role: "clrk" (did you mean clerk?)`},
		{"an unknown role aside", file(`{name: a, never_together: ["invoice:pay", "invoice:void"], except: [x]}`), exitUsage, `no such role: "x"`},
		{"a role with an unknown permission", strings.Replace(file(`{name: a, as: [clerk], can: ["invoice:void"]}`), "invoice:read", "invoice:raed", 1), exitUsage, `no such permission: "invoice:raed" (did you mean invoice:read?)`},
		{"an unknown key", file(`{name: a, as: [clerk], cannt: ["invoice:void"]}`), exitUsage, `unknown key "cannt" (did you mean cannot?)`},
		{"a test without assertions", file(`{name: a, as: [clerk]}`), exitUsage, "this tests nothing"},
		{"a file without tests", file(""), exitUsage, "the file tests nothing"},
		{"an empty file", "", exitUsage, "the file is empty"},
		{"no YAML", "tests: [", exitUsage, ":1:8: "},
		{"a tag", file(`{name: a, as: [clerk], can: [!invoice:void]}`), exitUsage, `quote it: "!invoice:void"`},
		{"no such catalog", strings.Replace(file(`{name: a, as: [clerk], can: ["invoice:void"]}`), "expenses.yaml", "nowhere.yaml", 1), exitUsage, "nowhere.yaml"},
		{"a wrong catalog", "catalog: test.yaml\ntests: [{name: a, as: [], can: [\"x:y\"]}]\n", exitUsage, "unknown key"},
		{"people without a server", file(`{name: a, user: grace, can: ["invoice:void"]}`), exitUsage, "ask a server"},
	} {
		code, out, log := call(t, "", "test", write(t, "test.yaml", tt.text))
		if code != tt.code || !strings.Contains(out+log, tt.says) || (code == exitUsage) != (out == "") {
			t.Errorf("%s: exit code %d, %s%s\nwant %d and %s", tt.name, code, out, log, tt.code, tt.says)
		}
	}
	code, out, log := call(t, "", "test", write(t, "a.yaml", "a: b"), write(t, "b.yaml", "c: d"), catalogsHere+"expenses.test.yaml")
	if code != exitUsage || !strings.Contains(log, "a.yaml:1:1") || !strings.Contains(log, "b.yaml:1:1") {
		t.Errorf("two wrong files: exit code %d, %s%s", code, out, log)
	}
	if code, out, log := call(t, "", "test", catalogsHere+"expenses.test.yaml", catalogsHere+"hospital.test.yaml", "--format", "tap"); code != exitDone || !strings.Contains(out, "\n1..16\n") {
		t.Errorf("TAP: exit code %d, %s%s", code, out, log)
	}
}

// A file without a catalog is about the people and the roles of a server, or of its database.
func TestTestLive(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	_, want, _ := call(t, "", "catalog", "export", "--default")
	for _, source := range [][]string{{"--db", a.db}, {"--url", a.url}} {
		for _, more := range [][]string{nil, {"--version", "1"}} {
			p := start(t, map[string]string{tokenVariable: a.token}, "", slices.Concat([]string{"catalog", "export"}, more, source)...)
			if code := p.exit(t); code != exitDone || p.out.String() != want {
				t.Errorf("catalog export %v %s: exit code %d, %s%s", more, source[0], code, p.out.String(), p.log.String())
			}
		}
		p := start(t, map[string]string{tokenVariable: a.token}, "", append([]string{"catalog", "export", "--version", "9"}, source...)...)
		if code := p.exit(t); code != exitUsage || !strings.Contains(p.log.String(), "there is no version 9 of the catalog") {
			t.Errorf("catalog export of no version, %s: exit code %d, %s", source[0], code, p.log.String())
		}
	}
	for _, command := range []string{"users create --username bob --service-account", "members give bob organization-template-admin organization-user-admin"} {
		if code, _, log := call(t, "", strings.Fields(command+" --db "+a.db)...); code != exitDone {
			t.Fatalf("%s: exit code %d, %s", command, code, log)
		}
	}
	for _, tt := range []struct {
		test string
		code int
		says string
	}{
		{`user: grace, can: ["template:read"], cannot: ["template:delete", "license:*"]`, exitDone, "1 test, 0 failed"},
		{`user: grace, can: ["template:delete"]`, exitNo, "grace cannot delete templates: "},
		{`user: grace, cannot: ["template:read"]`, exitNo, "grace can "},
		{`user: grace, own: true, can: ["user:read_personal", "api_key:*"]`, exitDone, "1 test, 0 failed"},
		{`user: sue, can: ["template:read"]`, exitNo, "sue cannot "},
		{`user: nobody, cannot: ["template:delete"]`, exitUsage, `"nobody" in "default" is unknown`},
		{`user: grace, organization: nowhere, cannot: ["template:delete"]`, exitUsage, `the organization "nowhere" is unknown`},
		{`user: grace, cannot: ["template:delte"]`, exitUsage, "did you mean template:delete?"},
		{`as: [reader], can: ["template:read"], cannot: ["template:delete"]`, exitDone, "1 test, 0 failed"},
		{`as: [reader, organization-admin], can: ["template:delete"]`, exitNo, "denied by READER in the organization"},
		{`as: [raeder], can: ["template:read"]`, exitUsage, "did you mean reader?"},
		{`as: ["site:template-admin"], can: ["template:delete"]`, exitDone, "1 test, 0 failed"},
		{`who_can: "template:read", at_most: 10`, exitDone, "1 test, 0 failed"},
		{`who_can: "template:read", at_most: 0`, exitNo, "and 0 may: "},
		{`who_can: "template:read", are: [grace, ADA, bob]`, exitDone, "1 test, 0 failed"},
		{`who_can: "template:read", are: [grace, bob]`, exitNo, "ada can "},
		{`who_can: "template:delete", are: [grace, ada]`, exitNo, "grace cannot delete templates"},
		{`who_can: "template:read", are: [grace, tessa]`, exitUsage, `"tessa" in "default" is unknown`},
		{`never_together: ["template:create", "user:create"], except: [organization-admin]`, exitDone, "1 test, 0 failed"},
		{`never_together: ["template:create", "template:delete"], except: [organization-admin, "site:template-admin"]`, exitNo, "organization-template-admin can "},
		{`never_together: ["template:create", "template:delete"], except: [organization-admin, organization-template-admin]`, exitNo, "site:template-admin can "},
		{`never_together: ["template:create", "assign_org_role:assign"], except: [organization-admin]`, exitNo, "bob can make templates, and give organization roles to members: by organization-template-admin and organization-user-admin"},
		{`never_together: ["template:create", "assign_org_role:assign"], except: [organization-admin, organization-user-admin]`, exitDone, "1 test, 0 failed"},
	} {
		path := write(t, "live.yaml", "tests: [{name: x, "+tt.test+"}]")
		for _, source := range [][]string{{"--db", a.db}, {"--url", a.url}} {
			p := start(t, map[string]string{tokenVariable: a.token}, "", append([]string{"test", path}, source...)...)
			if code := p.exit(t); code != tt.code || !strings.Contains(p.out.String()+p.log.String(), tt.says) {
				t.Errorf("%s of %s: exit code %d, %s%s\nwant %d and %q", source[0], tt.test, code, p.out.String(), p.log.String(), tt.code, tt.says)
			}
		}
	}
}
