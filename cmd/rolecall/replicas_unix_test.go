//go:build unix

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rolecall.example/db/dbtest"
)

// replica is a rolecall in a process of its own, which may be killed and started again at the same address.
type replica struct {
	address  string
	args     []string
	cmd      *exec.Cmd
	*program // the run at hand
}

// newReplica starts one on a loopback address of its own. While it is down nothing else takes its port then: connections
// to other places begin at 127.0.0.1.
func newReplica(t *testing.T, ip, place, access string) *replica {
	t.Helper()
	r := &replica{address: freeAddress(t, ip)}
	r.args = []string{
		"serve", "--db", place, "--http-address", r.address, "--access-url", access, "--trusted-proxies", "127.0.0.1", "--rate-limit", "0",
	}
	r.start(t)
	return r
}

func freeAddress(t *testing.T, ip string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		leaveOut(t, err) // Linux has all of 127.0.0.0/8, others may not
	}
	defer l.Close()
	return l.Addr().String()
}

func (r *replica) start(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r.program = &program{}
	r.cmd = exec.CommandContext(t.Context(), self, r.args...)
	r.cmd.Env = append(os.Environ(), asProgram+"=1")
	r.cmd.Stderr = &r.log
	begin(t, r.cmd)
	r.wait(t, &r.log, "(listening)")
}

// begin starts a process that is gone when the test is.
func begin(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it is killed before, or its end was waited for
}

// end asks the replica to end, and waits until it has.
func (r *replica) end(t *testing.T) {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("a replica that was asked to end: %v\n%s", err, r.log.String())
	}
}

// serves waits until the proxy sends people's requests here, and not only its own.
func (r *replica) serves(t *testing.T) {
	t.Helper()
	r.wait(t, &r.log, "(route=/users/:user)")
}

// balance starts HAProxy as docs/deploy has it, before two replicas.
func balance(t *testing.T, address string, a, b *replica) (roots *x509.CertPool) {
	t.Helper()
	if _, err := exec.LookPath("haproxy"); err != nil {
		leaveOut(t, err)
	}
	text, err := os.ReadFile("../../docs/deploy/haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile, roots := certificate(t)
	var pem []byte
	for _, file := range []string{certFile, keyFile} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pem = append(pem, b...)
	}
	pemFile, config := filepath.Join(t.TempDir(), "roles.pem"), filepath.Join(t.TempDir(), "haproxy.cfg")
	for old, here := range map[string]string{
		"bind :443 ": "bind " + address + " ", "bind :80\n": "bind " + freeAddress(t, "127.0.0.1") + "\n",
		"/etc/haproxy/roles.pem": pemFile, "rolecall-a:8080": a.address, "rolecall-b:8080": b.address,
	} {
		if strings.Count(string(text), old) != 1 {
			t.Fatalf("haproxy.cfg has %q %d times", old, strings.Count(string(text), old))
		}
		text = []byte(strings.Replace(string(text), old, here, 1))
	}
	for file, content := range map[string][]byte{pemFile: pem, config: text} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log lockedBuffer
	cmd := exec.CommandContext(t.Context(), "haproxy", "-db", "-f", config)
	cmd.Stderr = &log
	begin(t, cmd)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("haproxy said\n%s", log.String())
		}
	})
	return roots
}

// traffic is people at work in one browser session, who notice when something fails.
type traffic struct {
	url     string
	client  *http.Client
	session *http.Cookie

	mu     sync.Mutex
	served int
	failed []failure
}

type failure struct {
	begin, end time.Time
	what       string
}

// run reads and writes from many sides at once until ctx ends.
func (l *traffic) run(ctx context.Context, clients int) {
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				method, path, body := http.MethodGet, "/users/me", ""
				if i%2 == 1 {
					method, path, body = http.MethodPatch, "/organizations/default", fmt.Sprintf(`{"description": "%d"}`, i)
				}
				begin := time.Now()
				err := l.send(method, l.url+path, body)
				l.mu.Lock()
				if err == nil {
					l.served++
				} else {
					l.failed = append(l.failed, failure{begin, time.Now(), fmt.Sprintf("%s %s: %v", method, path, err)})
				}
				l.mu.Unlock()
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	wg.Wait()
}

func (l *traffic) send(method, url, body string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience) // not the end of the test: that would be a failure
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.AddCookie(l.session)
	res, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return err
}

// more waits until so many more requests were served.
func (l *traffic) more(t *testing.T, n int) {
	t.Helper()
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.served
	}
	for want, deadline := count()+n, time.Now().Add(patience); count() < want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d requests were served, want %d", count(), want)
		}
	}
}

// allow fails the test for every request that failed outside of these times.
func (l *traffic) allow(t *testing.T, from, to time.Time) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.failed {
		say := t.Errorf
		if f.end.After(from) && f.begin.Before(to) {
			say = t.Logf
		}
		say("failed from %v to %v after the kill: %s", f.begin.Sub(from), f.end.Sub(from), f.what)
	}
	t.Logf("%d requests served, %d failed", l.served, len(l.failed))
}

// signInAt signs in at one replica as a browser does.
func signInAt(t *testing.T, address, email, password string) *http.Cookie {
	t.Helper()
	form := url.Values{"email": {email}, "password": {password}}
	req := request(t.Context(), t, http.MethodPost, "http://"+address+"/login", form.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == "__Host-rolecall" {
			return c
		}
	}
	t.Fatalf("signing in: %s without a session", res.Status)
	return nil
}

// healthInterval is what haproxy.cfg needs to notice that a server is gone, and plenty for a busy machine.
const healthInterval = 10 * time.Second

// Two replicas behind HAProxy are restarted one after the other, and nobody notices. One is killed: once HAProxy has
// seen it nothing fails, nobody is signed out, and it takes its part again when it is back.
func TestReplicas(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	place := dbtest.Place(t)
	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", place, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	front := freeAddress(t, "127.0.0.1")
	a, b := newReplica(t, "127.0.0.2", place, "https://"+front), newReplica(t, "127.0.0.3", place, "https://"+front)
	roots := balance(t, front, a, b)
	l := &traffic{
		url: "https://" + front, session: signInAt(t, a.address, ada.Email, ada.Password),
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: 16}},
	}
	for begin := time.Now(); l.send(http.MethodGet, l.url+"/users/me", "") != nil; time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatal("HAProxy does not answer")
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.run(ctx, 16) })
	a.serves(t)
	b.serves(t)
	for _, r := range []*replica{a, b} {
		r.end(t)
		l.more(t, 100)
		r.start(t)
		r.serves(t)
		l.more(t, 100)
	}
	kill := time.Now()
	if err := a.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = a.cmd.Wait() // killed, it says
	time.Sleep(time.Until(kill.Add(healthInterval)))
	l.more(t, 300)
	a.start(t)
	a.serves(t)
	l.more(t, 100)
	stop()
	running.Wait()
	l.allow(t, kill, kill.Add(healthInterval))
	for _, r := range []*replica{a, b} {
		if err := l.send(http.MethodGet, "http://"+r.address+"/users/me", ""); err != nil {
			t.Errorf("the session at %s: %v", r.address, err)
		}
		if err := r.cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
	}
	res, err := l.client.Do(request(t.Context(), t, http.MethodGet, l.url+"/users/me", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("without any replica: %s, Retry-After %q", res.Status, res.Header.Get("Retry-After"))
	}
}

// While the database is away nothing is answered with success that needs it, and people learn when to come back. The
// process is well, and finds the database again by itself.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	s, err := dbtest.StartServer("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	token := ownerIn(t, s.URL)
	server := start(t, nil, "", "--db", s.URL, "--http-address", "127.0.0.1:0")
	d := onDisk{"http://" + server.wait(t, &server.log, `address=(\S+)`), token}
	if err := s.Control("stop", "--mode=immediate"); err != nil {
		t.Fatal(err)
	}
	req := request(t.Context(), t, http.MethodGet, d.url+"/users/me", "")
	req.Header.Set("Coder-Session-Token", token)
	read, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Body.Close()
	text, _ := io.ReadAll(read.Body)
	write, body := d.write(t, "application/json", "")
	for res, says := range map[*http.Response]bool{
		read: strings.Contains(string(text), "cannot be read"), write: strings.Contains(body, "Take what you sent as not saved."),
	} {
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || !says {
			t.Errorf("%s: %s, Retry-After %q\n%s\n%s", res.Request.Method, res.Status, res.Header.Get("Retry-After"), text, body)
		}
	}
	if status, text := d.ready(t); status != http.StatusServiceUnavailable || text != "no database\n" {
		t.Errorf("/readyz: got %d %q", status, text)
	}
	if got := get(t, d.url+"/healthz", ""); got != http.StatusOK {
		t.Errorf("/healthz: got %d; the process is alive", got)
	}
	if err := s.Control("start"); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if status, text := d.ready(t); status == http.StatusOK {
			break
		} else if time.Since(begin) > patience {
			t.Fatalf("/readyz afterwards: got %d %q", status, text)
		}
	}
	if res, body := d.write(t, "application/json", ""); res.StatusCode != http.StatusOK {
		t.Errorf("a write afterwards: %s %s", res.Status, body)
	}
}

// A table that somebody locks makes its lists wait, and nothing else: the server stays in the balancer, and people can
// still sign in.
func TestOneSlowTable(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	place := dbtest.Place(t)
	token := ownerIn(t, place)
	var tokens []string // many callers: requests of one wait together
	for range 16 {
		var made struct{ Token string }
		callJSON(t, &made, "", "token", "create", "--db", place, "--username", "ada", "--json")
		tokens = append(tokens, made.Token)
	}
	server := start(t, nil, "", "--db", place, "--http-address", "127.0.0.1:0", "--rate-limit", "0")
	url := "http://" + server.wait(t, &server.log, `address=(\S+)`)
	if got := get(t, url+"/api/v2/users/me", token); got != http.StatusOK {
		t.Fatal(got)
	}
	lock, err := sql.Open("pgx", place)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	tx, err := lock.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE organization_members IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	for i := range 60 {
		waiting.Go(func() {
			get(t, url+"/api/v2/organizations/default/paginated-members?limit=10", tokens[i%len(tokens)])
		})
	}
	var held int
	for begin := time.Now(); held < 8 && time.Since(begin) < 30*time.Second; time.Sleep(10 * time.Millisecond) {
		if err := lock.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'organization_members'::regclass").Scan(&held); err != nil {
			t.Fatal(err)
		}
	}
	if held < 8 {
		t.Fatalf("%d lists wait for the table", held)
	}
	for _, path := range []string{"/readyz", "/login", "/healthz"} {
		if got := get(t, url+path, ""); got != http.StatusOK {
			t.Errorf("%s while a table is locked: %d", path, got)
		}
	}
	if err := lock.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'organization_members'::regclass").Scan(&held); err != nil || held > 12 {
		t.Errorf("%d connections wait for the table, %v", held, err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
}
