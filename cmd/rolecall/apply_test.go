package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/client"
)

// nightShift is a role file with every form: the short one with and without quotes, that of the API, and a list.
const nightShift = `
name: Night-Shift
organization: default
display_name: Night shift
organization_permissions:
  - workspace:read,ssh
  - !workspace:delete
  - '!workspace:stop, start'
  - {resource_type: template, action: read, negate: false}
---
- name: help-desk
  site_permissions: ["user:read"]
  user_permissions: ["workspace:read"]
- {"name": "idle", "organization": "default"}
`

// TestRolesApply applies files to a server and to its database in turn.
func TestRolesApply(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	steps := []struct {
		args, in string
		code     int
		says     []string
	}{
		{"-f - --dry-run", nightShift, 1, []string{"Create night-shift of default", "workspace:delete: not set → deny", "workspace:stop: not set → deny", "workspace:read (own things): not set → allow", "Create idle of default", "Roles: 3 to create."}},
		{"-f -", nightShift, 2, []string{"--yes is needed where no one can be asked: Make 3 changes?"}},
		{"-f - --yes", nightShift, 0, []string{"Roles: 3 created."}},
		{"-f - --dry-run", nightShift, 0, []string{"Roles: 3 the same."}},
		{"-f -", nightShift, 0, []string{"Roles: 3 the same."}},
		{"-f - --yes --org default", "name: reader\ndisplay_name: Reader\norganization_permissions: ['template:read', 'workspace:read']", 0, []string{
			"Change reader of default", `display name "READER" → "Reader"`, "template:delete: deny → not set", "workspace:read: not set → allow", "2 members are concerned, 2 would gain", "gain  workspace:read", "grace", "Roles: 1 changed.",
		}},
		{"-f - --dry-run --prune", "name: reader\norganization: default\norganization_permissions: ['template:read', 'workspace:read']\ndisplay_name: Reader", 1, []string{"Delete idle of default", "Delete night-shift of default", "Roles: 3 to delete, 1 the same."}},
		{"-f - --yes --prune --org default", "[]", 0, []string{"Delete reader of default", "lose", "Roles: 4 deleted."}},
		{"-f - --prune --org default", "", 0, []string{"No roles."}},
		{"-f - --dry-run --org nowhere --prune", "", 2, []string{`standard input:1: there is no organization "nowhere"`}},
		{"-f nowhere.yaml", "", 2, []string{"there is no file nowhere.yaml"}},
		{"", "", 2, []string{"--file is needed"}},
	}
	for i, step := range steps {
		source, env := []string{"--url", a.url}, map[string]string{tokenVariable: a.token}
		if i%2 == 1 {
			source, env = []string{"--db", a.db}, nil
		}
		p := start(t, env, step.in, slices.Concat([]string{"roles", "apply"}, strings.Fields(step.args), source)...)
		if code := p.exit(t); code != step.code {
			t.Fatalf("%s: exit code %d, want %d\n%s%s", step.args, code, step.code, p.out.String(), p.log.String())
		}
		for _, text := range step.says {
			if told := p.out.String() + p.log.String(); !strings.Contains(told, text) {
				t.Errorf("%s: %q is not in\n%s", step.args, text, told)
			}
		}
	}
}

// Everything that is wrong with a file is told at once, with its line, and nothing is changed.
func TestRolesApplyFaults(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	tests := []struct{ file, says string }{
		{`name: fine
organization: default
organization_permissions: ['template:read']
---
name: night-shift
organization: default
display_nam: Night shift
organization_permissions:
  - workspce:read,ssh
  - workspace:raed
  - "!*:fly"
  - {resource_type: workspace, action: shh, negat: true}
  - template:read
  - "!template:read"
  - nothing
---
- name: help-desk
  site_permissions: ["user:reed"]
- name: Help-Desk
  site_permissions:
- {name: owner, site_permissions: []}
- {name: x}
- {name: y, organization: nowhere}
- {name: z, organization: default, user_permissions: ['user:read']}
- {name: w, site_permissions: [], organization_permissions: ['user:read']}
- name: v
  name: v
  organization: default
  organization_member_permissions: ['user:read']
- just text
- {site_permissions: []}
- {name: u, organization: default, built_in: true}
- {name: s, site_permissions: user:read}
`, `standard input:7: there is no key "display_nam"; did you mean display_name?
standard input:9: invalid resource type "workspce"; did you mean workspace?
standard input:10: invalid action "raed" for resource "workspace"; did you mean workspace:read?
standard input:11: invalid action "fly" for resource "*"
standard input:12: there is no key "negat"; did you mean negate?
standard input:12: invalid action "shh" for resource "workspace"; did you mean workspace:ssh?
standard input:14: template:read is both allowed and denied
standard input:15: "nothing" is no permission like organization_member:read,update or !organization_member:delete
standard input:18: invalid action "reed" for resource "user"; did you mean user:read?
standard input:19: Help-Desk is here twice
standard input:21: owner is built in and cannot be changed
standard input:22: organization is needed, here or with --org; a role of the site has site_permissions, which may be []
standard input:23: there is no organization "nowhere"
standard input:24: z: user_permissions: organization scoped roles may not contain user permissions
standard input:25: w: organization_permissions: site wide roles may not contain organization specific permissions
standard input:27: name is here twice
standard input:29: organization_member_permissions must be empty
standard input:30: this is no role: keys like name and organization_permissions are needed
standard input:31: name is needed
standard input:32: a built-in role cannot be changed: leave it out
standard input:33: a list is needed, like - organization_member:read,update
`},
		{"name: a\norganization: default\norganization_permissions: [*:read]\n", "what begins with * needs quotes"},
		{"name: [\n", "standard input:"},
		{"name: ba d\norganization: default\n", "ba d: name: Validation failed"},
	}
	for _, tt := range tests {
		code, out, log := call(t, tt.file, "roles", "apply", "-f", "-", "--yes", "--db", a.db)
		if code != exitUsage || out != "" || !strings.Contains(log, tt.says) {
			t.Errorf("exit code %d, %s\n%s", code, out, cmp.Diff(tt.says, strings.TrimPrefix(log, "rolecall: ")))
		}
	}
	if code, out, _ := call(t, "", "roles", "export", "fine", "--org", "default", "--db", a.db); code != exitUsage {
		t.Errorf("a role of a file with faults was stored: %s", out)
	}
}

// What export writes, and what the API answers, is the same when it is applied.
func TestRolesExportApply(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	if code, _, log := call(t, nightShift, "roles", "apply", "-f", "-", "--yes", "--db", a.db); code != 0 {
		t.Fatal(log)
	}
	// A permission that a catalog has no more stays, and may be written back.
	alter(t, a.db, `UPDATE role_permissions SET action = 'telnet' WHERE action = 'ssh'; UPDATE revisions SET value = value + 1`)
	for _, export := range []string{
		"roles export --org default", "roles export --org default -o json", "roles export --org default -o yaml", "roles export", "roles export help-desk",
		"roles show reader --org default --json", "roles show help-desk -o yaml", "roles export night-shift --org default",
	} {
		code, out, log := call(t, "", append(strings.Fields(export), "--db", a.db)...)
		if code != 0 || strings.Contains(out, "night-shift") && !strings.Contains(out, "telnet") {
			t.Fatalf("%s: exit code %d, %s%s", export, code, out, log)
		}
		p := start(t, map[string]string{tokenVariable: a.token}, out, "roles", "apply", "-f", "-", "--url", a.url)
		if code := p.exit(t); code != 0 || !strings.Contains(p.out.String(), "the same.") || strings.Contains(p.out.String(), "changed") {
			t.Errorf("%s | roles apply: exit code %d, %s%s\n%s", export, code, p.out.String(), p.log.String(), out)
		}
	}
	for _, name := range []string{"raeder", "owner", "organization-admin"} {
		if code, out, log := call(t, "", "roles", "export", name, "--org", "default", "--db", a.db); code != exitUsage || out != "" {
			t.Errorf("roles export %s: exit code %d, %s%s", name, code, out, log)
		}
	}
}

// meddler passes requests to a server, and does something before the first change.
func meddler(t *testing.T, server string, meddle func()) string {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	var done atomic.Bool
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && !r.URL.Query().Has("dry_run") && done.CompareAndSwap(false, true) {
			meddle()
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Nobody's change is overwritten: what differs from what was compared is refused.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	edit := "roles edit reader --allow workspace:read --org default"
	tests := []struct{ command, in, meanwhile string }{
		{"roles apply -f - --yes", "{name: reader, organization: default}", edit},
		{"roles apply -f - --yes", "{name: fresh, organization: default}", "roles create fresh --org default"},
		{"roles apply -f - --yes --prune", "{name: reader, organization: default, display_name: READER, organization_permissions: ['template:read', '!template:delete', 'workspace:read']}", "roles edit spare --allow workspace:read --org default"},
		{"roles edit reader --display-name Mine --org default", "", "roles edit reader --display-name Theirs --org default"},
		{"members give grace spare", "", "members set-roles grace organization-auditor"},
		{"members take grace organization-auditor", "", "members set-roles grace reader"},
		{"members bulk --role reader --add-role spare --yes", "", "members take sue reader"},
	}
	for _, tt := range tests {
		through := meddler(t, a.url, func() {
			if code, _, log := call(t, "", append(strings.Fields(tt.meanwhile), "--db", a.db)...); code != 0 {
				t.Errorf("%s: %s", tt.meanwhile, log)
			}
		})
		p := start(t, map[string]string{tokenVariable: a.token}, tt.in, append(strings.Fields(tt.command), "--url", through)...)
		if code := p.exit(t); code != exitFailed || p.out.String() != "" {
			t.Errorf("%s after %s: exit code %d, %s%s", tt.command, tt.meanwhile, code, p.out.String(), p.log.String())
		}
	}
	c := client.Client{BaseURL: a.url, Token: a.token}
	r, err := c.Role(t.Context(), client.In("default"), "reader")
	if err != nil || r.DisplayName != "Theirs" || len(r.Organization) != 3 {
		t.Errorf("the role is %+v, %v", r, err)
	}
}

// The sample files apply to a new installation.
func TestSampleRoles(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	files, err := filepath.Glob("../../examples/roles/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		code, out, log := call(t, "", "roles", "apply", "-f", file, "--yes", "--db", a.db)
		if code != 0 || !strings.Contains(out, "created") {
			t.Errorf("%s: exit code %d, %s%s", file, code, out, log)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(f)
		f.Close()
		if !strings.HasPrefix(string(text), "#") {
			t.Errorf("%s does not say what it is", file)
		}
	}
}
