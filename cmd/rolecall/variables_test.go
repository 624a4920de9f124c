package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
)

// A server refuses what looks like a setting and is none, and a name that says nothing. Nothing is made then.
func TestVariables(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "what is not made are files")
	dir := t.TempDir()
	file, empty := filepath.Join(dir, "new.db"), filepath.Join(t.TempDir(), "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		env  map[string]string
		args []string
		code int
		says string
	}{
		{map[string]string{"ROLECALL_DB": ""}, nil, 2, "ROLECALL_DB is set to nothing"},
		{map[string]string{"ROLECALL_DB": ""}, []string{"check"}, 2, "ROLECALL_DB is set to nothing"},
		{map[string]string{"ROLECALL_DATABASE": file}, nil, 2, "ROLECALL_DATABASE is no setting: did you mean ROLECALL_DB?"},
		{map[string]string{"ROLECALL_ACESS_URL": "x", "ROLECALL_DB": file}, nil, 2, "did you mean ROLECALL_ACCESS_URL?"},
		{map[string]string{"ROLECALL_PORT": "8080", "ROLECALL_DB": file}, nil, 2, "ROLECALL_PORT is no setting"},
		{map[string]string{"ROLECALL_MUST_EXIST": "true", "ROLECALL_DB": file}, nil, 2, "there is no database at " + file},
		{map[string]string{"ROLECALL_MUST_EXIST": "perhaps", "ROLECALL_DB": file}, nil, 2, "ROLECALL_MUST_EXIST: true or false"},
		{nil, []string{"--must-exist", "--db", file}, 2, "there is no database at " + file},
		{nil, []string{"--db", ":memory:"}, 2, "--db: \":memory:\" is no file"},
		{nil, []string{"check", "--db", "file::memory:"}, 2, "is no file"},
		{nil, []string{"--db", file, "--access-url", "https://example.com/base"}, 2, "base paths are not supported"},
		{nil, []string{"--db", empty}, 3, empty + " is empty, which no database is"},
		{nil, []string{"check", "--db", empty}, 3, "is empty"},
		{nil, []string{"user", "create", "--db", empty, "--username", "ada", "--email", "ada@example.com", "--role", "owner"}, 3, "is empty"},
	} {
		p := start(t, tt.env, "", tt.args...)
		if code, log := p.exit(t), p.log.String(); code != tt.code || !strings.Contains(log, tt.says) {
			t.Errorf("rolecall %q, %v: exit code %d, %s, want %d and %q", tt.args, tt.env, code, log, tt.code, tt.says)
		}
	}
	if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
		t.Errorf("%v was made, %v", made, err)
	}
	if info, err := os.Stat(empty); err != nil || info.Size() != 0 {
		t.Errorf("the empty file was written to: %v", err)
	}
	server := start(t, map[string]string{
		"ROLECALL_DB": file, "ROLECALL_TOKEN": "x", "ROLECALL_URL": "http://127.0.0.1:1", "ROLECALL_MUST_EXIST": "false",
		"ROLECALL_PORT": "tcp://10.0.0.1:80", "ROLECALL_SERVICE_HOST": "10.0.0.1", "ROLECALL_SERVICE_PORT_HTTP": "80", "ROLECALL_PORT_80_TCP_ADDR": "10.0.0.1",
	}, "", "--http-address", "127.0.0.1:0")
	server.wait(t, &server.log, "(listening)")
	server.stop()
	server.exit(t)
	again := start(t, map[string]string{"ROLECALL_MUST_EXIST": "true", "ROLECALL_DB": file}, "", "--http-address", "127.0.0.1:0")
	again.wait(t, &again.log, "(listening)")
}
