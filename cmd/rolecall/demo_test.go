package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"
)

// TestDemo holds the demo to what it is there to show.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	demo := start(t, nil, "", "demo", "--json", "--http-address", "127.0.0.1:0")
	api := demo.wait(t, &demo.out, `"url": "(.*)"`) + "/api/v2"
	token := demo.wait(t, &demo.out, `"token": "(.*)"`)

	count := func(organization, query string) int {
		var pages []struct{ Count int }
		fetch(t, api+"/organizations/"+organization+"/paginated-members?limit=1&"+query, token, &pages)
		return pages[0].Count
	}
	if got := count("default", ""); got != 1284 {
		t.Errorf("the first organization has %d members, want 1284", got)
	}
	tests := []struct {
		organization, query string
		least               int
	}{
		{"acme-labs", "", 100},
		{"northwind-trading", "", 40},
		{"default", "status=suspended", 20},
		{"default", "status=dormant", 10},
		{"default", "q=" + url.QueryEscape("КОВАЛЁВА"), 5}, // what org looks for is folded as the demo's rows are
		{"default", "q=" + url.QueryEscape("王"), 5},
		{"default", "q=" + url.QueryEscape("حداد"), 1},
		{"default", "q=MAXIMILIANA-VON-UND-ZU-HOHENFELS", 1},
		{"default", "role=organization-admin", 2},
		{"default", "role=contractor", 80},
		{"default", "site_role=auditor", 1},
	}
	for _, tt := range tests {
		if got := count(tt.organization, tt.query); got < tt.least {
			t.Errorf("%s?%s: %d members, want %d or more", tt.organization, tt.query, got, tt.least)
		}
	}
	for i, c := range companies {
		var roles []struct {
			BuiltIn bool `json:"built_in"`
		}
		fetch(t, api+"/organizations/"+c.name+"/members/roles", token, &roles)
		custom := 0
		for _, r := range roles {
			if !r.BuiltIn {
				custom++
			}
		}
		if custom != len(c.roles) || i == 0 && custom != 8 {
			t.Errorf("%s has %d custom roles, want %d", c.name, custom, len(c.roles))
		}
	}

	file := demo.wait(t, &demo.out, `"database": "(.*)"`)
	if code, out, log := call(t, "", "check", "--db", file); code != 0 {
		t.Errorf("check: exit code %d\n%s%s", code, out, log)
	}

	demo.stop()
	if code := demo.exit(t); code != 0 {
		t.Errorf("exit code %d: %s", code, demo.log.String())
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("the demo left %v, %v", left, err)
	}
}

// TestDemoMoves takes the usual port, unless somebody has it already, and wants another one.
func TestDemoMoves(t *testing.T) {
	t.Parallel()
	if l, err := net.Listen("tcp", defaultAddress); err == nil {
		defer l.Close()
	}
	l, moved, err := listenNear(defaultAddress)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if !moved || l.Addr().String() == defaultAddress {
		t.Errorf("moved = %v, to %s", moved, l.Addr())
	}
}

func fetch(t *testing.T, url, token string, into any) {
	t.Helper()
	req := request(t.Context(), t, http.MethodGet, url, "")
	req.Header.Set("Coder-Session-Token", token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d, %v, %s", url, res.StatusCode, err, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("GET %s: %v, %s", url, err, body)
	}
}
