package main

import (
	"bytes"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogin goes through the life of stored logins.
func TestLogin(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	env := map[string]string{"XDG_CONFIG_HOME": filepath.Join(t.TempDir(), "made")}
	file := filepath.Join(env["XDG_CONFIG_HOME"], "rolecall", "logins.json")
	missing := filepath.Join(t.TempDir(), "no.db")
	for _, tt := range []struct {
		args string
		in   string
		env  map[string]string // besides
		code int
		says string
	}{
		{"members list --context nowhere", "", nil, 2, `there is no context "nowhere"`},
		{"login " + a.url, "", nil, 2, "a token is needed"},
		{"login " + a.url, "wrong\n", nil, 3, "You are signed out"},
		{"contexts list", "", nil, 0, "CURRENT"}, // and none, since the token was not stored
		{"logout", "", nil, 2, "there is no context in use"},
		{"login nonsense", a.token, nil, 2, `"nonsense" is not a URL`},
		{"login " + a.url + "/api/v2/ --name home", a.token + "\n", nil, 0, "Commands ask " + a.url + " as ada now (context home)."},
		{"members list", "", nil, 0, "grace"},
		{"members list --url " + a.url + "/", "", nil, 0, "grace"},
		{"members list", "", map[string]string{"ROLECALL_URL": a.url}, 0, "grace"},
		{"members list", "", map[string]string{"ROLECALL_URL": a.url, "ROLECALL_TOKEN": "wrong"}, 3, "You are signed out"},
		{"members list --url http://127.0.0.1:1", "", nil, 2, "ROLECALL_TOKEN is needed"},
		{"members list", "", map[string]string{"ROLECALL_DB": missing}, 2, "there is no database"},
		{"members list --db " + missing, "", nil, 2, "there is no database"},
		{"members list --db x --context home", "", nil, 2, "--db and --context exclude each other"},
		{"check --db " + a.db, "", nil, 0, "organization_members"},
		{"config", "", nil, 0, "context home"},
		{"config -o csv", "", nil, 0, "token,(not shown),context home"},
		{"login " + a.url + " --name other", a.token, nil, 0, "context other"},
		{"contexts list", "", nil, 0, "*        other"},
		{"contexts use hme", "", nil, 2, "did you mean home?"},
		{"contexts use home", "", nil, 0, "as ada"},
		{"contexts list -q", "", nil, 0, "home\nother\n"},
		{"members list", "", map[string]string{"ROLECALL_CONTEXT": "other"}, 0, "grace"},
		{"__complete members list --context=", "", nil, 0, "home\nother\n"},
		{"contexts remove other", "", nil, 0, "forgotten"},
		{"members list --context other", "", nil, 2, "there is no context"},
		{"logout --revoke", "", nil, 0, "forgotten"},
		{"contexts list -q", "", nil, 0, ""},
		{"login " + a.url, a.token, nil, 3, "API key is invalid"},
	} {
		with := map[string]string{}
		for _, set := range []map[string]string{env, tt.env} {
			for name, value := range set {
				with[name] = value
			}
		}
		p := start(t, with, tt.in, strings.Fields(tt.args)...)
		code, told := p.exit(t), p.out.String()+p.log.String()
		if code != tt.code || !strings.Contains(told, tt.says) || strings.Contains(told, a.token) {
			t.Errorf("rolecall %s, %v: exit code %d, want %d and %q in\n%s", tt.args, tt.env, code, tt.code, tt.says, told)
		}
		if text := read(t, file); strings.Contains(tt.args, "wrong") && text != "" {
			t.Errorf("rolecall %s stored %s", tt.args, text)
		}
	}
	private(t, file, 0o600)
	private(t, filepath.Dir(file), 0o700)
}

// A login remembers which certificates vouch for its server.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v2/users/me" {
			_, _ = w.Write([]byte(`{"username":"ada"}`))
			return
		}
		_, _ = w.Write([]byte(`[]`))
	}))
	defer server.Close()
	dir := t.TempDir()
	ca, empty := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "empty.pem")
	for name, text := range map[string][]byte{
		ca: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), empty: nil,
	} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"login " + server.URL, 3, "certificate"},
		{"login " + server.URL + " --ca-file " + empty, 2, "has no certificate"},
		{"login " + server.URL + " --ca-file " + ca, 0, "as ada"},
		{"members list", 0, "USERNAME"},
		{"members list --url " + server.URL, 0, "USERNAME"},
	} {
		p := start(t, map[string]string{"HOME": dir}, "token", strings.Fields(tt.args)...)
		if code, told := p.exit(t), p.out.String()+p.log.String(); code != tt.code || !strings.Contains(told, tt.says) {
			t.Errorf("rolecall %s: exit code %d, want %d and %q in\n%s", tt.args, code, tt.code, tt.says, told)
		}
	}
}

func TestAPICommand(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	body := filepath.Join(t.TempDir(), "role.json")
	if err := os.WriteFile(body, []byte(`{"name":"from-file","organization_permissions":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	const roles = "/organizations/default/members/roles"
	for _, tt := range []struct {
		args string
		in   string
		code int
		says string
	}{
		{"GET /organizations/default/members -f limit=1 -f sort=-username", "", 0, `"username":"sue"`},
		{"get organizations/default/paginated-members?limit=1 -F offset=1", "", 0, `"count":`},
		{"GET /api/v2/organizations", "", 0, `"is_default":true`},
		{"PUT " + roles + " --input " + body, "", 0, "from-file"},
		{"PUT " + roles + " --input -", `{"name":"from-stdin","organization_permissions":[]}`, 0, "from-stdin"},
		{`PUT ` + roles + ` -f name=from-fields -F organization_permissions=[]`, "", 0, "from-fields"},
		{`PUT ` + roles + ` -f name=from-fields -F organization_permissions=[] -H If-None-Match:*`, "", 3, "412"},
		{"PUT " + roles + " -f name=x -F organization_permissions=[", "", 2, "is no JSON"},
		{"PUT " + roles + " -f name", "", 2, "is not NAME=VALUE"},
		{"PUT " + roles + " -f name=x --input " + body, "", 2, "exclude each other"},
		{"PUT " + roles + " --input nowhere.json", "", 2, "no such file"},
		{"PUT " + roles + " -H x", "", 2, "is not NAME:VALUE"},
		{"GET /organizations/default -i", "", 0, "200 OK\nCache-Control:"},
		{"GET /nowhere", "", 2, "404 Not Found"},
		{"GET /organizations/nowhere", "", 2, `"message"`},
		{"DELETE /organizations/default/members/nobody", "", 2, `"message"`},
	} {
		for _, source := range [][]string{{"--db", a.db}, {"--url", a.url}} {
			args := append(append([]string{"api"}, strings.Fields(tt.args)...), source...)
			p := start(t, map[string]string{tokenVariable: a.token}, tt.in, args...)
			if code, told := p.exit(t), p.out.String()+p.log.String(); code != tt.code || !strings.Contains(told, tt.says) {
				t.Errorf("rolecall %q: exit code %d, want %d and %q in\n%s", args, code, tt.code, tt.says, told)
			}
		}
	}
}

// Lists are printed as they come; what they were in one piece, they are row by row.
func TestLists(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	for args, says := range map[string]string{
		"members list -q":                          "ada\ngrace\nsue\n",
		"members list -q --limit 1 --sort -name":   "grace\n",
		"members list --no-headers --q grace":      "grace  Grace Hopper  grace@example.com  reader    –\n",
		"members list --q grace -o csv":            "username,name,email,roles,site_roles,ends\ngrace,Grace Hopper,grace@example.com,reader,,–\n",
		"members list --q nobody -o csv":           "username,name,email,roles,site_roles,ends\n",
		"members list --q nobody -o yaml":          "[]\n",
		"members list --q nobody --json":           "[]\n",
		"audit list --all --format csv -q":         "",
		"audit list --all --no-headers --q tess":   "created user tess",
		"audit list --all --json --q tess":         `"resource_target": "tess"`,
		"members list --status suspended,dormant":  "sue",
		"roles list --org default -o csv --json=0": "name,display_name,kind,allows,denies\n",
	} {
		code, out, log := call(t, "", append(strings.Fields(args), "--db", a.db)...)
		if strings.Contains(args, "csv -q") {
			if code != exitUsage {
				t.Errorf("%s: exit code %d", args, code)
			}
			continue
		}
		if code != 0 || !strings.Contains(out, says) {
			t.Errorf("%s: exit code %d, want %q in\n%s%s", args, code, says, out, log)
		}
	}
}

// An answer that breaks off is a failure, whatever was printed of it.
func TestBrokenList(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"username":"ada"},`))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	for _, format := range formats {
		var out, log bytes.Buffer
		env := map[string]string{tokenVariable: "x"}
		code := run(t.Context(), []string{"members", "list", "--url", server.URL, "-o", format}, env, strings.NewReader(""), &out, &log)
		if code != exitFailed || strings.Contains(out.String(), "]") {
			t.Errorf("as %s: exit code %d, %s%s", format, code, out.String(), log.String())
		}
	}
}
