package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/client"
	"rolecall.example/db/dbtest"
)

// changeRow is a command that writes, and the request that does the same.
type changeRow struct{ command, in, method, path, body string }

var changeRows = []changeRow{
	{"organizations create lab --display-name Lab", "", "POST", "/organizations", `{"name":"lab","display_name":"Lab"}`},
	{"organizations edit lab --description things", "", "PATCH", "/organizations/lab", `{"description":"things"}`},
	{"users create --username zed --service-account --organization lab", "", "POST", "/users", `{"username":"zed","service_account":true,"login_type":"none","organization_ids":["$lab"]}`},
	{"members add zed", "", "POST", "/organizations/default/members/zed", ""},
	{"members add tess nobody zed", "", "POST", "/organizations/default/members", `{"action":"add","users":["tess","nobody","zed"]}`},
	{"members add zed", "", "POST", "/organizations/default/members/zed", ""}, // refused: it is one
	{"roles create night --allow template:read --org default", "", "PUT", "/organizations/default/members/roles", `{"name":"night","organization_permissions":[{"resource_type":"template","action":"read"}]}`},
	{"roles edit night --deny workspace:delete --display-name Night --org default", "", "PUT", "/organizations/default/members/roles", `{"name":"night","display_name":"Night","organization_permissions":[{"resource_type":"template","action":"read"},{"resource_type":"workspace","action":"delete","negate":true}]}`},
	{"roles apply -f - --yes", "{name: night, organization: default, organization_permissions: ['workspace:read']}", "PUT", "/organizations/default/members/roles", `{"name":"night","organization_permissions":[{"resource_type":"workspace","action":"read"}]}`},
	{"roles apply -f - --yes", "{name: desk, site_permissions: ['user:read']}", "PATCH", "/users/roles", `{"name":"desk","site_permissions":[{"resource_type":"user","action":"read"}]}`},
	{"roles restore night 1 --org default", "", "POST", "/organizations/default/members/roles/night/restore", `{"restore":1}`},
	{"members give zed night", "", "PUT", "/organizations/default/members/zed/roles", `{"roles":["night"]}`},
	{"members give zed spare night", "", "PUT", "/organizations/default/members/zed/roles", `{"roles":["night","spare"]}`},
	{"members take zed spare", "", "PUT", "/organizations/default/members/zed/roles", `{"roles":["night"]}`},
	{"members set-roles zed reader spare", "", "PUT", "/organizations/default/members/zed/roles", `{"roles":["reader","spare"]}`},
	{"members bulk --role spare --replace-role spare --with night --yes", "", "POST", "/organizations/default/members?role=spare", `{"action":"replace-role","role":"spare","with":"night","all":true}`},
	{"undo $last", "", "POST", "/audit/$last/undo", ""},
	{"members bulk --role spare --remove-role spare --yes", "", "POST", "/organizations/default/members?role=spare", `{"action":"remove-role","role":"spare","all":true}`},
	{"undo $last", "", "POST", "/audit/$last/undo", ""},
	{"roles delete night --org default --yes", "", "DELETE", "/organizations/default/members/roles/night", ""},
	{"undo $last", "", "POST", "/audit/$last/undo", ""},
	{"roles delete night --org default --yes", "", "DELETE", "/organizations/default/members/roles/night", ""},
	{"users set-roles zed auditor", "", "PUT", "/users/zed/roles", `{"roles":["auditor"]}`},
	{"users suspend zed --yes", "", "PUT", "/users/zed/status/suspend", ""},
	{"users activate zed", "", "PUT", "/users/zed/status/activate", ""},
	{"users suspend zed tess --yes", "", "POST", "/users/selection", `{"action":"suspend","users":["zed","tess"]}`},
	{"undo $last --batch", "", "POST", "/audit/$last/undo/batch", ""},
	{"members remove zed --yes", "", "DELETE", "/organizations/default/members/zed", ""},
	{"members remove tess nobody --yes", "", "POST", "/organizations/default/members", `{"action":"remove","users":["tess","nobody"]}`},
	{"users delete zed --yes", "", "DELETE", "/users/zed", ""},
	{"organizations delete default --yes", "", "DELETE", "/organizations/default", ""}, // refused
}

// A command leaves the entries that its request leaves, on a file as on a server.
func TestCommandsLeaveTheEntriesOfRequests(t *testing.T) {
	t.Parallel()
	want := entriesOf(t, "documented", func(a askable, c *client.Client, row changeRow) {
		body := strings.ReplaceAll(row.body, "$lab", labOf(t, c, row.body))
		req, err := http.NewRequestWithContext(t.Context(), row.method, a.url+"/api/v2"+strings.ReplaceAll(row.path, "$last", last(t, c).ID.String()), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Coder-Session-Token", a.token)
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if text, _ := io.ReadAll(res.Body); res.StatusCode >= 400 && !strings.Contains(string(text), "already an organization member") && !strings.Contains(string(text), "cannot be deleted") {
			t.Fatalf("%s %s: %d %s", row.method, row.path, res.StatusCode, text)
		}
	})
	for source, wire := range map[string]string{"file": "documented", "server": "documented", "other server": "sdk"} {
		got := entriesOf(t, wire, func(a askable, c *client.Client, row changeRow) {
			env, flags := map[string]string{}, []string{"--db", a.db}
			if source != "file" {
				env, flags = map[string]string{tokenVariable: a.token}, []string{"--url", a.url}
			}
			args := strings.Fields(strings.ReplaceAll(row.command, "$last", last(t, c).ID.String()))
			p := start(t, env, row.in, append(args, flags...)...)
			if code := p.exit(t); code != 0 && !strings.Contains(p.log.String(), "already") && !strings.Contains(p.log.String(), "refused for 1") && !strings.Contains(p.log.String(), "refused for 2") && !strings.Contains(p.log.String(), "cannot be deleted") {
				t.Fatalf("%s: exit code %d, %s", row.command, code, p.log.String())
			}
		})
		if source == "file" { // what the operator gives says so, and nothing else of it differs
			for _, list := range got {
				for i, entry := range list {
					list[i] = strings.ReplaceAll(entry, `"source":"operator"`, `"source":"manual"`)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the %s has other entries than requests leave:\n%s", source, diff)
		}
	}
}

// labOf returns the id of the organization lab if text asks for it.
func labOf(t *testing.T, c *client.Client, text string) string {
	t.Helper()
	if !strings.Contains(text, "$lab") {
		return ""
	}
	o, err := c.Organization(t.Context(), "lab")
	if err != nil {
		t.Fatal(err)
	}
	return o.ID.String()
}

func last(t *testing.T, c *client.Client) client.AuditEntry {
	t.Helper()
	got, err := c.Audit(t.Context(), client.AuditQuery{Limit: 1})
	if err != nil || len(got.Entries) == 0 {
		t.Fatal(err)
	}
	return got.Entries[0]
}

// entriesOf makes the changes in a new world, and returns what the trail tells of each, without ids and times.
func entriesOf(t *testing.T, wire string, do func(askable, *client.Client, changeRow)) map[string][]string {
	t.Helper()
	a := newAskable(t, "--wire", wire)
	c := &client.Client{BaseURL: a.url, Token: a.token}
	changing := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|20\d\d-[0-9T:.-]+Z`)
	entries := map[string][]string{}
	for i, row := range changeRows {
		since := last(t, c).Seq
		do(a, c, row)
		got, err := c.Audit(t.Context(), client.AuditQuery{After: since, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Entries {
			diff, err := json.Marshal(e.Diff)
			if err != nil {
				t.Fatal(err)
			}
			if e.Action == "create" && e.ResourceType == "organization_member" && e.ResourceTarget == "ada" {
				continue // who makes an organization is in it; the operator is nobody
			}
			key := strings.Join([]string{string(rune('a' + i)), row.command}, " ")
			text := strings.Join([]string{e.Action, e.ResourceType, e.ResourceTarget, http.StatusText(e.StatusCode), e.Description, string(diff)}, " | ")
			entries[key] = append(entries[key], changing.ReplaceAllString(text, "…"))
		}
	}
	return entries
}

// Names come from operands, files and standard input; comments and empty lines are none. What is called wrongly, refused or
// only foreseen has an exit code and a message of its own.
func TestChanges(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	for _, name := range []string{"n1", "n2", "n3", "n4"} {
		if code, _, log := call(t, "", "users", "create", "--username", name, "--service-account", "--db", a.db); code != 0 {
			t.Fatal(log)
		}
	}
	if code, _, log := call(t, "", "organizations", "create", "lab", "--db", a.db); code != 0 {
		t.Fatal(log)
	}
	file := filepath.Join(t.TempDir(), "names")
	if err := os.WriteFile(file, []byte("# new ones\nn2\n\n  n3 # late\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, log := call(t, "n4\n", "members", "add", "n1", "-", "--file", file, "--org", "lab", "--db", a.db, "--quiet")
	if lines := strings.Fields(out); code != 0 || !cmp.Equal(slices.Sorted(slices.Values(lines)), []string{"n1", "n2", "n3", "n4"}) {
		t.Errorf("exit code %d, %s%s", code, out, log)
	}
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"members add --org lab", 2, "USER or --file is needed"},
		{"members add n1 grace --org lab", 3, "refused for 1 of 2 users"},
		{"members add ghost --org lab", 2, "existing uuid or username"},
		{"members add -f nowhere --org lab", 2, "there is no file nowhere"},
		{"members remove n1 n2 --org lab --if-match x --yes", 2, "--if-match is about one USER"},
		{"members remove n1 --org lab --if-match x --yes", 3, "Someone else changed this"},
		{"members remove n1 n2 --org lab --dry-run", 0, "would be removed"},
		{"members remove n1 --org lab --dry-run", 0, "1 member is concerned"},
		{"members remove n1 n2 --org lab", 2, "--yes is needed where no one can be asked: Remove 2 members?"},
		{"members bulk --org lab", 2, "one of --add-role, --remove-role, --replace-role and --remove is needed"},
		{"members bulk --remove --org lab", 2, "names, a filter or --all is needed"},
		{"members bulk n1 --all --remove --org lab", 2, "exclude each other"},
		{"members bulk n1 --add-role a --remove-role b --org lab", 2, "one of --add-role"},
		{"members bulk n1 --replace-role a --org lab", 2, "--replace-role and --with go together"},
		{"members bulk --all --remove --expect 7 --yes --org lab", 3, "It was about 7 members"},
		{"members bulk --all --add-role nothing --yes --org lab", 2, "is not a role of"},
		{"members bulk --q n --except n4 --add-role organization-auditor --yes --org lab", 0, "got organization-auditor"},
		{"members bulk --role organization-auditor --add-role organization-auditor --org lab", 0, "unchanged"},
		{"members bulk --role organization-auditor --remove --expect 3 --dry-run --org lab", 0, "3 members are concerned"},
		{"members set-roles n1 organization-auditor --if-match x --org lab", 3, "Someone else changed these"},
		{"members set-roles n1 --dry-run --org lab", 0, "lose  "},
		{"members take n1 organization-member --org lab", 2, "is the membership itself"},
		{"organizations edit lab --name lab2 --if-match x", 3, "Someone else changed this"},
		{"organizations edit lab", 2, "a flag with something to change is needed"},
		{"organizations delete lab --yes", 2, ""},
		{"roles create r --own --allow workspace:read --org lab", 2, "--own is of roles of the site"},
		{"roles create r --allow !workspace:read --org lab", 2, "--deny denies"},
		{"roles create r --allow workspace --org lab", 2, "is no permission like"},
		{"roles create r --allow workspace:raed --org lab", 2, "did you mean workspace:read?"},
		{"roles create spare --allow workspace:read --org default", 3, "exists already"},
		{"roles edit organization-admin --allow workspace:read --org lab", 2, "is built in and cannot be changed"},
		{"roles edit reader --display-name R --org default --if-match x", 3, "Someone else changed this"},
		{"roles restore reader 9 --org default", 2, ""},
		{"roles restore reader 1 --org default --dry-run", 0, "gain  template:delete (own)"},
		{"roles restore reader x --org default", 2, "is no number of a version"},
		{"roles delete reader --org default --dry-run", 0, "lose  template:read"},
		{"users set-roles grace auditor --dry-run", 0, "gain  "},
		{"users set-roles grace nothing --dry-run", 2, "nothing"},
		{"users set-roles grace --dry-run", 0, "0 would gain or lose"}, // so the dry run before gave her nothing
		{"users suspend grace --yes --if-match x", 3, "Someone else changed this"},
		{"users delete ada --yes", 2, ""},
		{"users suspend", 2, "USER, --file or --q is needed"},
		{"users suspend n1 --q n", 2, "names and --q exclude each other"},
		{"users suspend n1 n2 --except n2 --yes", 2, "--except goes with --q"},
		{"users suspend n1 n2 --if-match x --yes", 2, "--if-match is about one USER"},
		{"users suspend n1 n2", 2, "--yes is needed where no one can be asked: Suspend 2 accounts?"},
		{"users suspend n1 n2 --dry-run", 0, "would be suspended"},
		{"users suspend n1 --dry-run --json", 0, `"dry_run": true`},
		{"users suspend n1 ada --yes", 3, "refused for 1 of 2 users"},
		{"users activate --q status:suspended --quiet", 0, "n1"}, // so the dry runs before suspended nobody
		{"users activate n1 n2", 0, "unchanged"},
		{"users delete n1 n2 --dry-run", 0, "would be deleted"},
		{"undo 1 --batch --dry-run", 2, "--batch has no --dry-run"},
		{"tokens list", 2, "--username is needed"},
		{"tokens list --all", 2, "--all asks a server"},
		{"tokens revoke ghost --username ada --yes", 2, ""},
		{"undo 1", 2, "can't be undone"},
		{"undo 99999", 2, "there is no entry 99999"},
		{"undo x", 2, "neither the number nor the id"},
	} {
		code, out, log := call(t, "", append(strings.Fields(tt.args), "--db", a.db)...)
		if code != tt.code || !strings.Contains(out+log, tt.says) {
			t.Errorf("%s: exit code %d, want %d and %q in\n%s%s", tt.args, code, tt.code, tt.says, out, log)
		}
	}
}

// TestTokensThatHaveEnded: tokens list has those that have ended with --expired alone, of a file as of a server.
func TestTokensThatHaveEnded(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	if code, _, log := call(t, "", "tokens", "create", "--username", "grace", "--name", "past", "--db", a.db); code != 0 {
		t.Fatal(log)
	}
	if _, err := dbtest.SQL(t, a.db).ExecContext(t.Context(), "UPDATE api_keys SET expires_at = ? WHERE name = 'past'", time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, source := range [][]string{{"--db", a.db}, {"--url", a.url}} {
		for flag, want := range map[string]bool{"--expired": true, "--expired=false": false} {
			p := start(t, map[string]string{tokenVariable: a.token}, "", append([]string{"tokens", "list", "--username", "grace", flag}, source...)...)
			if code := p.exit(t); code != 0 || strings.Contains(p.out.String(), "past") != want {
				t.Errorf("%s %s: exit code %d, want the token that has ended: %t\n%s%s", source, flag, code, want, p.out.String(), p.log.String())
			}
		}
	}
}
