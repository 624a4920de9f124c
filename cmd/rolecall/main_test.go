package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/db/dbtest"
	"rolecall.example/web"
)

// program is one run of rolecall, in this process.
type program struct {
	out, log lockedBuffer
	stop     context.CancelFunc
	code     chan int
}

// lockedBuffer can be read while the program still writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start begins a run that goes on until it is stopped, at the end of the test at the latest.
func start(t *testing.T, env map[string]string, in string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &program{stop: cancel, code: make(chan int, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.code <- run(ctx, args, env, strings.NewReader(in), &p.out, &p.log)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return p
}

// leaveOut skips a test for want of something, and fails it where nothing may be left out.
func leaveOut(t *testing.T, why any) {
	t.Helper()
	if os.Getenv("ROLECALL_REQUIRE_ALL") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// patience is how long a test waits for what must come, however busy the machine is.
const patience = time.Minute

// exit is the exit code of the run, which must end soon.
func (p *program) exit(t *testing.T) int {
	t.Helper()
	select {
	case code := <-p.code:
		p.code <- code
		return code
	case <-time.After(patience):
		t.Fatalf("rolecall did not end; it said\n%s\n%s", p.out.String(), p.log.String())
		return -1
	}
}

// call runs a command to its end.
func call(t *testing.T, in string, args ...string) (code int, out, log string) {
	t.Helper()
	p := start(t, nil, in, args...)
	code = p.exit(t)
	return code, p.out.String(), p.log.String()
}

// wait gives what pattern captures, as soon as text has it.
func (p *program) wait(t *testing.T, text *lockedBuffer, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case code := <-p.code:
			p.code <- code
			deadline = time.Time{}
		default:
		}
		if m := re.FindStringSubmatch(text.String()); m != nil {
			return m[1]
		}
	}
	t.Fatalf("rolecall did not say %q; it said\n%s\n%s", pattern, p.out.String(), p.log.String())
	return ""
}

func TestCalledWrongly(t *testing.T) {
	t.Parallel()
	db := dbtest.Place(t)
	tests := []struct {
		env  map[string]string
		args []string
		says string
	}{
		{nil, []string{"nope"}, `there is no command "nope"`},
		{nil, []string{"user", "invent"}, `there is no command "users invent"; see rolecall help users`},
		{nil, []string{"help", "nope"}, `there is no command "nope"`},
		{nil, []string{"serve", "extra"}, `"extra" is too much`},
		{nil, []string{"--nope"}, "-nope"},
		{nil, []string{"--wire", "soap"}, `--wire: "soap" is neither`},
		{map[string]string{"ROLECALL_WIRE": "soap"}, nil, `ROLECALL_WIRE: "soap" is neither`},
		{nil, []string{"--http-address", "8080"}, `--http-address: "8080" is not an address`},
		{nil, []string{"--db", "postgres://u:s3cret/x@localhost:what/x"}, "--db: this is not a URL like postgres://"},
		{nil, []string{"backup", "x", "--db", "postgres://localhost/x"}, "pg_dump"},
		{nil, []string{"restore", "x", "--db", "postgres://localhost/x"}, "pg_restore"},
		{nil, []string{"--db", ""}, "--db: the name of a file"},
		{nil, []string{"--access-url", "example.com"}, `--access-url: "example.com" is not a URL`},
		{nil, []string{"--access-url", "https://example.com/base"}, "--access-url"},
		{nil, []string{"--trusted-proxies", "10.0.0.0/8,proxy"}, `--trusted-proxies: "proxy"`},
		{nil, []string{"--cors-origins", "https://app.example.com,https://app.example.com/"}, `--cors-origins: "https://app.example.com/" is not an origin`},
		{nil, []string{"--cors-origins", "*"}, `--cors-origins: "*" is not`},
		{nil, []string{"--cors-origins", "https://*.example.com"}, "is not an origin"},
		{nil, []string{"--cors-origins", "null"}, "is not an origin"},
		{nil, []string{"--cors-origins", "https://App.example.com"}, "is not an origin"},
		{nil, []string{"--cors-origins", "https://app.example.com:443"}, "leave out the usual port"},
		{map[string]string{"ROLECALL_H2C": "maybe"}, nil, "ROLECALL_H2C: true or false"},
		{nil, []string{"--log-format", "xml"}, `--log-format: "xml" is neither`},
		{map[string]string{"ROLECALL_HSTS_HOST_ONLY": "maybe"}, nil, "ROLECALL_HSTS_HOST_ONLY: true or false"},
		{nil, []string{"--session-lifetime", "5"}, `--session-lifetime: "5"`},
		{nil, []string{"--session-lifetime", "1s"}, "--session-lifetime"},
		{nil, []string{"--metrics-address", "9090"}, `--metrics-address: "9090"`},
		{nil, []string{"--rate-limit", "many"}, `--rate-limit: "many"`},
		{nil, []string{"--rate-limit", "-1"}, "--rate-limit"},
		{nil, []string{"--check-rate-limit", "5"}, `--check-rate-limit: "5"`},
		{nil, []string{"--setup-token", "guess me"}, "--setup-token: 16 characters"},
		{nil, []string{"--tls-cert-file", "cert.pem"}, "need each other"},
		{nil, []string{"--tls-cert-file", "no.pem", "--tls-key-file", "no.pem"}, "no.pem"},
		{nil, []string{"--http-address", ":0"}, "reachable from other machines"},
		{nil, []string{"demo", "--http-address", "0.0.0.0:0"}, "reachable from other machines"},
		{nil, []string{"demo", "--members", "1"}, "--members"},
		{nil, []string{"user", "create", "--username", "ada"}, "--username and --email are needed"},
		{nil, []string{"user", "create", "--username", "ada", "--email", "ada@example.com", "--db", db}, "--role owner"},
		{nil, []string{"user", "reset-password"}, "--username is needed"},
		{nil, []string{"token", "create"}, "--username is needed"},
	}
	for _, tt := range tests {
		p := start(t, tt.env, "", tt.args...)
		code, log := p.exit(t), p.log.String()
		if code != 2 || !strings.Contains(log, tt.says) || strings.Count(log, "\n") != 1 || strings.Contains(log, "s3cret") {
			t.Errorf("rolecall %q, %v: exit code %d, want 2; it said %q, want one line with %q", tt.args, tt.env, code, log, tt.says)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	code, overview, _ := call(t, "", "--help")
	if code != 0 {
		t.Errorf("--help: exit code %d", code)
	}
	for _, g := range groups() {
		for _, c := range g.commands {
			if !strings.Contains(overview, c.name) || !strings.Contains(overview, c.summary) {
				t.Errorf("help does not mention %s", c.name)
			}
			code, text, _ := call(t, "", append([]string{"help"}, strings.Fields(c.name)...)...)
			if code != 0 || !strings.Contains(text, "rolecall "+c.name) {
				t.Errorf("help %s: exit code %d\n%s", c.name, code, text)
			}
			for _, name := range c.settings {
				if !strings.Contains(text, "--"+name) || !strings.Contains(text, variable(name)) {
					t.Errorf("help %s does not tell the flag and variable of %s", c.name, name)
				}
			}
		}
	}
	for name := range settings {
		if !slices.Contains(askSettings, name) && !strings.Contains(strings.Join(serveCommand().settings, " "), name) { // whom to ask, not what to serve
			t.Errorf("serve does not read --%s", name)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, "", "version", "--json")
	var v build
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != 0 || v.Version == "" || v.Schema < 19 {
		t.Errorf("version --json: exit code %d, %v, %s", code, err, out)
	}
	if !strings.HasPrefix(v.Version, upcoming+"-dev") {
		t.Errorf("a build that is no release says %q", v.Version)
	}
	if _, out, _ = call(t, "", "version"); !strings.HasPrefix(out, "rolecall "+v.Version+" (") {
		t.Errorf("version prints %q", out)
	}
}

// The version is that of the tag, and otherwise one before the version at the top of the changelog.
func TestVersionOf(t *testing.T) {
	t.Parallel()
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "33112c590d5f8a6c6b1e"}, {Key: "vcs.modified", Value: "false"}}
	dirty := []debug.BuildSetting{commit[0], {Key: "vcs.modified", Value: "true"}}
	for _, tt := range []struct {
		recorded string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", commit, "v1.2.3"},
		{"v1.2.3-rc.1", commit, "v1.2.3-rc.1"},
		{"v1.2.3", nil, "v1.2.3"}, // go install …@v1.2.3
		{"v1.2.4-0.20261130154313-33112c590d5f", commit, upcoming + "-dev+33112c590d5f"},
		{"v0.0.0-20261130154313-33112c590d5f", nil, upcoming + "-dev+33112c590d5f"}, // go install …@main
		{"v1.2.3+dirty", dirty, upcoming + "-dev+33112c590d5f.modified"},
		{"(devel)", nil, upcoming + "-dev"},
		{"", nil, upcoming + "-dev"},
	} {
		if got := versionOf(&debug.BuildInfo{Main: debug.Module{Version: tt.recorded}, Settings: tt.settings}); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.recorded, got, tt.want)
		}
	}
	if got := versionOf(nil); got != upcoming+"-dev" {
		t.Errorf("without build info: %s", got)
	}
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, first, _ := strings.Cut(string(changelog), "\n## ["); !strings.HasPrefix(first, strings.TrimPrefix(upcoming, "v")+"]") {
		t.Errorf("the changelog does not begin with %s", upcoming)
	}
	if js, err := os.ReadFile("../../client/js/package.json"); err != nil || !strings.Contains(string(js), `"version": "`+strings.TrimPrefix(upcoming, "v")+`"`) {
		t.Errorf("the package for TypeScript is not of %s: %v", upcoming, err)
	}
	if compose, err := os.ReadFile("../../docs/deploy/compose.yaml"); err != nil || !strings.Contains(string(compose), "image: rolecall:"+strings.TrimPrefix(upcoming, "v")+" ") {
		t.Errorf("compose.yaml has another image than %s: %v", upcoming, err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c := serveCommand()
	fs := c.flagSet()
	if err := fs.Parse([]string{"--wire", "sdk", "--access-url", "https://roles.example.com/"}); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"ROLECALL_WIRE": "documented", "ROLECALL_TRUSTED_PROXIES": "10.1.2.3, fd00::/8", "ROLECALL_HTTP_ADDRESS": ":443"}
	cfg, err := c.config(fs, env)
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.check(); err != nil {
		t.Errorf("an https access URL was not taken for leave to listen everywhere: %v", err)
	}
	if cfg.wire != web.SDK {
		t.Errorf("wire is %v: the variable won over the flag", cfg.wire)
	}
	if got := cfg.accessURL.String(); got != "https://roles.example.com" || !cfg.secure() {
		t.Errorf("access URL %s, secure %v", got, cfg.secure())
	}
	if len(cfg.trustedProxies) != 2 || cfg.trustedProxies[0].String() != "10.1.2.3/32" || cfg.trustedProxies[1].String() != "fd00::/8" {
		t.Errorf("trusted proxies are %v", cfg.trustedProxies)
	}
	if cfg.sessionLifetime != 24*time.Hour || cfg.db != "rolecall.db" {
		t.Errorf("defaults: session lifetime %v, db %q", cfg.sessionLifetime, cfg.db)
	}
}

// TestServe goes through the life of a server: setup, commands beside it, a second server, and the end.
func TestServe(t *testing.T) {
	t.Parallel()
	db := dbtest.Place(t)
	server := start(t, map[string]string{"ROLECALL_DB": db}, "", "--http-address", "127.0.0.1:0")
	address := server.wait(t, &server.log, `address=(\S+)`)
	server.wait(t, &server.log, `setup_token=(\S{26})`)

	if code, out, log := call(t, "", "healthcheck", "--http-address", address); code != 0 || out != "ok\n" {
		t.Errorf("healthcheck: exit code %d, %s%s", code, out, log)
	}
	if dbtest.OnServer() { // which is there for more than one
		second := start(t, nil, "", "--db", db, "--http-address", "127.0.0.1:0")
		second.wait(t, &second.log, `address=(\S+)`)
	} else if code, _, log := call(t, "", "--http-address", "127.0.0.1:0", "--db", db); code != 3 || !strings.Contains(log, "another server") {
		t.Errorf("second server on the same file: exit code %d, %s", code, log)
	}

	// One connection stays open: new ones are refused soon after the signal, and a balancer keeps its own.
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	ready := func() int {
		res, err := client.Get("http://" + address + "/readyz")
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	if got := ready(); got != http.StatusOK {
		t.Errorf("/readyz: %d", got)
	}
	begin := time.Now()
	server.stop()
	for ready() == http.StatusOK && time.Since(begin) < notice {
		time.Sleep(10 * time.Millisecond)
	}
	if got := ready(); got != http.StatusServiceUnavailable {
		t.Errorf("/readyz of a server that is stopping: %d, want 503", got)
	}
	if code := server.exit(t); code != 0 {
		t.Errorf("exit code %d: %s", code, server.log.String())
	}
	if code, _, _ := call(t, "", "healthcheck", "--http-address", address); code != 1 {
		t.Errorf("healthcheck of a stopped server: exit code %d", code)
	}
}
