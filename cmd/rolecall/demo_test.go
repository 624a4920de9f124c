package main

import (
	"net"
	"net/http"
	"os"
	"testing"

	"rolecall.example/client"
)

// TestDemo holds the demo to what it is there to show.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	demo := start(t, nil, "", "demo", "--json", "--http-address", "127.0.0.1:0")
	api := &client.Client{BaseURL: demo.wait(t, &demo.out, `"url": "(.*)"`), Token: demo.wait(t, &demo.out, `"token": "(.*)"`)}

	res, err := http.Get(api.BaseURL + "/buildinfo")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := res.Header.Get("RateLimit-Limit"); got != "600" { // as of serve
		t.Errorf("the demo limits callers to %q requests a minute", got)
	}
	count := func(organization string, q client.MemberQuery) int {
		q.Limit = 1
		page, err := api.MembersPage(t.Context(), organization, q)
		if err != nil {
			t.Fatal(err)
		}
		return page.Count
	}
	if got := count("default", client.MemberQuery{}); got != 1284 {
		t.Errorf("the first organization has %d members, want 1284", got)
	}
	tests := []struct {
		organization string
		query        client.MemberQuery
		least        int
	}{
		{"acme-labs", client.MemberQuery{}, 100},
		{"northwind-trading", client.MemberQuery{}, 40},
		{"default", client.MemberQuery{Statuses: []client.Status{client.StatusSuspended}}, 20},
		{"default", client.MemberQuery{Statuses: []client.Status{client.StatusDormant}}, 10},
		{"default", client.MemberQuery{Text: "КОВАЛЁВА"}, 5}, // what org looks for is folded as the demo's rows are
		{"default", client.MemberQuery{Text: "王"}, 5},
		{"default", client.MemberQuery{Text: "حداد"}, 1},
		{"default", client.MemberQuery{Text: "MAXIMILIANA-VON-UND-ZU-HOHENFELS"}, 1},
		{"default", client.MemberQuery{Roles: []string{"organization-admin"}}, 2},
		{"default", client.MemberQuery{Roles: []string{"contractor"}}, 80},
		{"default", client.MemberQuery{SiteRoles: []string{"auditor"}}, 1},
	}
	for _, tt := range tests {
		if got := count(tt.organization, tt.query); got < tt.least {
			t.Errorf("%s, %+v: %d members, want %d or more", tt.organization, tt.query, got, tt.least)
		}
	}
	parts, err := castOf(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range companies {
		roles, err := api.Roles(t.Context(), client.In(c.name))
		if err != nil {
			t.Fatal(err)
		}
		custom := 0
		for _, r := range roles {
			if !r.BuiltIn {
				custom++
			}
		}
		if custom != len(parts.Companies[i].Roles) || i == 0 && custom != 8 {
			t.Errorf("%s has %d custom roles, want %d", c.name, custom, len(parts.Companies[i].Roles))
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
