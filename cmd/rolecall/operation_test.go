package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// TestOperation is a night on call: a backup beside the running server, a damaged file, a restore, a check.
func TestOperation(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "files are copied, damaged and replaced")
	dir := filepath.Join(t.TempDir(), "made", "by serve")
	file := filepath.Join(dir, "rolecall.db")
	var ada printedAccount
	maker := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0")
	maker.wait(t, &maker.log, "(listening)")
	maker.stop()
	maker.exit(t)
	private(t, dir, 0o700)
	callJSON(t, &ada, "", "user", "create", "--db", file, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	server := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `address=(\S+)`)

	backup := filepath.Join(t.TempDir(), "backup.db")
	var writing sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for i := range 4 { // the copy must be of one moment
		writing.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				_, _, _ = callQuietly(t, "user", "create", "--db", file, "--service-account",
					"--username", fmt.Sprintf("bot-%d-%d", i, n), "--email", fmt.Sprintf("bot-%d-%d@example.com", i, n))
			}
		})
	}
	code, out, log := call(t, "", "backup", backup, "--db", file)
	stop()
	writing.Wait()
	if code != 0 || !strings.Contains(out, "audit_logs") {
		t.Fatalf("backup: exit code %d\n%s%s", code, out, log)
	}
	private(t, backup, 0o600)
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		private(t, file+suffix, 0o600)
	}
	if code, out, log := call(t, "", "check", "--db", backup); code != 0 {
		t.Errorf("check of the backup: exit code %d\n%s%s", code, out, log)
	}
	if code, out, log := call(t, "", "check", "--db", file); code != 0 {
		t.Errorf("check beside the server: exit code %d\n%s%s", code, out, log)
	}
	if code, _, log := call(t, "", "restore", backup, "--db", file); code != 3 || !strings.Contains(log, "stop it first") || !strings.Contains(log, fmt.Sprint(os.Getpid())) {
		t.Errorf("restore beside the server: exit code %d, %s", code, log)
	}
	if code, _, log := call(t, "", "--db", file, "--http-address", "127.0.0.1:0"); code != 3 || !strings.Contains(log, fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("a second server: exit code %d, %s", code, log)
	}
	var reset printedAccount
	callJSON(t, &reset, "", "user", "reset-password", "--db", file, "--username", "ada", "--json") // after the backup
	if got := signIn(t, url, ada.Email, ada.Password); got != http.StatusUnauthorized {
		t.Errorf("the password before the reset: %d", got)
	}
	server.stop()
	server.exit(t)

	damage(t, file)
	if code, _, log := call(t, "", "--db", file, "--http-address", "127.0.0.1:0"); code != 3 || !strings.Contains(log, "rolecall restore") {
		t.Errorf("serve of a damaged file: exit code %d, %s", code, log)
	}
	if code, out, log := call(t, "", "check", "--db", file, "--json"); code != 3 {
		t.Errorf("check of a damaged file: exit code %d\n%s%s", code, out, log)
	}
	damaged, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	code, out, log = call(t, "", "restore", "--db", file, backup)
	if code != 0 {
		t.Fatalf("restore: exit code %d\n%s%s", code, out, log)
	}
	kept, err := filepath.Glob(file + ".replaced-*")
	if err != nil || len(kept) != 1 || !strings.Contains(out, kept[0]) {
		t.Fatalf("kept %v, told\n%s", kept, out)
	}
	if b, err := os.ReadFile(kept[0]); err != nil || !bytes.Equal(b, damaged) {
		t.Errorf("what was there is not kept as it was: %v", err)
	}
	if b, err := os.ReadFile(backup); err != nil || !bytes.Equal(b, before) {
		t.Errorf("the backup was changed: %v", err)
	}
	if code, out, log := call(t, "", "check", "--db", file); code != 0 {
		t.Errorf("check after the restore: exit code %d\n%s%s", code, out, log)
	}
	server = start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0")
	url = "http://" + server.wait(t, &server.log, `address=(\S+)`)
	if got := signIn(t, url, ada.Email, ada.Password); got != http.StatusCreated {
		t.Errorf("the password of the backup: %d", got)
	}
}

func callQuietly(t *testing.T, args ...string) (code int, out, log string) {
	var o, l bytes.Buffer
	code = run(t.Context(), args, nil, strings.NewReader(""), &o, &l)
	return code, o.String(), l.String()
}

func private(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Error(err)
		return
	}
	if info.Mode().Perm() != want {
		t.Errorf("%s has mode %04o, want %04o", path, info.Mode().Perm(), want)
	}
}

// damage overwrites the middle of a file, as a failing disk does.
func damage(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte("rotten! "), 8<<10), 4096*3); err != nil {
		t.Fatal(err)
	}
}

func TestOperationRefused(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "what is refused are files")
	dir := t.TempDir()
	file, foreign, text := filepath.Join(dir, "rolecall.db"), filepath.Join(dir, "foreign.db"), filepath.Join(dir, "text")
	if code, _, log := call(t, "", "user", "create", "--db", file, "--username", "ada", "--email", "ada@example.com", "--role", "owner"); code != 0 {
		t.Fatal(log)
	}
	d, err := db.Open(t.Context(), foreign)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, foreign, "DROP TABLE audit_seal")
	if err := os.WriteFile(text, bytes.Repeat([]byte("not a database\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	if code, _, log := call(t, "", "backup", newer, "--db", file); code != 0 {
		t.Fatal(log)
	}
	alter(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
	missing := filepath.Join(dir, "missing.db")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		code int
		says string
	}{
		{[]string{"backup", "--db", file}, 2, "FILE is needed"},
		{[]string{"backup", filepath.Join(dir, "a"), "b", "--db", file}, 2, "too much"},
		{[]string{"backup", file, "--db", file}, 3, "the database itself"},
		{[]string{"backup", dir, "--db", file}, 3, "no file"},
		{[]string{"backup", filepath.Join(dir, "nowhere", "x"), "--db", file}, 3, "no such file"},
		{[]string{"backup", filepath.Join(dir, "x"), "--db", missing}, 2, "there is no database at"},
		{[]string{"backup", filepath.Join(dir, "x"), "--db", text}, 3, "no database of this program"},
		{[]string{"restore", foreign, "--db", file}, 3, ": table audit_seal is missing"},
		{[]string{"restore", text, "--db", file}, 3, "no database of this program"},
		{[]string{"restore", newer, "--db", file}, 3, "newer version"},
		{[]string{"restore", missing, "--db", file}, 3, "no such file"},
		{[]string{"check", "--db", missing}, 2, "there is no database at"},
		{[]string{"check", "--db", text}, 3, "no database of this program"},
		{[]string{"recover-owner", "--db", file}, 2, "--username is needed"},
		{[]string{"recover-owner", "--username", "ada", "--db", missing}, 2, "there is no database at"},
		{[]string{"serve", "--db", text, "--http-address", "127.0.0.1:0"}, 3, "restore"},
		{[]string{"serve", "--db", newer, "--http-address", "127.0.0.1:0"}, 3, "newer version"},
	}
	for _, tt := range tests {
		code, out, log := call(t, "", tt.args...)
		if code != tt.code || !strings.Contains(log, tt.says) {
			t.Errorf("rolecall %q: exit code %d, %s%s, want %d and %q", tt.args, code, out, log, tt.code, tt.says)
		}
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("something that was refused changed the database: %v", err)
	}
	if leftovers, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(leftovers) > 0 {
		t.Errorf("left behind: %v", leftovers)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a command that looks made a database")
	}
}

// TestCheckFindsOnServer: a server lets references and copies be broken while its triggers are off, and check finds it as in a file.
func TestCheckFindsOnServer(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	place := dbtest.Place(t)
	for _, args := range [][]string{
		{"user", "create", "--username", "ada", "--email", "ada@example.com", "--role", "owner"},
		{"user", "create", "--username", "bob", "--email", "bob@example.com"},
	} {
		if code, _, log := call(t, "", append(args, "--db", place)...); code != 0 {
			t.Fatal(log)
		}
	}
	if code, out, log := call(t, "", "check", "--db", place); code != 0 {
		t.Fatalf("of a sound one: exit code %d\n%s%s", code, out, log)
	}
	alter(t, place, `SET session_replication_role = replica; DELETE FROM users WHERE username = 'bob'; UPDATE organizations SET member_count = 7;
		UPDATE user_counts SET users = 9; UPDATE member_roles SET role = 'organization-admin' WHERE role = 'organization-member';
		UPDATE audit_logs SET actor = 'mallory' WHERE seq = 1; SET session_replication_role = origin`)
	code, out, log := call(t, "", "check", "--db", place, "--json")
	for _, says := range []string{
		"organization_members has a row whose users is missing", "7 members by its counter, but 2", "there are 9 accounts by the counter, but 1",
		"is a member by no record", "is listed with other roles than held", "audit trail: site: entry 1 (",
	} {
		if code != 1 || !strings.Contains(out, says) {
			t.Errorf("exit code %d, want 1 and %q\n%s%s", code, says, out, log)
		}
	}
}

// TestCheckFinds tampers with everything that `check` looks at.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "TestCheckFindsOnServer does")
	dir := t.TempDir()
	sound := filepath.Join(dir, "sound.db")
	for _, args := range [][]string{
		{"user", "create", "--username", "ada", "--email", "ada@example.com", "--role", "owner"},
		{"user", "create", "--username", "bob", "--email", "bob@example.com"},
	} {
		if code, _, log := call(t, "", append(args, "--db", sound)...); code != 0 {
			t.Fatal(log)
		}
	}
	// An owner without a password is no damage, and may be meant so.
	provided := filepath.Join(dir, "provided.db")
	if code, _, log := call(t, "", "backup", provided, "--db", sound); code != 0 {
		t.Fatal(log)
	}
	alter(t, provided, "UPDATE users SET password_hash = '', login_type = 'oidc' WHERE username = 'ada'; INSERT INTO user_identities (issuer, subject, provider, user_id, email, claims, created_at) SELECT 'https://idp.example.com', 'ada', 'okta', id, '', '{}', created_at FROM users WHERE username = 'ada'")
	for _, tt := range []struct {
		file, passwords string
		want            bool
	}{{sound, "all", false}, {sound, "owners", false}, {sound, "off", true}, {provided, "all", true}, {provided, "off", true}} {
		const says = "no owner can sign in without a sign-in provider"
		code, out, log := call(t, "", "check", "--db", tt.file, "--password-login", tt.passwords)
		if code != 0 || (strings.Count(out+log, says) == 1) != tt.want || strings.Contains(out, "--password-login is off") != (tt.passwords == "off") {
			t.Errorf("%s with --password-login %s: exit code %d, want the warning %v\n%s%s", filepath.Base(tt.file), tt.passwords, code, tt.want, out, log)
		}
	}
	for name, tt := range map[string]struct{ sql, says string }{
		"edited entry": {"DROP TRIGGER audit_logs_unchanged; UPDATE audit_logs SET actor = 'mallory' WHERE seq = 1", "audit trail: site: entry 1 ("},
		"missing end":  {"DROP TRIGGER audit_logs_kept; DELETE FROM audit_logs WHERE seq = (SELECT max(seq) FROM audit_logs)", "audit trail: site: the chain ends with entry "},
		"counter":      {"UPDATE organizations SET member_count = 7", "7 members by its counter, but 2"},
		"role":         {"INSERT INTO user_roles (user_id, role) SELECT id, 'owner' FROM users WHERE username = 'bob'", "user_roles: bob has owner, and the audit trail never gave it"},
		"member role": {`INSERT INTO member_roles (organization_id, role, username_key, user_id)
			SELECT organization_id, 'organization-admin', username_key, user_id FROM organization_members WHERE username = 'bob'`, "member_roles: bob has organization-admin in default, and the audit trail never gave it"},
		"open trail":     {"DROP TRIGGER audit_logs_kept", "trigger audit_logs.audit_logs_kept is missing"},
		"no owner":       {"UPDATE users SET status = 'suspended'", "no active owner"},
		"missing parent": {"PRAGMA foreign_keys = 0; DELETE FROM users WHERE username = 'bob'", "users is missing"},
		"index":          {"PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, '(username_key)', '(email_key)') WHERE name = 'users_by_username'", "users_by_username"},
	} {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".db")
		if code, _, log := call(t, "", "backup", file, "--db", sound); code != 0 {
			t.Fatal(log)
		}
		alter(t, file, tt.sql)
		code, out, log := call(t, "", "check", "--db", file, "--json")
		var x examination
		if err := json.Unmarshal([]byte(out), &x); err != nil && code != 1 {
			t.Errorf("%s: %v\n%s%s", name, err, out, log)
		}
		if code != 1 || !strings.Contains(strings.Join(x.Findings, "\n")+log, tt.says) {
			t.Errorf("%s: exit code %d, found %v, %s, want %q", name, code, x.Findings, log, tt.says)
		}
	}
	if err := os.Chmod(sound, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := call(t, "", "check", "--db", sound); code != 1 || !strings.Contains(out, "mode 0644") {
		t.Errorf("a file that everybody may read: exit code %d, %s", code, out)
	}
}

func TestRecoverOwner(t *testing.T) {
	t.Parallel()
	file := dbtest.Place(t)
	if code, _, log := call(t, "", "user", "create", "--db", file, "--username", "ada", "--email", "ada@example.com", "--role", "owner"); code != 0 {
		t.Fatal(log)
	}
	alter(t, file, "UPDATE users SET status = 'suspended'")
	server := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `address=(\S+)`)
	code, out, log := call(t, "", "recover-owner", "--db", file, "--username", "ada")
	if code != 0 || !strings.Contains(out, db.Describe(file)) || !strings.Contains(out, "password") {
		t.Fatalf("recover-owner: exit code %d\n%s%s", code, out, log)
	}
	var ada printedAccount
	callJSON(t, &ada, "", "recover-owner", "--db", file, "--username", "ada", "--json")
	if got := signIn(t, url, ada.Email, ada.Password); got != http.StatusCreated {
		t.Errorf("signing in: %d", got)
	}
	var eve printedAccount
	callJSON(t, &eve, "", "recover-owner", "--db", file, "--username", "eve", "--email", "eve@example.com", "--json")
	if got := signIn(t, url, eve.Email, eve.Password); got != http.StatusCreated {
		t.Errorf("signing in to the account that was made: %d", got)
	}
	if code, out, log := call(t, "", "check", "--db", file); code != 0 {
		t.Errorf("check: exit code %d\n%s%s", code, out, log)
	}
}
