package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
)

// TestAuditExport: a file verifies without its database, and every change of it is found.
func TestAuditExport(t *testing.T) {
	t.Parallel()
	place, file := dbtest.Place(t), filepath.Join(t.TempDir(), "audit.jsonl")
	for _, name := range []string{"ada", "grace"} {
		var made printedAccount
		callJSON(t, &made, "", "user", "create", "--db", place, "--username", name, "--email", name+"@example.com", "--role", "owner", "--json")
	}
	if code, _, log := call(t, "", "organizations", "create", "acme", "--db", place); code != 0 {
		t.Fatal(log)
	}
	var made struct {
		Entries, Chains int
		Root            string
	}
	callJSON(t, &made, "", "audit", "export", file, "--db", place, "--json")
	if made.Entries < 3 || made.Chains < 1 || !strings.HasPrefix(made.Root, "sha256:") {
		t.Fatalf("%+v", made)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(whole), "\n"), "\n")
	other := filepath.Join(t.TempDir(), "other.jsonl")
	verify := func(what string, text []string, want int, args ...string) {
		t.Helper()
		if err := os.WriteFile(other, []byte(strings.Join(text, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, log := call(t, "", append([]string{"audit", "verify", other}, args...)...)
		if code != want || !json.Valid([]byte(lines[0])) || (want == 0) != strings.Contains(out, "The file is whole") {
			t.Errorf("%s: exit code %d, want %d: %s%s", what, code, want, out, log)
		}
	}
	n := len(lines)
	verify("as it is", lines, 0, "--root", made.Root)
	verify("another root", lines, 1, "--root", "sha256:00")
	verify("no end", lines[:n-1], 1)
	verify("without an entry", append(append([]string{}, lines[:2]...), lines[3:]...), 1)
	verify("another name", append([]string{lines[0], strings.Replace(lines[1], `"ada"`, `"eve"`, 1)}, lines[2:]...), 1)
	verify("swapped", append([]string{lines[0], lines[2], lines[1]}, lines[3:]...), 1)
	verify("more after the end", append(append([]string{}, lines...), lines[1]), 1)
	verify("another file", []string{"{}"}, 1)

	callJSON(t, &made, "", "audit", "export", file, "--before", "2020-01-01", "--db", place, "--json")
	if made.Entries != 0 {
		t.Errorf("from before 2020 there are %d", made.Entries)
	}
	if code, _, log := call(t, "", "audit", "export", file, "--before", "yesterday", "--db", place); code != 2 {
		t.Errorf("no day: exit code %d, %s", code, log)
	}
}
