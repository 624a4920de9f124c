package permtest_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/examples/catalogs"
	"rolecall.example/org/catalogfile"
	"rolecall.example/org/permtest"
	"rolecall.example/rbac"
)

// books is the catalog of the tests below.
const books = `format: rolecall/catalog/1
product: books
label: Books
actions: {archive: {label: Archive, renamed_from: [delete]}}
types:
  invoice:
    label: Invoice
    plural: Invoices
    renamed_from: [bill]
    actions: {read: {}, pay: {}, approve: {}, archive: {}, void: {renamed_from: [cancel], deprecated: {use: archive, note: Goes away.}}}
  report: {label: Report, plural: Reports, owned: true, actions: {read: {}, sign: {}, archive: {}}}
  rate: {label: Rate, plural: Rates, parent: site, actions: {read: {}}}
roles:
  member: {label: Everyone, user: ["report:read"]}
  organization-auditor: {label: Auditor, scope: organization, organization: ["*:read"]}
  organization-boss: {label: Boss, scope: organization, organization: ["invoice:*", "report:*"]}
  organization-freeze: {label: Freeze, scope: organization, organization: ["!invoice:pay"]}
  support: {label: Support, scope: site, site: ["invoice:read", "rate:read"]}
`

func catalog(t *testing.T) *rbac.Catalog {
	t.Helper()
	d, problems := catalogfile.Read("books.yaml", []byte(books))
	if problems != nil {
		t.Fatal(catalogfile.Errors("books.yaml", problems))
	}
	c, err := rbac.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs a file offline, and returns its report, or what is wrong with it.
func run(t *testing.T, text string) (report permtest.Report, wrong string) {
	t.Helper()
	f, problems := permtest.Read("t.yaml", []byte(text))
	if err := catalogfile.Errors("t.yaml", problems); err != nil {
		return report, err.Error()
	}
	if err := f.Run(t.Context(), f.Offline(catalog(t)), nil, &report); err != nil {
		t.Fatal(err)
	}
	if err := f.Err(); err != nil {
		return report, err.Error()
	}
	return report, ""
}

// one is a file with one test.
func one(test string) string {
	return "catalog: books.yaml\nroles: {clerk: [\"invoice:read,approve\", \"!invoice:pay\"], helper: {site: [\"user:read\"]}}\ntests:\n  - {name: x, " + test + "}\n"
}

func TestTests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ test, failures string }{
		{`as: [organization-auditor], can: ["invoice:read", "report:read"], cannot: ["invoice:pay,void", "*:archive", "rate:read"]`, ""},
		{`as: [organization-auditor], cannot: ["invoice:read"]`, "organization-auditor can read invoices: allowed by Auditor in the organization"},
		{`as: [clerk], can: ["invoice:pay"]`, "clerk cannot pay invoices: denied by clerk in the organization"},
		{`as: [organization-boss, clerk], can: ["invoice:pay"]`, "organization-boss with clerk cannot pay invoices: denied by clerk in the organization"},
		{`as: [organization-boss, organization-freeze], can: ["invoice:void"], cannot: ["invoice:pay"]`, ""},
		{`as: [], own: true, can: ["report:read"], cannot: ["report:sign", "*:archive"]`, ""},
		{`as: [], can: ["report:read"]`, "a member without roles cannot read reports: no role allows it"},
		{`as: [], own: true, can: ["report:sign"]`, "a member without roles cannot sign reports of their own: no role allows it"},
		{`as: [], own: true, cannot: ["report:read"]`, "a member without roles can read reports of their own: allowed by Everyone for own things"},
		{`as: ["site:support"], can: ["rate:read"], cannot: ["invoice:read"]`, "site:support can read invoices: allowed by Support on the whole site"},
		{`as: ["site:helper"], can: ["user:read"], cannot: ["organization:read"]`, ""},
		{`as: [organization-boss], cannot: ["*:archive"]`, "organization-boss can archive invoices: allowed by Boss in the organization | organization-boss can archive reports: allowed by Boss in the organization"},
		{`as: [clerk], can: ["invoice:*"]`, "clerk cannot pay invoices: denied by clerk in the organization | clerk cannot archive invoices: no role allows it | clerk cannot void invoices: no role allows it"},
		{`never_together: ["invoice:approve", "invoice:pay"], except: [organization-boss, organization-admin]`, ""},
		{`never_together: ["invoice:approve", "invoice:pay"], except: [organization-admin]`, "organization-boss can approve invoices, and pay invoices: allowed by Boss in the organization"},
		{`never_together: ["invoice:void,pay", "report:sign", "rate:read"], except: [organization-admin]`, "organization-boss can void invoices, and sign reports: allowed by Boss in the organization"},
	} {
		report, wrong := run(t, one(tt.test))
		if wrong != "" || len(report.Results) != 1 {
			t.Errorf("%s: %d results, %s", tt.test, len(report.Results), wrong)
			continue
		}
		if got := strings.Join(report.Results[0].Failures, " | "); got != tt.failures {
			t.Errorf("%s: %s\nwant %s", tt.test, got, tt.failures)
		}
		if report.Passed() != (tt.failures == "") {
			t.Errorf("%s: passed = %v", tt.test, report.Passed())
		}
	}
}

// A name that does not exist is an error, and so is a test that tests nothing.
func TestWrongTests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{one(`as: [clerk], cannot: ["invoice:viod"]`), `t.yaml:4:37: tests[0].cannot[0]: no such permission: "invoice:viod" (did you mean invoice:void?)`},
		{one(`as: [clerk], cannot: ["invoce:*"]`), `no such permission: "invoce:*"`},
		{one(`as: [clerk], cannot: ["*:fly"]`), `no such permission: "*:fly"`},
		{one(`as: [clerk], cannot: ["rate:archive"]`), `no such permission: "rate:archive"`},
		{one(`as: [clerk], cannot: ["!invoice:pay"]`), `"!invoice:pay": here a permission has no "!": say cannot`},
		{one(`as: [clerk], cannot: [invoice]`), `"invoice" is no permission like type:action`},
		{one(`as: [clerk], cannot: [!invoice:pay]`), `quote it: "!invoice:pay"`},
		{one(`as: [clark], cannot: ["invoice:pay"]`), `t.yaml:4:20: tests[0].as[0]: no such role: "clark" (did you mean clerk?)`},
		{one(`as: [support], cannot: ["invoice:pay"]`), `no such role: "support" (did you mean site:support?)`},
		{one(`as: ["site:clerk"], cannot: ["invoice:pay"]`), `no such role: "site:clerk"`},
		{one(`as: [member], cannot: ["invoice:pay"]`), `no such role: "member": everybody holds it, so leave it out`},
		{one(`as: [clerk], own: true, can: ["invoice:read"]`), `"invoice:read": such things belong to nobody, so own has no meaning`},
		{one(`as: [clerk], own: true, can: ["rate:*"]`), `own has no meaning`},
		{one(`as: [clerk]`), `this tests nothing`},
		{one(`as: [clerk], can: []`), `this tests nothing`},
		{one(`can: ["invoice:read"]`), `who is it about?`},
		{one(`as: [clerk], user: grace, can: ["invoice:read"]`), `who is it about?`},
		{one(`user: grace, can: ["invoice:read"]`), `ask a server: leave catalog out`},
		{one(`who_can: "invoice:pay", are: [ada]`), `ask a server: leave catalog out`},
		{one(`as: [clerk], can: ["invoice:read"], never_together: ["invoice:pay", "invoice:read"]`), `are tests of their own`},
		{one(`never_together: ["invoice:pay"]`), `two permissions are needed`},
		{one(`never_together: ["invoice:pay", "invoice:approve"], except: [ghost]`), `no such role: "ghost"`},
		{one(`as: [clerk], except: [clerk], can: ["invoice:read"]`), `except goes with never_together`},
		{one(`as: [clerk], at_most: 3, can: ["invoice:read"]`), `are and at_most go with who_can`},
		{one(`as: [clerk], cann: ["invoice:read"]`), `unknown key "cann" (did you mean can?)`},
		{one(`as: clerk, can: ["invoice:read"]`), `tests[0].as: a list is needed here, not a text`},
		{"tests: [{who_can: \"invoice:pay\", at_most: few}]", `a number from 0 is needed here`},
		{"tests: [{name: x, who_can: \"invoice:pay\"}]", `are or at_most is needed`},
		{"tests: [{as: [x], can: [\"invoice:read\"]}]", `tests[0]: name is needed`},
		{"catalog: books.yaml\n", `tests is needed`},
		{"catalog: books.yaml\ntests: []\n", `the file tests nothing`},
		{"", `the file is empty`},
		{strings.Replace(one(`as: [], can: ["organization:read"]`), "clerk:", "organization-boss:", 1), `organization-boss is a built-in role of the catalog`},
		{strings.Replace(one(`as: [], can: ["organization:read"]`), "approve", "aprove", 1), `t.yaml:2:17: roles.clerk[0]: no such permission: "invoice:aprove" (did you mean invoice:approve?)`},
		{strings.Replace(one(`as: [], can: ["organization:read"]`), "site: [", "organization: [\"invoice:read\"], site: [", 1), `not both`},
	} {
		report, wrong := run(t, tt.text)
		if !strings.Contains(wrong, tt.want) || len(report.Results) > 0 {
			t.Errorf("%s: %d results, %q\nwant %s", tt.text, len(report.Results), wrong, tt.want)
		}
	}
	if _, wrong := run(t, one(`as: [clark], can: ["invoice:viod"], cannot: ["invoice:payy"]`)); strings.Count(wrong, "\n") != 2 {
		t.Errorf("not everything wrong is said at once: %s", wrong)
	}
}

// Names that the catalog had before count, and those that are to go, both with a note.
func TestOldNames(t *testing.T) {
	t.Parallel()
	report, wrong := run(t, one(`as: [organization-boss], can: ["bill:read", "invoice:cancel"], cannot: ["rate:read"]`))
	want := []string{
		"t.yaml:4: bill:read is called invoice:read now",
		"t.yaml:4: invoice:cancel is called invoice:void now",
		"t.yaml:4: invoice:void is deprecated: use archive (Goes away.)",
	}
	if got := strings.Join(report.Notes, "\n"); got != strings.Join(want, "\n") || !report.Passed() || wrong != "" {
		t.Errorf("%v, %s, notes:\n%s", report.Results, wrong, got)
	}
}

// The promises of the examples are kept.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"expenses", "hospital", "pipelines", "authzen-fixture"} {
		text, err := catalogs.Files.ReadFile(name + ".test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		f, problems := permtest.Read(name, text)
		if problems != nil {
			t.Fatal(catalogfile.Errors(name, problems))
		}
		text, err = catalogs.Files.ReadFile(filepath.Base(f.Catalog))
		if err != nil {
			t.Fatal(err)
		}
		d, _ := catalogfile.Read(f.Catalog, text)
		c, err := rbac.New(d)
		if err != nil {
			t.Fatal(err)
		}
		var report permtest.Report
		if err := f.Run(t.Context(), f.Offline(c), nil, &report); err != nil || f.Err() != nil || !report.Passed() || len(report.Notes) > 0 {
			t.Errorf("%s: %v %v %+v", name, err, f.Err(), report)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	report := permtest.Report{
		Results: []permtest.Result{{File: "a.yaml", Line: 3, Name: "one # 1"}, {File: "a.yaml", Line: 7, Name: "two", Failures: []string{`x can "pay" <y>: why`, "more"}}},
		Notes:   []string{"a.yaml:3:1: x is called y now"},
	}
	written := map[string]string{}
	for _, format := range permtest.Formats {
		var b bytes.Buffer
		if err := report.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		written[format] = b.String()
	}
	const text = "ok    one # 1\nFAIL  two (a.yaml:7)\n      x can \"pay\" <y>: why\n      more\nnote  a.yaml:3:1: x is called y now\n2 tests, 1 failed\n"
	const tap = "TAP version 14\n1..2\nok 1 - one \\# 1\nnot ok 2 - two\n  ---\n  at: \"a.yaml:7\"\n  failures:\n    - \"x can \\\"pay\\\" \\u003cy\\u003e: why\"\n    - \"more\"\n  ...\n# a.yaml:3:1: x is called y now\n"
	if written["text"] != text || written["tap"] != tap {
		t.Errorf("text:\n%s\nTAP:\n%s", written["text"], written["tap"])
	}
	var junit struct {
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Failure string `xml:"failure"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal([]byte(written["junit"]), &junit); err != nil || junit.Failures != 1 || len(junit.Cases) != 2 || junit.Cases[1].Failure != "x can \"pay\" <y>: why\nmore" {
		t.Errorf("JUnit: %v, %+v\n%s", err, junit, written["junit"])
	}
	var back permtest.Report
	if err := json.Unmarshal([]byte(written["json"]), &back); err != nil || len(back.Results) != 2 || back.Results[1].Line != 7 || len(back.Notes) != 1 {
		t.Errorf("JSON: %v\n%s", err, written["json"])
	}
}
