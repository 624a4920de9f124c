package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
)

// wellCalled has, for every command that works on a database, what it takes besides --db.
var wellCalled = map[string][]string{
	"users create":         {"--username", "ada", "--email", "ada@example.com", "--role", "owner"},
	"users list":           nil,
	"users show":           {"ada"},
	"users set-roles":      {"ada", "auditor"},
	"users give":           {"ada", "auditor"},
	"users take":           {"ada", "auditor"},
	"users reset-mfa":      {"--username", "ada", "--yes"},
	"users suspend":        {"ada", "--yes"},
	"users activate":       {"ada"},
	"users offboard":       {"ada", "--yes"},
	"users delete":         {"ada", "--yes"},
	"users reset-password": {"--username", "ada"},
	"tokens create":        {"--username", "ada"},
	"tokens list":          {"--username", "ada"},
	"tokens revoke":        {"x", "--username", "ada", "--yes"},
	"organizations list":   nil,
	"organizations show":   {"acme"},
	"organizations create": {"acme"},
	"organizations edit":   {"acme", "--name", "acme2"},
	"organizations delete": {"acme", "--yes"},
	"members add":          {"ada"},
	"members remove":       {"ada", "--yes"},
	"members give":         {"ada", "reader"},
	"members take":         {"ada", "reader"},
	"members set-roles":    {"ada", "reader"},
	"members bulk":         {"ada", "--add-role", "reader", "--yes"},
	"roles create":         {"reader"},
	"roles edit":           {"reader", "--display-name", "Reader"},
	"roles delete":         {"reader", "--yes"},
	"roles restore":        {"reader", "1"},
	"roles export":         nil,
	"roles apply":          {"-f", "-"},
	"undo":                 {"1"},
	"invitations create":   {"ada@example.com", "--access-url", "https://roles.example.com"},
	"invitations list":     nil,
	"invitations resend":   {"ada@example.com", "--access-url", "https://roles.example.com"},
	"invitations revoke":   {"ada@example.com", "--yes"},
	"sync test":            {"--provider", "okta", "--user", "ada"},
	"api":                  {"GET", "/organizations"},
	"backup":               {"to.db"},
	"restore":              {"from.db"},
	"check":                nil,
	"recover-owner":        {"--username", "ada"},
	"can-i":                {"read", "template"},
	"who-can":              {"read", "template"},
	"explain":              {"ada", "read", "template"},
	"permissions":          {"ada"},
	"members list":         nil,
	"roles list":           nil,
	"roles show":           {"reader"},
	"roles history":        {"reader"},
	"roles deleted":        nil,
	"roles diff":           {"reader", "writer"},
	"lint":                 nil,
	"catalog show":         nil,
	"catalog diff":         {"../../examples/catalogs/expenses.yaml"},
	"catalog apply":        {"../../examples/catalogs/expenses.yaml"},
	"catalog rollback":     {"1"},
	"catalog versions":     nil,
	"catalog export":       nil,
	"test":                 {"testdata/people.test.yaml"},
	"audit list":           nil,
	"audit verify":         nil,
	"audit root":           nil,
	"audit export":         {"audit.jsonl"},
	"audit prune":          {"--before", "2020-01-01", "--dry-run"},
	"keys list":            nil,
	"keys rotate":          nil,
}

// A misspelled name is no new installation: no command but those that are made for it makes a database, or a folder.
func TestNoDatabaseByMistake(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "a server's database is made by other means")
	for _, g := range groups() {
		for _, c := range g.commands {
			args, ok := wellCalled[c.name]
			if worksOnData := slices.Contains(c.settings, "db") && c.name != "serve" && c.name != "config"; worksOnData != ok {
				t.Errorf("%s works on a database: %v, and is called here: %v", c.name, worksOnData, ok)
			}
			if ok {
				t.Run(c.name, func(t *testing.T) { neverMakes(t, c.name, args) })
			}
		}
	}
}

func neverMakes(t *testing.T, name string, args []string) {
	dir := t.TempDir()
	file, deep := filepath.Join(dir, "typo.db"), filepath.Join(dir, "no", "such", "typo.db")
	args = append(strings.Fields(name), args...)
	for i, arg := range args {
		if strings.HasSuffix(arg, ".db") {
			args[i] = filepath.Join(dir, arg)
		}
	}
	for _, tt := range []struct {
		env   map[string]string
		place []string
		code  int
		says  string
	}{
		{nil, []string{"--db", file}, 2, "there is no database at " + file + ": name it with --db"},
		{nil, []string{"--db", deep}, 2, "there is no database at " + deep + ": name it with --db"},
		{map[string]string{"ROLECALL_DB": deep}, nil, 2, "there is no database at " + deep + ": name it with --db"},
		{nil, nil, 2, "there is no database at rolecall.db: name it with --db"},
		{map[string]string{"ROLECALL_URL": "http://127.0.0.1:1"}, nil, 2, name + " works on the database file; unset ROLECALL_URL or name --db"},
	} {
		switch {
		case name == "users create" && tt.place != nil && tt.place[1] == file:
			continue // it makes what is named
		case name == "users create" && strings.Contains(tt.says, deep):
			tt.says = "there is no folder for " + deep
		case name == "restore" && tt.env["ROLECALL_URL"] == "":
			continue // it puts one there
		case tt.env["ROLECALL_URL"] != "" && !commandOf(name).fileOnly():
			tt.says = "ROLECALL_TOKEN is needed"
		}
		p := start(t, tt.env, "", append(slices.Clone(args), tt.place...)...)
		if code, log := p.exit(t), p.log.String(); code != tt.code || !strings.Contains(log, tt.says) || p.out.String() != "" {
			t.Errorf("rolecall %q, %v: exit code %d, %s%s, want %d and %q", append(args, tt.place...), tt.env, code, p.out.String(), log, tt.code, tt.says)
		}
	}
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			t.Errorf("%s was made, %v", path, err)
		}
		return nil
	})
	if _, err := os.Stat("rolecall.db"); err == nil {
		t.Error("rolecall.db was made where the program was called")
	}
}

func commandOf(name string) *command {
	for _, g := range groups() {
		for _, c := range g.commands {
			if c.name == name {
				return c
			}
		}
	}
	return nil
}

// Of what is made on purpose the name was given, and copy makes nothing of its source.
func TestDatabaseOnPurpose(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "a server's database is made by other means")
	dir := t.TempDir()
	file := filepath.Join(dir, "new.db")
	p := start(t, map[string]string{"ROLECALL_DB": file}, "", "user", "create", "--username", "ada", "--email", "ada@example.com", "--role", "owner")
	if code := p.exit(t); code != 0 {
		t.Fatalf("user create with ROLECALL_DB: exit code %d, %s", code, p.log.String())
	}
	p = start(t, map[string]string{"ROLECALL_URL": "http://127.0.0.1:1"}, "", "token", "create", "--username", "ada", "--db", file)
	if code := p.exit(t); code != 0 {
		t.Errorf("token create with ROLECALL_URL and --db: exit code %d, %s", code, p.log.String())
	}
	typo := filepath.Join(dir, "no", "typo.db")
	code, _, log := call(t, "", "copy", "--from", typo, "--to", "postgres://localhost/x")
	if _, err := os.Stat(filepath.Dir(typo)); code != 2 || err == nil || !strings.Contains(log, "there is no database at "+typo) {
		t.Errorf("copy from nowhere: exit code %d, %s, folder %v", code, log, err)
	}
	empty := filepath.Join(dir, "empty.db")
	server := start(t, nil, "", "--db", empty, "--http-address", "127.0.0.1:0")
	server.wait(t, &server.log, "(listening)")
	server.stop()
	server.exit(t)
	if code, out, log := call(t, "", "audit", "verify", "--db", empty); code != 0 || out != "The trail is empty.\n" {
		t.Errorf("audit verify of an empty trail: exit code %d, %s%s", code, out, log)
	}
}
