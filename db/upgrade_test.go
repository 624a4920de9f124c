package db_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// fields are the columns of a row.
type fields map[string]any

// old fills a database of the first version as that version did: an owner, a member with roles, a suspended service
// account, two organizations, a role with two versions, and what comes with them.
type old struct {
	t    *testing.T
	to   db.DBTX
	day  time.Time
	acme uuid.UUID
	beta uuid.UUID
	ada  uuid.UUID
	bob  uuid.UUID
	bot  uuid.UUID
}

func (o *old) insert(table string, f fields) {
	o.t.Helper()
	names := slices.Sorted(maps.Keys(f))
	args := make([]any, len(names))
	for i, name := range names {
		args[i] = f[name]
		if at, ok := args[i].(time.Time); ok && !dbtest.OnServer() {
			args[i] = at.UnixMicro()
		}
	}
	statement := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", "))
	if _, err := o.to.ExecContext(o.t.Context(), statement, args...); err != nil {
		o.t.Fatalf("%s: %v", statement, err)
	}
}

func (o *old) fill() {
	o.day = time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)
	for _, id := range []*uuid.UUID{&o.acme, &o.beta, &o.ada, &o.bob, &o.bot} {
		*id = uuid.New()
	}
	for id, name := range map[uuid.UUID]string{o.acme: "acme", o.beta: "Beta"} {
		o.insert("organizations", fields{"id": id, "name": name, "name_key": strings.ToLower(name), "display_name": name + " Ltd", "description": "Größe 1",
			"icon": "", "is_default": id == o.acme, "created_at": o.day, "updated_at": o.day})
	}
	o.account(o.ada, "Ada", "active", "password", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "owner")
	o.account(o.bob, "bob", "active", "password", "", "auditor", "user-admin")
	o.account(o.bot, "ci-bot", "suspended", "none", "")
	o.member(o.acme, o.ada, "Ada", "organization-admin")
	o.member(o.acme, o.bob, "bob", "deployer", "organization-auditor")
	o.member(o.beta, o.bob, "bob")
	o.member(o.beta, o.bot, "ci-bot", "organization-template-admin")
	o.role()
	o.secrets()
	for seq := 1; seq <= 3; seq++ {
		o.insert("audit_logs", fields{"id": uuid.New(), "time": o.day, "request_id": uuid.NewString(), "ip": "192.0.2.7", "user_agent": "curl/8",
			"actor_id": o.ada, "actor": "Ada", "organization_id": o.acme, "resource_type": "organization_member", "resource_id": o.bob.String(),
			"resource_target": "bob", "action": "write", "status_code": 200, "changes": `{"roles":{"old":[],"new":["deployer"]}}`, "hash": []byte{byte(seq)}})
	}
	for _, statement := range []string{"UPDATE audit_heads SET seq = 3, hash = (SELECT hash FROM audit_logs WHERE seq = 3)", "UPDATE revisions SET value = 41"} {
		if _, err := o.to.ExecContext(o.t.Context(), statement); err != nil {
			o.t.Fatal(err)
		}
	}
}

func (o *old) account(id uuid.UUID, name, status, login, hash string, roles ...string) {
	key := strings.ToLower(name)
	o.insert("users", fields{"id": id, "username": name, "username_key": key, "email": name + "@example.com", "email_key": key + "@example.com",
		"name": name + " Näme", "name_key": key + " näme", "search_key": key + "\n" + key + " näme\n" + key + "@example.com", "avatar_url": "",
		"status": status, "login_type": login, "password_hash": hash, "created_at": o.day, "updated_at": o.day, "last_seen_at": o.day})
	for _, role := range roles {
		o.insert("user_roles", fields{"user_id": id, "role": role})
	}
}

func (o *old) member(org, user uuid.UUID, name string, roles ...string) {
	key := strings.ToLower(name)
	status, login := "active", "password"
	if user == o.bot {
		status, login = "suspended", "none"
	}
	site := map[uuid.UUID]string{o.ada: "owner", o.bob: "auditor user-admin"}[user]
	o.insert("organization_members", fields{"organization_id": org, "username_key": key, "user_id": user, "version": 1 + len(roles), "created_at": o.day,
		"updated_at": o.day, "username": name, "email": name + "@example.com", "email_key": key + "@example.com", "name": name + " Näme",
		"name_key": key + " näme", "search_key": key + "\n" + key + " näme\n" + key + "@example.com", "avatar_url": "", "status": status,
		"login_type": login, "site_roles": site})
	for _, role := range roles {
		o.insert("member_roles", fields{"organization_id": org, "role": role, "username_key": key, "user_id": user})
	}
}

func (o *old) role() {
	id := uuid.New()
	o.insert("roles", fields{"id": id, "organization_id": o.acme, "name": "deployer", "display_name": "Deployer", "version": 2, "created_at": o.day,
		"updated_at": o.day, "updated_by": "Ada"})
	for action, negate := range map[string]bool{"read": false, "delete": true} {
		o.insert("role_permissions", fields{"role_id": id, "level": "organization", "resource_type": "template", "action": action, "negate": negate})
	}
	for version := 1; version <= 2; version++ {
		o.insert("role_versions", fields{"role_id": id, "version": version, "display_name": "Deployer", "permissions": "{}", "created_at": o.day, "created_by": "Ada"})
	}
}

func (o *old) secrets() {
	o.insert("api_keys", fields{"id": "abcdefghij", "user_id": o.bot, "secret_hash": []byte{1, 2}, "name": "terraform", "login_type": "token", "scope": "all",
		"lifetime_seconds": 3600, "created_at": o.day, "updated_at": o.day, "expires_at": o.day.AddDate(100, 0, 0), "last_used": o.day})
	o.insert("api_keys", fields{"id": "bcdefghijk", "user_id": o.bot, "secret_hash": []byte{1, 2}, "name": "expired", "login_type": "token", "scope": "all",
		"lifetime_seconds": 3600, "created_at": o.day, "updated_at": o.day, "expires_at": o.day.Add(time.Hour), "last_used": o.day})
	o.insert("sessions", fields{"token": "hashed", "id": uuid.New(), "user_id": o.ada, "data": []byte{3}, "ip": "192.0.2.7", "user_agent": "Mozilla",
		"created_at": o.day, "expires_at": o.day.AddDate(0, 0, 1)})
	o.insert("password_links", fields{"user_id": o.bob, "id": "klmnopqrst", "secret_hash": []byte{4}, "created_at": o.day, "expires_at": o.day.AddDate(0, 0, 3)})
	o.insert("setup_tokens", fields{"hash": []byte{5}, "created_at": o.day})
	o.insert("login_failures", fields{"door": "account:bob", "failures": 3, "window_start": o.day})
}

// A filled database of the first version is brought up to date with all that is in it, and what is new has its default.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	place := newPlace(t)
	if err := db.MigrateTo(t.Context(), place, 1); err != nil {
		t.Fatal(err)
	}
	(&old{t: t, to: dbtest.SQL(t, place)}).fill()
	columns := dbtest.Columns(t, place)
	headColumns := columns["audit_heads"]
	before := map[string][][]string{}
	for table, names := range columns {
		if before[table] = rowsOf(t, place, table, names); len(before[table]) == 0 && !strings.HasPrefix(table, "user_search") {
			t.Errorf("%s is empty: nothing shows what becomes of it", table)
		}
	}
	d := dbtest.Reopen(t, place)
	foldKeys(before["users"])
	foldKeys(before["organization_members"])
	head := before["audit_heads"][0]
	delete(columns, "audit_heads") // which was sealed
	delete(columns, "revisions")   // of which there is one for each scope
	for table, names := range columns {
		stored := rowsOf(t, place, table, names)
		if table == "member_roles" { // memberships have got a record
			stored = slices.DeleteFunc(stored, func(row []string) bool { return slices.Contains(row, "organization-member") })
		}
		if diff := cmp.Diff(before[table], stored); diff != "" {
			t.Errorf("%s\n%s", table, diff)
		}
	}
	for query, want := range map[string]string{
		"SELECT count(*) FROM users WHERE version = 1 AND NOT must_change AND password_by IS NULL":                                         "3",
		"SELECT count(*) FROM organizations WHERE version = 1":                                                                             "2",
		"SELECT hash FROM audit_seal WHERE id = 1 AND seq = 3":                                                                             head[slices.Index(headColumns, "hash")],
		"SELECT count(*) FROM audit_logs WHERE chain_seq = 0":                                                                              "3",
		"SELECT count(*) FROM revisions r, audit_seal s WHERE r.value = 41 AND r.roles = 41 AND r.audit_seq = 0 AND r.audit_hash = s.hash": "3",
		"SELECT count(*) FROM revisions r JOIN organizations o ON o.id = r.organization_id":                                                "2",
		"SELECT count(*) FROM api_keys k, password_links l WHERE k.created_by IS NULL AND l.created_by IS NULL":                            "2",
		"SELECT count(*) FROM api_keys WHERE NOT for_cli":                                                                                  "2",
		"SELECT group_concat(name, ' ') FROM api_keys WHERE expiry_noted":                                                                  "expired",
	} {
		if got := dbtest.Rows(t, place, query)[0][0]; got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if u, err := d.GetUserByUsername(t.Context(), "ada"); err != nil || u.Roles != "owner" {
		t.Errorf("ada is %+v, %v", u, err)
	}
	if r, err := db.Inspect(t.Context(), place, false); err != nil || len(r.Findings) > 0 || r.Schema != r.Known {
		t.Errorf("%+v, %v", r, err)
	}
	if dbtest.OnServer() {
		return
	}
	newest, err := db.Known()
	if err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("%s.before-%d", place, newest)
	if r, err := db.Inspect(t.Context(), kept, false); err != nil || len(r.Findings) > 0 || r.Schema != 1 {
		t.Errorf("what was kept: %+v, %v", r, err)
	}
	if id := dbtest.Rows(t, place, "PRAGMA application_id")[0][0]; id != "1382826860" {
		t.Errorf("the file is marked %s", id)
	}
}

// What is held becomes records, with the accounts made anew under all that refers to them; and back again.
func TestUpgradeToRecords(t *testing.T) {
	t.Parallel()
	place := newPlace(t)
	if err := db.MigrateTo(t.Context(), place, 1); err != nil {
		t.Fatal(err)
	}
	(&old{t: t, to: dbtest.SQL(t, place)}).fill()
	if err := db.MigrateTo(t.Context(), place, 11); err != nil {
		t.Fatal(err)
	}
	columns := dbtest.Columns(t, place)
	contents := func() map[string][][]string {
		all := map[string][][]string{}
		for table, names := range columns {
			all[table] = rowsOf(t, place, table, names)
		}
		return all
	}
	before := contents()
	if err := db.MigrateTo(t.Context(), place, 12); err != nil {
		t.Fatal(err)
	}
	if r, err := db.Inspect(t.Context(), place, false); err != nil || len(r.Findings) > 0 || r.Schema != 12 {
		t.Errorf("%+v, %v", r, err)
	}
	after := contents()
	after["member_roles"] = slices.DeleteFunc(after["member_roles"], func(row []string) bool { return slices.Contains(row, "organization-member") })
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string]string{
		"SELECT count(*) FROM member_roles WHERE role = 'organization-member'":                                                                                            "4",
		"SELECT count(*) FROM member_roles r JOIN organization_members m USING (organization_id, username_key) WHERE r.given_at = m.updated_at AND r.user_id = m.user_id": "8",
		"SELECT count(*) FROM member_roles WHERE source = 'manual' AND source_ref = '' AND reason = '' AND given_by IS NULL AND given_by_name = '' AND ends_at IS NULL":   "8",
		"SELECT count(*) FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.source = 'manual' AND r.given_at = u.updated_at AND r.ends_at IS NULL":                "3",
		"SELECT count(*) FROM users WHERE NOT email_verified AND next_end IS NULL":                                                                                        "3",
	} {
		if got := dbtest.Rows(t, place, query)[0][0]; got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if err := db.MigrateTo(t.Context(), place, 11); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, contents()); diff != "" {
		t.Errorf("back: %s", diff)
	}
	if r, err := db.Inspect(t.Context(), place, false); err != nil || len(r.Findings) > 0 || r.Schema != 11 {
		t.Errorf("back: %+v, %v", r, err)
	}
}

func rowsOf(t *testing.T, place, table string, columns []string) [][]string {
	t.Helper()
	list := `"` + strings.Join(columns, `", "`) + `"`
	return dbtest.Rows(t, place, "SELECT "+list+` FROM "`+table+`" ORDER BY `+list)
}
