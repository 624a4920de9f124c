//go:build unix

package db

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests of crashes run a writer in a process of its own: this test binary, told by variables what to do. It prints
// the name of each row that was acknowledged, or the word "refused" and why.
const (
	writerFile    = "ROLECALL_TEST_WRITER"      // the database to write to
	writerSync    = "ROLECALL_TEST_SYNCHRONOUS" // FULL unless set: less shows that a test would notice
	writerLimit   = "ROLECALL_TEST_FILE_LIMIT"  // bytes that no file may grow beyond, which fails as a disk does
	writerClients = 64
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writerFile); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

func writeForEver(path string) {
	ctx := context.Background()
	d, err := openFile(ctx, path, "FULL", false, slowWatch{})
	if level := os.Getenv(writerSync); level != "" {
		d, err = openFile(ctx, path, level, false, slowWatch{})
	}
	if err != nil {
		fmt.Fprintln(os.Stdout, "refused", err)
		os.Exit(1)
	}
	limitFiles(os.Getenv(writerLimit))
	var mu sync.Mutex
	var clients sync.WaitGroup
	for client := range writerClients {
		clients.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("c%d-%d", client, i)
				err := d.Write(ctx, inserting(name, strings.Repeat("x", 100)))
				mu.Lock()
				if err != nil {
					fmt.Fprintln(os.Stdout, "refused", name, strings.ReplaceAll(err.Error(), "\n", " "))
				} else {
					fmt.Fprintln(os.Stdout, name)
				}
				mu.Unlock()
				if err != nil && i > 0 {
					return
				}
			}
		})
	}
	clients.Wait()
	fmt.Fprintln(os.Stdout, "stopped", errors.Is(d.Err(), ErrReadOnly))
	time.Sleep(time.Hour) // to be killed: an orderly end would fold the log
}

// crash runs a writer until enough of its writes were acknowledged, or it stops writing, and kills it. wrap comes before
// the command line.
func crash(t testing.TB, path string, enough int, env []string, wrap ...string) (acked, refused []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	wrap = append(wrap, self)
	cmd := exec.Command(wrap[0], wrap[1:]...)
	cmd.Env = append(append(os.Environ(), writerFile+"="+path), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	own(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(time.Minute, func() { kill(cmd) })
	defer guard.Stop()
	killed := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "refused":
			refused = append(refused, rest)
		case "stopped":
			refused = append(refused, "stopped "+rest)
			kill(cmd)
		default:
			acked = append(acked, word)
		}
		if !killed && len(acked) >= enough {
			killed = true
			kill(cmd)
		}
	}
	_ = cmd.Wait()
	return acked, refused
}

// missing is which of the rows are not in the database at path.
func missing(t testing.TB, path string, names []string) (gone []string) {
	t.Helper()
	d, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	for _, name := range names {
		if !stored(t, d, name) {
			gone = append(gone, name)
		}
	}
	r, err := Inspect(t.Context(), path, false)
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("after the crash: %v, %v", r.Findings, err)
	}
	return gone
}

// need leaves a test out where a program is missing that it runs. Where nothing may be left out it fails.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			leaveOut(t, err)
		}
	}
}

func leaveOut(t *testing.T, why any) {
	t.Helper()
	if os.Getenv("ROLECALL_REQUIRE_ALL") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// needStrace also leaves a test out on a machine that lets nobody trace, as sandboxes do: nothing can be installed for it.
func needStrace(t *testing.T) {
	t.Helper()
	need(t, "strace")
	if out, err := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("not here: nothing can be traced: %v: %s", err, out)
	}
}

func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	for round := range 3 {
		acked, refused := crash(t, path, 300*(round+1), []string{})
		if len(acked) == 0 || len(refused) > 0 {
			t.Fatalf("%d acknowledged, %v refused", len(acked), refused)
		}
		if gone := missing(t, path, acked); len(gone) > 0 {
			t.Errorf("%d of %d acknowledged writes are gone: %v", len(gone), len(acked), gone)
		}
		_ = os.Remove(path)
	}
}

// A file that cannot grow fails as a broken disk does: from the first failure on nothing is acknowledged.
func TestDiskError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	acked, refused := crash(t, path, 1<<30, []string{writerLimit + "=2000000"})
	if len(acked) == 0 || len(refused) < writerClients {
		t.Fatalf("%d acknowledged, %d refused: the limit was not reached", len(acked), len(refused))
	}
	if last := refused[len(refused)-1]; last != "stopped true" {
		t.Errorf("the writer ended with %q", last)
	}
	for _, r := range refused[:len(refused)-1] {
		if !strings.Contains(r, "disk") {
			t.Errorf("refused with %s", r)
		}
	}
	if gone := missing(t, path, acked); len(gone) > 0 {
		t.Errorf("%d of %d acknowledged writes are gone: %v", len(gone), len(acked), gone)
	}
}

// A failed fsync is the treacherous one: the kernel drops what it could not write, and the next fsync succeeds.
func TestFailedSync(t *testing.T) {
	t.Parallel()
	needStrace(t)
	path := filepath.Join(t.TempDir(), "test.db")
	acked, refused := crash(t, path, 1<<30, nil, "strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=fsync,fdatasync",
		"-e", "inject=fsync,fdatasync:error=EIO:when=40") // that one alone: those after it succeed
	if len(acked) == 0 || len(refused) == 0 || refused[len(refused)-1] != "stopped true" {
		t.Fatalf("%d acknowledged, refused %.300q", len(acked), refused)
	}
	if gone := missing(t, path, acked); len(gone) > 0 {
		t.Errorf("%d of %d acknowledged writes are gone: %v", len(gone), len(acked), gone)
	}
}

// With many clients one wait for the disk serves many writes. What is counted is what the kernel was asked for.
func TestSyncsPerWrite(t *testing.T) {
	t.Parallel()
	needStrace(t)
	trace := filepath.Join(t.TempDir(), "trace")
	acked, _ := crash(t, filepath.Join(t.TempDir(), "test.db"), 5000, nil, "strace", "-f", "-qq", "-o", trace, "-e", "trace=fsync,fdatasync")
	calls, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	syncs := strings.Count(string(calls), "sync(")
	per := float64(syncs) / float64(len(acked))
	t.Logf("%d syncs for %d acknowledged writes of %d clients: %.3f a write", syncs, len(acked), writerClients, per)
	if syncs == 0 || per > 0.1 {
		t.Errorf("%.3f syncs a write, want 0.1 at most", per)
	}
}
