package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lab runs the servers under measurement.
type lab struct {
	dir      string
	binary   string
	postgres string // the server for the data; "" for files
}

// newLab builds the server like `task build`. The lab must be torn down, even after an error.
func newLab(ctx context.Context, postgres string) (*lab, error) {
	dir, err := os.MkdirTemp("", "rolecall-bench-")
	l := &lab{dir, filepath.Join(dir, "rolecall"), postgres}
	if err != nil {
		return l, err
	}
	// With the flags of a release, since the size of the binary is a figure too.
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", l.binary, "rolecall.example/cmd/rolecall")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return l, fmt.Errorf("build: %w", err)
	}
	return l, nil
}

// tearDown does nothing for a lab that has no folder yet.
func (l *lab) tearDown() {
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
}

// process is a running server.
type process struct {
	cmd     *exec.Cmd
	out     io.Reader
	address string
}

// start does not bind the process to a context: stop ends a server, and lets it close its database.
func start(in io.Reader, name string, args ...string) (*process, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin = in
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{cmd: cmd, out: out}, cmd.Start()
}

func (p *process) stop() {
	// As a supervisor does. The process must have ended before its files are removed.
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// memory returns a memory figure of the process in MiB: VmRSS, or VmHWM for the peak. It is 0 on systems without these.
func (p *process) memory(field string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), field+":")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseFloat(kib, 64)
	return n / 1024
}

// busy returns how long the process has used the processor.
func (p *process) busy() time.Duration { return busy(p.cmd.Process.Pid) }

// busy returns how long a process has used the processor, to a hundredth of a second. It is 0 on systems that do not say so.
func busy(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name of the program comes before, and may contain anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// forgetPeak resets VmHWM (proc_pid_clear_refs(5)). Otherwise only the first measurement that needs much could be seen.
func (p *process) forgetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0)
}

// startCeiling starts this program as the ceiling, which answers with a fixed page.
func startCeiling(page []byte) (*process, error) {
	// A process of its own, so that it shares no memory and no scheduler with the clients.
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := start(bytes.NewReader(page), self, "-ceiling")
	if err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(p.out).ReadString('\n')
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("ceiling: %w", err)
	}
	p.address = strings.TrimSpace(address)
	return p, nil
}

// server is the built program with a database of a given number of members. Its database stays the same over several
// starts, which are measured.
type server struct {
	*process
	members  int
	database string
	token    string
	peak     float64 // the highest peak before a reset
	note     func(name, unit string, value float64)
}

// serve lets the demo fill a database, takes it over and serves it as in production. What the demo needs to fill it must
// not count as memory of the server.
func (l *lab) serve(ctx context.Context, members, starts int, note func(name, unit string, value float64)) (*server, error) {
	s := &server{members: members, database: filepath.Join(l.dir, fmt.Sprintf("%d.db", members)), note: note}
	if err := l.fill(s); err != nil {
		return nil, fmt.Errorf("demo with %d members: %w", members, err)
	}
	if l.postgres != "" {
		if err := l.move(ctx, s); err != nil {
			return nil, err
		}
	}
	// Each backup ends with the same check. Here nothing else uses the file.
	begin := time.Now()
	if out, err := exec.CommandContext(ctx, l.binary, "check", "--db", s.database).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("check: %w\n%s", err, out)
	}
	note("check of the whole database", "s", time.Since(begin).Seconds())
	var times []time.Duration
	for range starts {
		if s.process != nil {
			s.stop()
		}
		took, err := l.startServer(ctx, s)
		if err != nil {
			return nil, err
		}
		times = append(times, took)
	}
	note("start to ready", "ms", ms(median(times)))
	return s, nil
}

// fill makes the data with the demo, so that anyone can make the same data. more are further options of the demo.
func (l *lab) fill(s *server, more ...string) error {
	// This includes everything that a user waits for: the start, the data and the indexes.
	begin := time.Now()
	args := append([]string{"demo", "--json", "--http-address", "127.0.0.1:0", "--members", fmt.Sprint(s.members)}, more...)
	demo, err := start(nil, l.binary, args...)
	if err != nil {
		return err
	}
	defer demo.stop() // merges the log into the file
	var key struct{ Token, Database string }
	// It prints this once all data is there and it listens.
	if err := json.NewDecoder(demo.out).Decode(&key); err != nil {
		return err
	}
	s.token = key.Token
	s.note("making the data", "s", time.Since(begin).Seconds())
	// The demo removes its folder, but not this link.
	return os.Link(key.Database, s.database)
}

// move copies the data of a file to a new database on the server, with the copy command, as a real site would move.
func (l *lab) move(ctx context.Context, s *server) error {
	file := s.database
	var err error
	if s.database, err = newDatabase(ctx, l.postgres, fmt.Sprint("rolecall_bench_", s.members)); err != nil {
		return err
	}
	begin := time.Now()
	if out, err := exec.CommandContext(ctx, l.binary, "copy", "--from", file, "--to", s.database).CombinedOutput(); err != nil {
		return fmt.Errorf("copy: %w\n%s", err, out)
	}
	s.note("copying the data", "s", time.Since(begin).Seconds())
	return os.Remove(file)
}

// startServer starts the server, with more options, and returns how long it took to get ready.
func (l *lab) startServer(ctx context.Context, s *server, more ...string) (time.Duration, error) {
	// The address must be known beforehand, so a free port is found here and released again.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	address := free.Addr().String()
	free.Close()
	begin := time.Now()
	// Requests are logged, as in production, but there are no rate limits: the few callers of a benchmark would hit them
	// at once.
	args := append([]string{"serve", "--db", s.database, "--http-address", address, "--rate-limit", "0", "--check-rate-limit", "0"}, more...)
	if s.process, err = start(nil, l.binary, args...); err != nil {
		return 0, err
	}
	s.address = address
	for ctx.Err() == nil && time.Since(begin) < time.Minute {
		if _, err = once(address, request("GET", "/readyz", "", "", "")); err == nil {
			return time.Since(begin), nil
		}
		// Short, because it adds to the time that is measured.
		time.Sleep(time.Millisecond)
	}
	s.stop()
	return 0, errors.Join(fmt.Errorf("the server with %d members did not get ready", s.members), err)
}

// remove stops the server and frees the disk.
func (s *server) remove(ctx context.Context) error {
	s.stop()
	// A server keeps its databases after the run, unlike the folder of the lab.
	if isServer(s.database) {
		return dropDatabase(ctx, s.database)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(s.database + suffix)
	}
	return nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

// mib returns the size of a file in MiB, or 0 if there is no such file.
func mib(path string) float64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / (1 << 20)
}
