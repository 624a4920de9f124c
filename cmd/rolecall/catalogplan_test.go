package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rolecall.example/client"
)

// somePlan is a plan with a line of each kind.
var somePlan = client.CatalogPlan{
	From: 7, To: 8,
	Warnings: []client.Validation{{Field: "types.invoice", Detail: "has no description"}},
	Changes: []client.CatalogDifference{
		{Kind: "renamed", What: "invoice:delete", To: "invoice:archive"},
		{Kind: "label", What: "invoice", From: "Bill", To: "Invoice"},
		{Kind: "role_changed", What: "organization-admin", Level: "organization", Takes: []string{"invoice:pay"}},
	},
	InUse: []client.CatalogUse{{What: "invoice:pay", Allows: client.CatalogUsers{Roles: 3, Organizations: 2}, Denies: client.CatalogUsers{Roles: 1, Organizations: 1}}},
	Roles: []client.CatalogRole{{Organization: "acme", Name: "clerk", Holders: 14, Renamed: []string{"invoice:delete"}, Retired: []string{"!invoice:pay"}}}, RolesTotal: 2,
	People: client.CatalogPeople{Members: 1_000_000, Affected: 12, Losing: 12, Suspended: 1, Lines: []client.CatalogLine{
		{Permission: "invoice:pay", Phrase: "pay invoices", Level: "organization", People: 12, Sample: []string{"ada", "bo"}},
	}},
}

// TestCatalogChange runs the commands that change the catalog against a server that answers with a plan: what is printed,
// what is sent, and the exit codes.
func TestCatalogChange(t *testing.T) {
	t.Parallel()
	retired := somePlan
	retired.InUse = []client.CatalogUse{{What: "invoice:pay", Retire: true}}
	same := client.CatalogPlan{From: 7, To: 7}
	const file = "../../examples/catalogs/expenses.yaml"
	for _, tt := range []struct {
		args string
		plan client.CatalogPlan
		code int
		says []string
		sent string // query and If-Match of the change; "" if there is none
	}{
		{"diff " + file, somePlan, 1, []string{
			"Warning: types.invoice: has no description", "From version 7 to 8 of the catalog: 3 changes.", "renamed", "→ invoice:archive", `"Bill" → "Invoice"`,
			"no longer allows invoice:pay", "3 roles in 2 organizations", "--retire invoice:pay", "clerk", "gone !invoice:pay", "and 1 more",
			"12 people would lose something, 0 would gain something; 1 more is suspended.", "ada, bo, …",
		}, ""},
		{"diff " + file + " --json", somePlan, 1, []string{`"in_use": [`, `"written_out"`}, ""},
		{"diff " + file + " --quiet", somePlan, 1, []string{"invoice:delete\ninvoice\norganization-admin\n"}, ""},
		{"diff " + file, same, 0, []string{"No differences."}, ""},
		{"diff --default", somePlan, 1, []string{"3 changes"}, ""},
		{"diff --default " + file, somePlan, 2, []string{"takes the place"}, ""},
		{"diff", somePlan, 2, []string{"FILE is needed"}, ""},
		{"diff 7 x", somePlan, 2, []string{`"x" is no number of a version`}, ""},
		{"diff 7 8 --people", somePlan, 2, []string{"leave out --people"}, ""},
		{"diff nowhere.yaml", somePlan, 2, []string{"nowhere.yaml"}, ""},
		{"apply " + file, somePlan, 1, []string{"Nothing was changed: this is in use and would go: invoice:pay; name it with --retire."}, ""},
		{"apply " + file + " --retire invoice:pay --note why", retired, 0, []string{"Version 8 is in force now. 12 people would lose"}, `note=why&retire=invoice%3Apay "7"`},
		{"apply " + file + " --retire invoice:pay --max-losing 12", retired, 0, []string{"Version 8 is in force now."}, `retire=invoice%3Apay "7"`},
		{"apply " + file + " --retire invoice:pay --max-losing 11", retired, 1, []string{"12 people would lose something, and --max-losing allows 11"}, ""},
		{"apply " + file + " --retire invoice:pay --dry-run", retired, 1, []string{"From version 7 to 8"}, ""},
		{"apply " + file + " --replace --json", same, 0, []string{`"version": 8`}, `replace=1 "7"`},
		{"rollback 3", same, 0, []string{"Version 8 is in force now."}, ` "7"`},
		{"rollback 3 --dry-run", same, 0, []string{"No differences."}, ""},
		{"rollback three", same, 2, []string{"is no number"}, ""},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			sent := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := any(tt.plan)
				if r.URL.Query().Get("dry_run") == "" {
					sent, answer = r.URL.RawQuery+" "+r.Header.Get("If-Match"), client.CatalogApplied{Version: 8}
				}
				_ = json.NewEncoder(w).Encode(answer)
			}))
			defer server.Close()
			p := start(t, map[string]string{tokenVariable: "x"}, "", append(strings.Fields("catalog "+tt.args), "--url", server.URL)...)
			if code := p.exit(t); code != tt.code {
				t.Fatalf("exit code %d, want %d\n%s%s", code, tt.code, p.out.String(), p.log.String())
			}
			for _, text := range tt.says {
				if told := p.out.String() + p.log.String(); !strings.Contains(told, text) {
					t.Errorf("%q is not in\n%s", text, told)
				}
			}
			if sent != tt.sent {
				t.Errorf("sent %q, want %q", sent, tt.sent)
			}
		})
	}
}

// TestCatalogRefused: what the server refuses has the exit codes of every command.
func TestCatalogRefused(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]int{http.StatusBadRequest: 2, http.StatusNotFound: 2, http.StatusForbidden: 3, http.StatusConflict: 3, http.StatusPreconditionFailed: 3} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(client.Error{Message: "No."})
		}))
		for _, args := range []string{"apply ../../examples/catalogs/expenses.yaml", "rollback 3", "diff 7 8", "versions", "show --version 3"} {
			p := start(t, map[string]string{tokenVariable: "x"}, "", append(strings.Fields("catalog "+args), "--url", server.URL)...)
			if got := p.exit(t); got != code {
				t.Errorf("%s: %d has the exit code %d, want %d\n%s", args, status, got, code, p.log.String())
			}
		}
		server.Close()
	}
}
