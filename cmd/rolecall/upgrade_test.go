package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The demo with 50 members and one root of the trail, as the program that made schema 4 left it: taken by `rolecall backup`
// and compressed. It stays as it is, whatever comes after.
const (
	fixture         = "testdata/schema-4.db.gz"
	fixtureEmail    = "ada@acme.example"
	fixturePassword = "lg4ub3bmua3s2qew"
	fixtureRoot     = "sha256:35749e8d12f913faea10cf7eb6a6cbb4017490de14db323c7e4fafd318c995d4"
)

func unpackFixture(t *testing.T) string {
	t.Helper()
	packed, err := os.Open(fixture)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rolecall.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A database that an earlier program filled is brought up to date by the first command that opens it: its people sign in,
// its trail is whole up to the root that was kept elsewhere, and what is written next goes on in the same chains.
func TestUpgradeFixture(t *testing.T) {
	t.Parallel()
	file := unpackFixture(t)
	server := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `address=(\S+)`)
	if got := signIn(t, url, fixtureEmail, fixturePassword); got != http.StatusCreated {
		t.Errorf("signing in: %d", got)
	}
	if code, out, log := call(t, "", "user", "create", "--db", file, "--username", "newcomer", "--email", "n@example.com", "--service-account"); code != 0 {
		t.Errorf("another account: exit code %d\n%s%s", code, out, log)
	}
	for _, args := range [][]string{{"check"}, {"audit", "verify"}, {"audit", "verify", "--root", fixtureRoot}} {
		if code, out, log := call(t, "", append(args, "--db", file)...); code != 0 {
			t.Errorf("%s: exit code %d\n%s%s", strings.Join(args, " "), code, out, log)
		}
	}
	code, out, log := call(t, "", "members", "list", "--db", file, "--limit", "0", "--json")
	if code != 0 || strings.Count(out, `"user_id"`) != 51 { // 50 and the newcomer
		t.Errorf("exit code %d, %d members, want 51\n%s", code, strings.Count(out, `"user_id"`), log)
	}
}
