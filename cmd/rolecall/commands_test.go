package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"rolecall.example/db/dbtest"
)

// commandRow is how TestEveryCommand calls a command.
type commandRow struct {
	// args come after the name. In them $n is another number in each run, $db the database, $url its server, $address
	// where that listens, $token a token for it, $dir a folder that is there, and $out what the last of runs printed.
	args string
	in   string   // standard input, with the same; of the commands before, too
	code int      // the exit code
	says string   // in the answer for people, or in the message of a failure, with the same
	json string   // in the JSON
	runs []string // commands before each run, with the same but $out
	file bool     // the database is a file, not on a server
	app  string   // the account that has an authenticator app before each run, with $n
}

// What many commands are about: an account that is a member of the default organization, an organization, and a role.
var (
	someone   = []string{"users create --username m$n --service-account --db $db"}
	somewhere = []string{"organizations create o$n --db $db"}
	invited   = []string{"invitations create new$n@example.com --org default --access-url https://roles.example.com --db $db"}
	aRole     = []string{"roles create r$n --allow template:read --org default --db $db"}
)

// everyCommand has a row for each command. The world is that of newAskable.
var everyCommand = map[string]commandRow{
	"users create":         {args: "--username made$n --email made$n@example.com", says: "shown this once", json: `"password"`},
	"users reset-password": {args: "--username p$n", says: "shown this once", json: `"password"`, runs: []string{"users create --db $db --username p$n --email p$n@example.com"}},
	"users reset-mfa":      {args: "--username p$n --yes", says: "p$n signs in with the password alone now.", json: `"username": "p`, runs: []string{"users create --db $db --username p$n --email p$n@example.com"}, app: "p$n"},
	"users list":           {args: "--sort -username --q e", says: "grace", json: `"username": "grace"`},
	"users show":           {args: "grace", says: "signs in by", json: `"username": "grace"`},
	"users give":           {args: "m$n auditor --until 30d", says: "m$n has auditor until", json: `"role": "auditor"`, runs: someone},
	"users take":           {args: "m$n auditor", says: "m$n has no role now.", json: `"roles": []`, runs: append(someone, "users give m$n auditor --db $db")},
	"users set-roles":      {args: "m$n auditor user-admin", says: "has auditor, user-admin now.", json: `"name": "user-admin"`, runs: someone},
	"users suspend":        {args: "m$n --yes", says: "is suspended now", json: `"status": "suspended"`, runs: someone},
	"users activate":       {args: "m$n", says: "is active now", json: `"status": "active"`, runs: append(someone, "users suspend m$n --yes --db $db")},
	"users offboard":       {args: "m$n --yes", says: "m$n was offboarded.", json: `"status": "suspended"`, runs: someone},
	"users delete":         {args: "m$n --yes", says: "was deleted", json: `"username": "m`, runs: someone},
	"tokens create":        {args: "--username grace --name t$n", says: "shown this once", json: `"token"`},
	"tokens list":          {args: "--username m$n", says: "t$n", json: `"token_name"`, runs: append(someone, "tokens create --username m$n --name t$n --db $db")},
	"tokens revoke":        {args: "t$n --username m$n --yes", says: "is revoked", json: `"token_name"`, runs: append(someone, "tokens create --username m$n --name t$n --db $db")},

	"invitations create": {args: "new$n@example.com --role organization-auditor --org default --access-url https://roles.example.com", says: "/invitations/0", json: `"link"`},
	"invitations list":   {args: "--org default --state open", says: "new$n@example.com", json: `"sent"`, runs: invited},
	"invitations resend": {args: "new$n@example.com --access-url https://roles.example.com", says: "/invitations/0", json: `"link"`, runs: invited},
	"invitations revoke": {args: "new$n@example.com --yes", says: "The invitation of new$n@example.com is revoked.", json: `"state"`, runs: invited},

	"organizations list":   {says: "default", json: `"name": "default"`},
	"organizations show":   {args: "default", says: "version", json: `"name": "default"`},
	"organizations create": {args: "o$n --display-name O$n", says: "was created", json: `"display_name": "O`},
	"organizations edit":   {args: "o$n --description things", says: "was changed", json: `"description": "things"`, runs: somewhere},
	"organizations delete": {args: "o$n --yes", says: "was deleted", json: `"name": "o`, runs: somewhere},

	"members add":       {args: "m$n --org o$n", says: "m$n is a member of o$n now.", json: `"user_id"`, runs: append(someone, somewhere...)},
	"members remove":    {args: "m$n --yes", says: "m$n is no longer a member of default.", json: `"username": "m`, runs: someone},
	"members give":      {args: "m$n organization-auditor", says: "m$n has organization-auditor now.", json: `"name": "organization-auditor"`, runs: someone},
	"members take":      {args: "m$n organization-auditor", says: "m$n has no role now.", json: `"roles": []`, runs: append(someone, "members give m$n organization-auditor --db $db")},
	"members set-roles": {args: "m$n organization-auditor", says: "m$n has organization-auditor now.", json: `"name": "organization-auditor"`, runs: someone},
	"members bulk":      {args: "m$n --add-role organization-auditor --yes", says: "got organization-auditor", json: `"done": [`, runs: someone},

	"roles create":  {args: "r$n --allow template:read,use --deny workspace:delete --org default", says: "r$n of default was created.", json: `"negate": true`},
	"roles edit":    {args: "r$n --unset template:read --allow template:use --org default", says: "was changed", json: `"action": "use"`, runs: aRole},
	"roles delete":  {args: "r$n --org default --yes", says: "was deleted", json: `"action": "read"`, runs: aRole},
	"roles restore": {args: "r$n 1 --org default", says: "is as in version 1 again", json: `"action": "read"`, runs: append(aRole, "roles edit r$n --deny template:read --org default --db $db")},
	"roles export":  {args: "r$n --org default", says: "- template:read", json: `"template:read"`, runs: aRole},
	"roles apply":   {args: "-f - --yes", in: "{name: r$n, organization: default, organization_permissions: [template:read]}", says: "Roles: 1 created.", json: `"change": "create"`},
	"undo":          {args: "$out", says: "was undone", json: `"roles": []`, runs: append(someone, "members give m$n organization-auditor --db $db", "audit list --org default --q m$n --limit 1 --quiet --db $db")},

	"sync test": {args: "--provider default --claims -", in: `{"groups":["eng"]}`, says: "Nothing changes", json: `"unmatched": []`},

	"catalog check":    {args: "../../examples/catalogs/expenses.yaml", says: "expenses sha256:", json: `"valid": true`},
	"catalog show":     {says: "organization_member", json: `"built_in_roles": [`},
	"catalog versions": {says: "VERSION", json: `"version": 1`},
	"catalog diff":     {args: "../../examples/catalogs/expenses.yaml --replace", code: exitNo, says: "invoice:pay", json: `"kind": "added"`},
	"catalog apply":    {args: "../../examples/catalogs/expenses.yaml --replace --dry-run", code: exitNo, says: "invoice:pay", json: `"in_use": [`},
	"catalog rollback": {args: "1 --dry-run", says: "No differences.", json: `"changes": [`},
	"catalog export":   {args: "../../examples/catalogs/expenses.yaml --format ts", says: `| "invoice:pay"`},
	"test":             {args: "../../examples/catalogs/expenses.test.yaml", says: "9 tests, 0 failed"},

	"backup":        {args: "$dir/backup$n.db --db $db", says: "organization_members", json: `"backup"`, file: true},
	"restore":       {args: "$dir/from$n.db --db $dir/to$n.db", says: "restored", json: `"restored"`, file: true, runs: []string{"backup $dir/from$n.db --db $db"}},
	"check":         {args: "--db $db", says: "dead permissions", json: `"dead": {`},
	"recover-owner": {args: "--db $db --username boss$n --email boss$n@example.com", says: "shown this once", json: `"password"`},
	"keys list":     {args: "--db $db", says: "signing", json: `"state": "signing"`},
	"keys rotate":   {args: "--db $db", says: " signs from ", json: `"kid"`},
	"copy":          {args: "--from $dir/from$n.db --to postgres://127.0.0.1:1/x", code: exitFailed, says: "nothing was copied", file: true, runs: []string{"backup $dir/from$n.db --db $db"}},

	"can-i":         {args: "read template --org default --as grace", says: "Yes.", json: `"answer": true`},
	"who-can":       {args: "read template", says: "grace", json: `"allowed_by"`},
	"explain":       {args: "grace delete template", code: exitNo, says: "No. Grace Hopper cannot delete templates", json: `"allowed": false`},
	"permissions":   {args: "grace", says: "template:read", json: `"implied": true`},
	"members list":  {says: "grace", json: `"username": "grace"`},
	"roles list":    {args: "--org default", says: "reader", json: `"assignable"`},
	"roles show":    {args: "reader --org default", says: "allow template:read", json: `"negate": true`},
	"roles history": {args: "reader --org default", says: "VERSION", json: `"version": 2`},
	"roles deleted": {args: "--org default", says: "r$n", json: `"entry_id"`, runs: append(aRole, "roles delete r$n --org default --yes --db $db")},
	"roles diff":    {args: "reader --org default", code: exitNo, says: "template:delete", json: `"to": "deny"`},
	"lint":          {code: exitNo, says: "no-effect", json: `"rule": "no-effect"`},
	"audit list":    {says: "operator", json: `"audit_logs"`},
	"audit verify":  {args: "--db $db", says: "The trail is whole", json: `"broken": ""`},
	"audit export":  {args: "$dir/audit-$n.jsonl --db $db", says: "root sha256:", json: `"root"`},
	"audit prune":   {args: "--before 2020-01-01 --dry-run --db $db", says: "Nothing from before 2020-01-01", json: `"dry_run": true`},
	"audit root":    {args: "--db $db", says: "sha256:", json: `"hash"`},

	"login":           {args: "$url --name c$n", in: "$token\n", says: "as ada", json: `"user": "ada"`},
	"logout":          {args: "c$n", says: "is forgotten", json: `"forgotten"`, runs: []string{"login $url --name c$n"}, in: "$token"},
	"contexts list":   {says: "127.0.0.1", json: `"current": true`, runs: []string{"login $url"}, in: "$token"},
	"contexts use":    {args: "c$n", says: "as ada", json: `"current": true`, runs: []string{"login $url --name c$n"}, in: "$token"},
	"contexts remove": {args: "c$n", says: "is forgotten", json: `"forgotten"`, runs: []string{"login $url --name c$n"}, in: "$token"},
	"api":             {args: "GET /organizations/default", says: `"is_default":`},

	"config":      {says: "session-lifetime", json: `"variable": "ROLECALL_DB"`},
	"healthcheck": {args: "--http-address $address", says: "ok", json: `"status": "ok"`},
	"version":     {says: "rolecall " + upcoming + "-dev", json: `"arch"`},
	"completion":  {args: "bash", says: "__complete"},
	"man":         {args: "members list", says: ".TH"},
	"help":        {args: "members list", says: "--status"},
}

// ownTests are the commands that run until they are stopped, and their tests.
var ownTests = map[string]string{"serve": "TestServe", "demo": "TestDemo"}

// TestEveryCommand runs each command for people, in each format, from a server too, and into a full disk.
func TestEveryCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Nothing is at the provider: rules can be tried without it.
	w := world{askable: newAskable(t, "--access-url", "https://roles.example.com",
		"--oidc-issuer-url", "https://id.example.com", "--oidc-client-id", "rolecall", "--oidc-client-secret-file", secret, "--oidc-name", "Example"), dir: dir}
	commands := leaves(tree(&terminal{}))
	for name := range everyCommand {
		if !slices.Contains(commands, name) {
			t.Errorf("there is no command %s", name)
		}
	}
	for _, name := range commands {
		row, ok := everyCommand[name]
		switch {
		case ownTests[name] != "":
		case !ok:
			t.Errorf("%s has no row in everyCommand", name)
		case row.file && dbtest.OnServer():
		default:
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w.call(t, commandOf(name), row)
			})
		}
	}
}

// leaves returns the names of all commands that are no families.
func leaves(root *cobra.Command) (names []string) {
	for _, c := range root.Commands() {
		if below := leaves(c); below != nil {
			names = append(names, below...)
			continue
		}
		names = append(names, strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" "))
	}
	return names
}

// world is where commands are called.
type world struct {
	askable
	dir string
}

// runs numbers the runs of all commands.
var runs atomic.Int64

// prepare runs what comes before a run of the command, and fills in the words with a dollar.
func (w world) prepare(t *testing.T, row commandRow, env map[string]string) commandRow {
	t.Helper()
	words := []string{"$n", strconv.FormatInt(runs.Add(1), 10), "$dir", w.dir, "$db", w.db, "$url", w.url, "$address", strings.TrimPrefix(w.url, "http://"), "$token", w.token}
	first := strings.NewReplacer(words...)
	out := ""
	for _, before := range row.runs {
		p := start(t, env, first.Replace(row.in), strings.Fields(first.Replace(before))...)
		if code := p.exit(t); code != exitDone {
			t.Fatalf("%s: exit code %d, %s", before, code, p.log.String())
		}
		out = strings.TrimSpace(p.out.String())
	}
	if row.app != "" { // no command sets one up
		_, err := dbtest.SQL(t, w.db).ExecContext(t.Context(), "INSERT INTO totp (user_id, seed, last_step, created_at, confirmed_at) SELECT id, ?, 0, created_at, created_at FROM users WHERE username = ?",
			[]byte("sealed"), first.Replace(row.app))
		if err != nil {
			t.Fatal(err)
		}
	}
	fill := strings.NewReplacer(append([]string{"$out", out}, words...)...)
	row.args, row.in, row.says = fill.Replace(row.args), fill.Replace(row.in), fill.Replace(row.says)
	return row
}

// run calls the command once with a row that is prepared, and more arguments.
func (w world) run(t *testing.T, c *command, row commandRow, out io.Writer, env map[string]string, more ...string) (code int, log string) {
	t.Helper()
	args := slices.Concat(strings.Fields(c.name), strings.Fields(row.args), more)
	var errs bytes.Buffer
	code = run(t.Context(), args, env, strings.NewReader(row.in), out, &errs)
	return code, errs.String()
}

func (w world) call(t *testing.T, c *command, row commandRow) {
	sources := map[string][]string{"": nil}
	if slices.Contains(c.settings, "url") {
		sources = map[string][]string{"file": {"--db", w.db}, "server": {"--url", w.url}}
	}
	for source, flags := range sources {
		env := map[string]string{"HOME": t.TempDir()}
		if source == "server" {
			env[tokenVariable] = w.token
		}
		var out bytes.Buffer
		prepared := w.prepare(t, row, env)
		code, log := w.run(t, c, prepared, &out, env, flags...)
		if told := out.String() + log; code != row.code || !strings.Contains(told, prepared.says) {
			t.Errorf("%s %s: exit code %d, want %d and %q in\n%s", source, c.name, code, row.code, prepared.says, told)
		}
		if row.code > exitNo || source == "server" { // which prints what the file does: TestAsking compares
			continue
		}
		if !c.raw {
			w.formats(t, c, row, env, flags)
		}
		w.fullDisk(t, c, row, env, flags)
	}
}

// formats reads what a command prints in each format.
func (w world) formats(t *testing.T, c *command, row commandRow, env map[string]string, flags []string) {
	t.Helper()
	var v any
	for format, read := range map[string]func([]byte) error{
		"json": func(b []byte) error { return json.Unmarshal(b, &v) },
		"yaml": func(b []byte) error { return yaml.Unmarshal(b, &v) },
		"csv": func(b []byte) error {
			rows := csv.NewReader(bytes.NewReader(b))
			rows.FieldsPerRecord = -1
			_, err := rows.ReadAll()
			return err
		},
	} {
		var out bytes.Buffer
		code, log := w.run(t, c, w.prepare(t, row, env), &out, env, append(flags, "--output", format)...)
		if err := read(out.Bytes()); err != nil || code != row.code || out.Len() == 0 && format != "csv" {
			t.Errorf("%s %v --output %s: exit code %d, %v\n%s%s", c.name, flags, format, code, err, out.String(), log)
		}
		if format == "json" && !strings.Contains(out.String(), row.json) {
			t.Errorf("%s %v --json: %q is not in\n%s", c.name, flags, row.json, out.String())
		}
	}
	var out bytes.Buffer
	if code, log := w.run(t, c, w.prepare(t, row, env), &out, env, append(flags, "--quiet")...); code != row.code || strings.Contains(out.String(), "  ") {
		t.Errorf("%s %v --quiet: exit code %d, %s%s", c.name, flags, code, out.String(), log)
	}
}

// fullDisk runs a command whose answer cannot be written.
func (w world) fullDisk(t *testing.T, c *command, row commandRow, env map[string]string, flags []string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		return // not on this system
	}
	defer full.Close()
	code, log := w.run(t, c, w.prepare(t, row, env), full, env, flags...)
	if code != exitFailed || !strings.Contains(log, "could not be written") || !strings.Contains(log, "no space left") {
		t.Errorf("%s %v > /dev/full: exit code %d, %s", c.name, flags, code, log)
	}
}

// What a secret is for is not made if nobody could see the secret.
func TestSecretsAreNotLost(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	for _, tt := range []struct {
		room int    // how many bytes can be written
		says string // on standard error
	}{
		{-1, "nothing was done"},
		{0, "was taken back"},
		{20, "was taken back"},
	} {
		for _, command := range []string{"token create --username grace --name lost", "user create --username lost --email lost@example.com"} {
			var log bytes.Buffer
			code := run(t.Context(), append(strings.Fields(command), "--db", a.db), nil, nil, &smallDisk{tt.room}, &log)
			if code != exitFailed || !strings.Contains(log.String(), tt.says) {
				t.Errorf("%s with room for %d bytes: exit code %d, %s", command, tt.room, code, log.String())
			}
		}
	}
	for _, question := range []string{"SELECT count(*) FROM users WHERE username = 'lost'", "SELECT count(*) FROM api_keys WHERE name = 'lost'"} {
		var n int
		if err := dbtest.SQL(t, a.db).QueryRowContext(t.Context(), question).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", question, n, err)
		}
	}
}

// smallDisk has room for a number of bytes; -1: it refuses even none.
type smallDisk struct{ room int }

func (d *smallDisk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		return 0, fmt.Errorf("no space left")
	}
	d.room -= len(p)
	return len(p), nil
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table(&out, []string{"x\x1b[2J\n", "a terminal obeys nothing"})
	if out.String() != "x\ufffd[2J\ufffd  a terminal obeys nothing\n" {
		t.Errorf("the table is %q", out.String())
	}
	out.Reset()
	table(&out, []string{"NAME", "ROLE"}, []string{"李小龍", "reader"}, []string{"Zoë", "auditor"}, []string{"👩‍🚀", ""})
	const want = "NAME    ROLE\n李小龍  reader\nZoë     auditor\n👩‍🚀\n"
	if out.String() != want {
		t.Errorf("the table is\n%s, want\n%s", out.String(), want)
	}
}

// A spreadsheet computes nothing of what people typed.
func TestSheet(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	screen := &terminal{out: &sink{Writer: &out}, format: "csv"}
	if err := screen.print(report{head: []string{"DISPLAY NAME"}, rows: [][]string{{"=1+1"}, {"plain, text"}}}); err != nil {
		t.Fatal(err)
	}
	if want := "display_name\n'=1+1\n\"plain, text\"\n"; out.String() != want {
		t.Errorf("the sheet is %q, want %q", out.String(), want)
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		says string
	}{
		{"membrs list", "did you mean members?"},
		{"members lst", "did you mean members list?"},
		{"help roles shwo", "did you mean roles show?"},
		{"nope", `no command "nope"; see rolecall help`},
		{"members list --stauts active", "did you mean --status?"},
		{"members list -org x", "no flag -org; did you mean --org?"},
		{"members list --org x -status active", "no flag -status; did you mean --status?"},
		{"members list --status actve", "did you mean active?"},
		{"members list --sort usrname", "did you mean username?"},
		{"members list -o jsn", "did you mean json?"},
		{"serve --wire skd", "did you mean sdk?"},
		{"can-i dlete template --db $db", "did you mean delete?"},
		{"can-i delete templat --db $db", "did you mean template?"},
		{"members list --org defalt --db $db", `no organization "defalt" that you may see; did you mean default?`},
		{"members list --org nowhere --db $db", `no organization "nowhere" that you may see`},
		{"roles show audtor --db $db", `no role "audtor" that you may see; did you mean auditor?`},
		{"members give ada organization-admn --db $db", "did you mean organization-admin?"},
		{"explain aad delete template --db $db", "did you mean ada?"},
		{"--json members list", "flags come after the command, as in: rolecall members list --json"},
		{"members list --json -o yaml", "exclude each other"},
		{"members list -q -o yaml", "exclude each other"},
		{"members list --limit -1", "no number from 0"},
		{"audit list --limit 1001", "no number from 1 to 1000"},
	} {
		db := filepath.Join(t.TempDir(), "x.db")
		if strings.Contains(tt.args, "$db") {
			call(t, "", "user", "create", "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--db", db)
		}
		code, out, log := call(t, "", strings.Fields(strings.ReplaceAll(tt.args, "$db", db))...)
		if code != exitUsage || out != "" || !strings.Contains(log, tt.says) || strings.Count(log, "\n") != 1 {
			t.Errorf("rolecall %s: exit code %d, %s%s, want one line with %q", tt.args, code, out, log, tt.says)
		}
	}
}
