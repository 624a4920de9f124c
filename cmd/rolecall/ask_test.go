package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/org/services"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// askable is a server with a few people and roles, and the file under it.
type askable struct{ db, url, token string }

// newAskable starts the server with more flags.
func newAskable(t *testing.T, flags ...string) askable {
	t.Helper()
	a := askable{db: dbtest.Place(t)}
	var made struct{ Token string }
	callJSON(t, &printedAccount{}, "", "user", "create", "--db", a.db, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	callJSON(t, &made, "", "token", "create", "--db", a.db, "--username", "ada", "--json")
	a.token = made.Token
	a.fill(t)
	server := start(t, nil, "", append([]string{"--db", a.db, "--http-address", "127.0.0.1:0"}, flags...)...)
	a.url = "http://" + server.wait(t, &server.log, `address=(\S+)`)
	return a
}

// fill adds grace, who holds the role reader, and a role that nobody holds.
func (a askable) fill(t *testing.T) {
	t.Helper()
	d, err := db.Open(t.Context(), a.db)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s := services.New(d, services.Options{})
	operator := s.Operator()
	home, err := s.Organization(t.Context(), operator, "default")
	if err != nil {
		t.Fatal(err)
	}
	role := func(name string, list ...rbac.Permission) error {
		_, err := s.PutRole(t.Context(), operator, org.In("default"), org.Given(org.RoleInput{Name: name, DisplayName: strings.ToUpper(name), Organization: list}))
		return err
	}
	read := rbac.Permission{ResourceType: "template", Action: "read"}
	deny := rbac.Permission{ResourceType: "template", Action: "delete", Negate: true}
	for _, do := range []func() error{
		func() error {
			_, err := s.CreateUser(t.Context(), operator, org.Given(org.NewUser{Username: "grace", Name: "Grace Hopper", Email: "grace@example.com", LoginType: org.LoginNone, OrganizationIDs: []uuid.UUID{home.ID}}))
			return err
		},
		func() error { return role("reader", read) },
		func() error { return role("reader", read, deny) },
		func() error { return role("spare", read, rbac.Permission{ResourceType: "license", Action: "read"}) },
		func() error {
			_, _, err := s.SetMemberRoles(t.Context(), operator, "default", "grace", org.Given(org.RolesInput{Roles: []string{"reader"}}))
			return err
		},
		func() error { return fillOthers(t, s, operator, home.ID) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
}

// fillOthers adds sue, a suspended member who holds the role reader, and tess, a template admin of the site.
func fillOthers(t *testing.T, s *services.Service, operator *org.Actor, home uuid.UUID) error {
	t.Helper()
	add := func(name string, homes ...uuid.UUID) error {
		_, err := s.CreateUser(t.Context(), operator, org.Given(org.NewUser{Username: name, Email: name + "@example.com", LoginType: org.LoginNone, OrganizationIDs: homes}))
		return err
	}
	if err := errors.Join(add("sue", home), add("tess", home)); err != nil {
		return err
	}
	if _, _, err := s.RemoveMember(t.Context(), operator, "default", "tess", nil); err != nil {
		return err
	}
	_, _, err := s.SetMemberRoles(t.Context(), operator, "default", "sue", org.Given(org.RolesInput{Roles: []string{"reader"}}))
	if err != nil {
		return err
	}
	if _, _, err := s.SetStatus(t.Context(), operator, "sue", org.StatusSuspended, nil); err != nil {
		return err
	}
	_, _, err = s.SetUserRoles(t.Context(), operator, "tess", org.Given(org.RolesInput{Roles: []string{"template-admin"}}))
	return err
}

// Every question gives the same answer from the file and from a server on it, as a table and as JSON.
func TestAsking(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	can := func(name string) string {
		resourceType, action, _ := strings.Cut(name, ":")
		return rbac.Default().Phrase(rbac.Permission{ResourceType: resourceType, Action: action})
	}
	tests := []struct {
		args string
		code int
		says []string // in the table
		json string   // in the JSON
	}{
		{"can-i delete template --org default --as grace", 1, []string{"No. Denied at the organization level.", "READER denies template:delete"}, `"verdict": "No. Denied`},
		{"can-i read --org default --as grace template", 0, []string{"Yes. Allowed at the organization level."}, `"answer": true`},
		{"can-i create template --org default --as grace --owner me", 0, []string{"own resources level"}, `"own": true`},
		{"can-i delete user", 0, []string{"Yes."}, `"answer": true`},
		{"can-i fly template", 2, nil, ""},
		{"who-can read template", 0, []string{"grace", "reader", "2 of 3 members can " + can("template:read") + "; 1 more is suspended; 1 person outside the organization can, by roles of the site."}, `"count": 2`},
		{"who-can ssh workspace", 0, []string{"1 of 3 members can " + can("workspace:ssh") + ".\n"}, `"total": 3`},
		{"who-can view_insights template", 0, []string{"1 of 3 members can " + can("template:view_insights") + "; 1 person", "Outside the organization:", "tess", "template-admin"}, `"outside": {`},
		{"explain grace delete template", 1, []string{"No. Grace Hopper cannot delete templates: READER denies it in the organization.", "deny  template:delete", "decides", "Allow READER to delete templates"}, `"explanation": {`},
		{"explain grace read template", 0, []string{"Yes. Grace Hopper can ", "Remove READER", "one change each"}, `"allowed": true`},
		{"permissions grace", 0, []string{"template:read", "reader", "denied", "own things", "every member has it"}, `"implied": true`},
		{"roles list --org default", 0, []string{"reader", "SPARE", "organization-admin", "built-in"}, `"assignable"`},
		{"roles list", 0, []string{"auditor", "owner"}, `"name": "owner"`},
		{"roles show reader --org default", 0, []string{"READER (reader)", "allow template:read", "deny  template:delete"}, `"negate": true`},
		{"roles history reader --org default", 0, []string{"VERSION", "2", "operator"}, `"version": 2`},
		{"roles diff reader --org default", 1, []string{"template:delete", "not set", "deny"}, `"to": "deny"`},
		{"roles diff reader --org default --version 2 --with-version 2", 0, []string{"No differences."}, `"differences": []`},
		{"roles diff reader spare --org default", 1, []string{"license:read", "allow"}, `"from": "deny"`},
		{"members list", 0, []string{"grace", "Grace Hopper", "reader"}, `"username": "grace"`},
		{"members list --q nobody", 0, []string{"USERNAME"}, `[]`},
		{"members list --source operator,scim:entra", 0, []string{"ENDS", "grace"}, `"username": "grace"`},
		{"members list --source manual", 0, []string{"USERNAME"}, `[]`},
		{"members list --ending 30d", 0, []string{"USERNAME"}, `[]`},
		{"members list --ending soon", 2, nil, ""},
		{"users list --source operator --ending 12h", 0, []string{"USERNAME"}, `[]`},
		{"users list --source somewhere", 2, nil, ""},
		{"lint", 1, []string{"unused", "spare", "no-effect", "license:read"}, `"rule": "unused"`},
		{"audit list --org default --q grace", 0, []string{"updated organization member grace", "roles"}, `"audit_logs"`},
		{"explain nobody read template", 2, nil, ""},
		{"explain grace fly template", 2, nil, ""},
		{"roles show nothing --org default", 2, nil, ""},
		{"members list --sort colour", 2, nil, ""},
		{"members list --org nowhere", 2, nil, ""},
		{"audit list --q colour:red", 2, nil, ""},
		{"can-i delete template --as grace", 2, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			sources := []struct {
				name string
				env  map[string]string
				args []string
			}{
				{"file", nil, []string{"--db", a.db}},
				{"server", map[string]string{"ROLECALL_TOKEN": a.token}, []string{"--url", a.url}},
				{"variables", map[string]string{"ROLECALL_TOKEN": a.token, "ROLECALL_URL": a.url + "/"}, nil},
			}
			var answers []any
			for _, source := range sources {
				args := append(strings.Fields(tt.args), source.args...)
				p := start(t, source.env, "", args...)
				if code := p.exit(t); code != tt.code {
					t.Fatalf("from the %s: exit code %d, want %d\n%s%s", source.name, code, tt.code, p.out.String(), p.log.String())
				}
				for _, text := range tt.says {
					if !strings.Contains(p.out.String(), text) {
						t.Errorf("from the %s: %q is not in\n%s", source.name, text, p.out.String())
					}
				}
				if tt.says == nil && (strings.Count(p.log.String(), "\n") != 1 || p.out.String() != "") {
					t.Errorf("from the %s: a failure must be one line: %q, %q", source.name, p.out.String(), p.log.String())
				}
				if tt.says == nil {
					continue
				}
				p = start(t, source.env, "", append(args, "--json")...)
				var v any
				if code := p.exit(t); code != tt.code || !strings.Contains(p.out.String(), tt.json) || json.Unmarshal([]byte(p.out.String()), &v) != nil {
					t.Errorf("from the %s as JSON: exit code %d, want %q in\n%s%s", source.name, code, tt.json, p.out.String(), p.log.String())
				}
				answers = append(answers, v)
			}
			// What is asked about others does not depend on who asks, if that is an owner.
			if len(answers) > 0 && !strings.HasPrefix(tt.args, "can-i") && !strings.HasPrefix(tt.args, "explain") {
				seen := cmpopts.IgnoreMapEntries(func(name string, _ any) bool { return name == "last_seen_at" }) // it moves on when a server is asked
				if diff := cmp.Diff(answers[0], answers[1], seen); diff != "" {
					t.Errorf("the file and the server differ\n%s", diff)
				}
			}
		})
	}
}

// Whatever roles a suspended account holds, the answer is no.
func TestSuspendedMayNothing(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	alter(t, a.db, "UPDATE users SET status = 'suspended' WHERE username = 'grace'; UPDATE revisions SET value = value + 1")
	for _, source := range []struct {
		env  map[string]string
		args []string
	}{
		{nil, []string{"--db", a.db}},
		{map[string]string{"ROLECALL_TOKEN": a.token}, []string{"--url", a.url}},
	} {
		for _, question := range []string{"can-i read template --org default --as grace", "explain grace read template"} {
			p := start(t, source.env, "", append(strings.Fields(question), source.args...)...)
			code, out := p.exit(t), p.out.String()
			want := "No. The account is suspended.\nWithout the suspension: Yes. "
			if strings.HasPrefix(question, "explain") {
				want = "No. Grace Hopper cannot see templates: the account is suspended. Without the suspension: Yes. "
			}
			if code != 1 || !strings.HasPrefix(out, want) {
				t.Errorf("%s %v: exit code %d: %s", question, source.args, code, out)
			}
		}
	}
}

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	code, out, _ := call(t, "", "audit", "verify", "--db", a.db)
	if code != 0 || !strings.Contains(out, "The trail is whole: ") {
		t.Errorf("exit code %d: %s", code, out)
	}
	dbtest.Unguard(t, a.db, "audit_logs")
	alter(t, a.db, "UPDATE audit_logs SET actor = 'mallory' WHERE seq = 2")
	code, out, _ = call(t, "", "audit", "verify", "--db", a.db)
	if code != 1 || !strings.Contains(out, "site: entry 2 (") {
		t.Errorf("after somebody changed a row: exit code %d: %s", code, out)
	}
}

func TestWhomToAsk(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "no.db")
	for _, tt := range []struct {
		env  map[string]string
		args string
		code int
		says string
	}{
		{nil, "members list --db " + missing, 2, "there is no database at"},
		{nil, "members list --url http://localhost:1 --db x.db", 2, "--db and --url exclude each other"},
		{nil, "members list --url http://localhost:1", 2, "ROLECALL_TOKEN is needed"},
		{nil, "members list --url localhost", 2, `"localhost" is not a URL`},
		{map[string]string{"ROLECALL_URL": "http://127.0.0.1:1", "ROLECALL_TOKEN": "x"}, "members list", 3, "connection refused"},
		{map[string]string{"ROLECALL_URL": "http://127.0.0.1:1"}, "members list --db " + missing, 2, "there is no database at"},
		{nil, "who-can read", 2, "TYPE is needed"},
		{nil, "who-can read template more", 2, `"more" is too much`},
		{nil, "roles", 2, "roles list"},
	} {
		p := start(t, tt.env, "", strings.Fields(tt.args)...)
		if code := p.exit(t); code != tt.code || !strings.Contains(p.log.String(), tt.says) {
			t.Errorf("%s: exit code %d, want %d with %q: %s", tt.args, code, tt.code, tt.says, p.log.String())
		}
	}
}

// The token goes to the server that was named, and to nobody whom that server names.
func TestTokenStaysWithTheServer(t *testing.T) {
	t.Parallel()
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else got %v", r.Header)
		_, _ = w.Write([]byte("[]"))
	}))
	defer thief.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Coder-Session-Token") != "secret" {
			t.Errorf("the server got %v", r.Header)
		}
		switch {
		case strings.Contains(r.URL.RawQuery, "elsewhere"):
			http.Redirect(w, r, thief.URL+r.URL.Path, http.StatusFound)
		case strings.Contains(r.URL.RawQuery, "here"):
			http.Redirect(w, r, "/api/v2/again", http.StatusFound)
		default:
			_, _ = w.Write([]byte("[]"))
		}
	}))
	defer server.Close()
	env := map[string]string{"ROLECALL_URL": server.URL, "ROLECALL_TOKEN": "secret"}
	for q, code := range map[string]int{"elsewhere": 3, "here": 0} {
		p := start(t, env, "", "members", "list", "--q", q)
		if got := p.exit(t); got != code || code == 3 && !strings.Contains(p.log.String(), "must not see the token") {
			t.Errorf("%s: exit code %d: %s", q, got, p.log.String())
		}
	}
}
