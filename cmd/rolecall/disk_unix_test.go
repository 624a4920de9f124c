//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rolecall.example/db/dbtest"
)

const (
	// asProgram makes this test binary be rolecall itself, signals and all, in a process of its own.
	asProgram = "ROLECALL_TEST_PROGRAM"
	// fileLimit lets no file of that process grow beyond so many bytes: what the kernel then answers to a write is what it
	// answers for a disk that fails.
	fileLimit = "ROLECALL_TEST_FILE_LIMIT"
	// openLimit lets that process have no more than so many files open.
	openLimit = "ROLECALL_TEST_OPEN_LIMIT"
)

func TestMain(m *testing.M) {
	if size, err := strconv.ParseUint(os.Getenv(fileLimit), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size}); err != nil {
			os.Exit(1)
		}
	}
	if n, err := strconv.ParseUint(os.Getenv(openLimit), 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			os.Exit(1)
		}
	}
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// onDisk is a server on a disk or database of its own, and an owner's token.
type onDisk struct{ url, token string }

// write changes something, as much of it as text is long, and gives the answer in a form.
func (d onDisk) write(t *testing.T, accept, text string) (res *http.Response, body string) {
	t.Helper()
	req := request(t.Context(), t, http.MethodPatch, d.url+"/organizations/default", `{"description":"`+text+strconv.FormatInt(time.Now().UnixNano(), 10)+`"}`)
	req.Header.Set("Coder-Session-Token", d.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res, string(b)
}

// fill writes until that fails, and holds the server to what it owes then.
func (d onDisk) fill(t *testing.T, ready string) {
	t.Helper()
	for i := 0; ; i++ {
		res, body := d.write(t, "application/json", strings.Repeat("x", 100))
		if res.StatusCode == http.StatusServiceUnavailable {
			break
		}
		if res.StatusCode != http.StatusOK || i > 20_000 {
			t.Fatalf("write %d: got %d %s", i, res.StatusCode, body)
		}
	}
	for _, accept := range []string{"application/json", "text/html"} {
		res, body := d.write(t, accept, strings.Repeat("x", 4000))
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || !strings.HasPrefix(res.Header.Get("Content-Type"), accept) {
			t.Errorf("a write as %s: got %d, Retry-After %q, %s", accept, res.StatusCode, res.Header.Get("Retry-After"), res.Header.Get("Content-Type"))
		}
		if !strings.Contains(body, "Nothing can be changed at the moment.") || !strings.Contains(body, "Take what you sent as not saved.") || strings.Contains(body, "SQL") {
			t.Errorf("a write as %s: got %s", accept, body)
		}
	}
	for _, path := range []string{"/users/me", "/organizations/default/members", "/audit"} {
		if got := get(t, d.url+path, d.token); got != http.StatusOK {
			t.Errorf("reading %s: got %d", path, got)
		}
	}
	if status, text := d.ready(t); status != http.StatusServiceUnavailable || text != ready+"\n" {
		t.Errorf("/readyz: got %d %q", status, text)
	}
	if got := get(t, d.url+"/healthz", ""); got != http.StatusOK {
		t.Errorf("/healthz: got %d; the server is alive", got)
	}
}

func (d onDisk) ready(t *testing.T) (status int, text string) {
	t.Helper()
	res, err := http.Get(d.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// Once the disk has failed a write nothing that changes something succeeds until the next start; what reads does, and
// /readyz says what is to be done.
func TestFailedDiskOverHTTP(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rolecall.db")
	token := ownerIn(t, file)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	cmd := exec.CommandContext(t.Context(), self, "serve", "--db", file, "--http-address", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), asProgram+"=1", fileLimit+"=600000")
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it was killed
	address := (&program{}).wait(t, &log, `address=(\S+)`)
	onDisk{"http://" + address, token}.fill(t, "read only: the disk failed a write; check the disk, then start the server again")
	(&program{}).wait(t, &log, "(check the disk, then start again)")
}

// A full disk is no failed one: writes are taken again as soon as there is room.
func TestFullDiskOverHTTP(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if os.Getuid() != 0 {
		leaveOut(t, "only root may mount the file system that this fills")
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("not here: nothing can be mounted: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	file := filepath.Join(folder, "rolecall.db")
	token := ownerIn(t, file)
	ballast := filepath.Join(folder, "ballast")
	if out, err := exec.Command("fallocate", "-l", "2M", ballast).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	server := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0")
	d := onDisk{"http://" + server.wait(t, &server.log, `address=(\S+)`), token}
	d.fill(t, "read only: the disk is full; make room")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if status, text := d.ready(t); status != http.StatusOK {
		t.Errorf("/readyz with room again: got %d %q", status, text)
	}
	if res, body := d.write(t, "application/json", "with room again"); res.StatusCode != http.StatusOK {
		t.Errorf("a write with room again: got %d %s", res.StatusCode, body)
	}
}

// Once the disk has failed a read the server is not ready, until the next start: what it answers from memory hides that.
func TestFailedReadOverHTTP(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "a server has its disk for itself")
	if _, err := exec.LookPath("strace"); err != nil {
		leaveOut(t, err)
	}
	file := filepath.Join(t.TempDir(), "rolecall.db")
	token := ownerIn(t, file)
	server, cmd := inProcessOfItsOwn(t, nil, "serve", "--db", file, "--http-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0")
	d := onDisk{"http://" + server.wait(t, &server.log, `msg=listening address=(\S+)`), token}
	metrics := server.wait(t, &server.log, `msg=metrics address=(\S+)`)
	if status, text := d.ready(t); status != http.StatusOK {
		t.Fatalf("/readyz: got %d %q", status, text)
	}
	trace := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=pread64", "-e", "inject=pread64:error=EIO", "-p", strconv.Itoa(cmd.Process.Pid))
	begin(t, trace)
	if !traced(t, cmd.Process.Pid) {
		t.Skip("not here: nothing can be traced")
	}
	const says = "the database cannot be read: check the disk, then start the server again\n"
	status, text := 0, ""
	for tries := 0; tries < 200 && text != says; tries++ {
		for _, path := range []string{"/audit", "/organizations/default/members", "/users", "/organizations/default/members/roles"} {
			get(t, d.url+"/api/v2"+path, token)
		}
		status, text = d.ready(t)
		time.Sleep(10 * time.Millisecond)
	}
	if status != http.StatusServiceUnavailable || text != says {
		t.Fatalf("/readyz: got %d %q", status, text)
	}
	if err := trace.Process.Signal(os.Interrupt); err != nil { // the disk is well again
		t.Fatal(err)
	}
	_ = trace.Wait() // interrupted, it says
	if status, text := d.ready(t); status != http.StatusServiceUnavailable || text != says {
		t.Errorf("/readyz once the disk reads again: got %d %q", status, text)
	}
	res, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); !strings.Contains(string(b), "\nrolecall_db_read_only 1\n") {
		t.Error("the metric does not tell")
	}
}

// traced waits until every thread of a process is traced: what SQLite reads before that it keeps, and does not read again.
func traced(t *testing.T, pid int) bool {
	t.Helper()
	for range 600 { // a minute
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		waiting := slices.ContainsFunc(tasks, func(status string) bool {
			text, err := os.ReadFile(status)
			return err == nil && strings.Contains(string(text), "\nTracerPid:\t0\n")
		})
		if len(tasks) > 0 && !waiting {
			return true
		}
		time.Sleep(100 * time.Millisecond)
	}
	return false
}

// What cannot be opened because too many files are open says so, and blames neither owner nor mode.
func TestTooManyOpenFiles(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "it is about files")
	file := filepath.Join(t.TempDir(), "rolecall.db")
	if code, _, log := call(t, "", "user", "create", "--db", file, "--username", "ada", "--email", "ada@example.com", "--role", "owner"); code != 0 {
		t.Fatal(log)
	}
	for limit := 8; limit <= 12; limit++ { // with fewer the runtime gives up
		check, cmd := inProcessOfItsOwn(t, []string{openLimit + "=" + strconv.Itoa(limit)}, "check", "--db", file)
		_ = cmd.Wait() // the log says how it went
		if log := check.log.String(); !strings.Contains(log, "too many open files") || strings.Contains(log, "owner and mode") {
			t.Errorf("with %d files: exit code %d, %s", limit, cmd.ProcessState.ExitCode(), log)
		}
	}
}
