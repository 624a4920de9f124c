//go:build unix

package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/client"
	engine "rolecall.example/client/local"
	"rolecall.example/db/dbtest"
)

// TestRestoreUnderEngines: an older backup is put back while an engine is attached, which has seen newer revisions than the
// backup has. It takes what the server says now.
func TestRestoreUnderEngines(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "a server is restored with its own tools")
	place, backup := filepath.Join(t.TempDir(), "rolecall.db"), filepath.Join(t.TempDir(), "backup.db")
	token := ownerIn(t, place)
	address := freeAddress(t, "127.0.0.9")
	r := &replica{address: address, args: []string{"serve", "--db", place, "--http-address", address, "--rate-limit", "0"}}
	r.start(t)
	api := &client.Client{BaseURL: "http://" + address, Token: token}
	home, err := api.Organization(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	user, err := api.CreateUser(t.Context(), client.CreateUserRequest{Username: "grace", Email: "grace@example.com", Password: "correct horse battery staple", OrganizationIDs: []uuid.UUID{home.ID}})
	if err != nil {
		t.Fatal(err)
	}
	set := func(roles ...string) {
		t.Helper()
		if _, err := api.SetMemberRoles(t.Context(), "default", "grace", roles); err != nil {
			t.Fatal(err)
		}
	}
	set("organization-auditor")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e, err := engine.Open(ctx, api, engine.Options{Organizations: engine.All})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	becomes := func(allowed bool) {
		t.Helper()
		for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			d := e.Check(user.ID.String(), home.ID.String(), "audit_log:read")
			if d.Allowed == allowed && d.Reason == engine.Decided && e.Stats().Status == engine.Fresh && d.Age < 8*time.Second {
				return
			}
			if time.Since(begin) > patience {
				t.Fatalf("%+v, want %v; %+v\n%s", d, allowed, e.Stats(), r.log.String())
			}
		}
	}
	becomes(true)
	if code, _, log := call(t, "", "backup", backup, "--db", place); code != 0 {
		t.Fatal(log)
	}
	for range 3 {
		set()
		set("organization-auditor")
	}
	set()
	becomes(false)
	r.end(t)
	if code, _, log := call(t, "", "restore", backup, "--db", place); code != 0 {
		t.Fatal(log)
	}
	r.start(t)
	becomes(true)
	set()
	becomes(false)
	set("organization-auditor")
	becomes(true)
	r.end(t)
}
