//go:build unix

package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rolecall.example/db/dbtest"
)

// inProcessOfItsOwn starts the program where it gets its own signals.
func inProcessOfItsOwn(t *testing.T, env []string, args ...string) (*program, *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	cmd.Stdout, cmd.Stderr = &p.out, &p.log
	begin(t, cmd)
	return p, cmd
}

// SIGHUP loads the certificate anew while requests are served, and no request fails. A bad file keeps the old one.
func TestHangup(t *testing.T) {
	t.Parallel()
	ends, newEnds := time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
	certFile, keyFile, roots := certificateUntil(t, ends)
	newCert, newKey, newRoots := certificateUntil(t, newEnds)
	socket := filepath.Join(t.TempDir(), "notify")
	supervisor, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer supervisor.Close()
	server, cmd := inProcessOfItsOwn(t, []string{"NOTIFY_SOCKET=" + socket},
		"serve", "--db", dbtest.Place(t), "--http-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0", "--tls-cert-file", certFile, "--tls-key-file", keyFile)
	address := server.wait(t, &server.log, `listening address=(\S+)`)
	metrics := "http://" + server.wait(t, &server.log, `metrics address=(\S+)`) + "/metrics"
	expiry := func(want time.Time) {
		t.Helper()
		if got := number(t, body(t, metrics), "rolecall_certificate_expiry_timestamp_seconds"); got != float64(want.Unix()) {
			t.Errorf("the certificate expires at %f by the metrics, want %d", got, want.Unix())
		}
	}
	server.wait(t, &server.log, `(certificate expires soon)`)
	expiry(ends)
	heard := make([]byte, 100)
	if n, err := supervisor.Read(heard); err != nil || string(heard[:n]) != "READY=1" {
		t.Errorf("the supervisor was told %q, %v", heard[:n], err)
	}
	get := func(roots *x509.CertPool) error {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
		res, err := client.Get("https://" + address + "/healthz")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	both := roots.Clone()
	for _, file := range []string{newCert} {
		if b, err := os.ReadFile(file); err != nil || !both.AppendCertsFromPEM(b) {
			t.Fatal(err)
		}
	}
	var stop atomic.Bool
	var served atomic.Int64
	var people sync.WaitGroup
	for range 4 {
		people.Go(func() {
			for !stop.Load() {
				if err := get(both); err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				served.Add(1)
			}
		})
	}
	hangUp := func(certificate, key, says string) {
		t.Helper()
		for to, from := range map[string]string{certFile: certificate, keyFile: key} {
			if err := os.WriteFile(to, []byte(from), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for n := served.Load() + 8; served.Load() < n && !t.Failed(); time.Sleep(time.Millisecond) {
		}
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		server.wait(t, &server.log, says)
	}
	hangUp("rubbish", "rubbish", "(the one before stays in use)")
	if err := get(roots); err != nil {
		t.Errorf("the certificate from before: %v", err)
	}
	expiry(ends)
	hangUp(read(t, newCert), read(t, newKey), "(the certificate was loaded)")
	if err := get(newRoots); err != nil {
		t.Errorf("the new certificate: %v", err)
	}
	if err := get(roots); err == nil {
		t.Error("the old certificate is still in use")
	}
	expiry(newEnds)
	stop.Store(true)
	people.Wait()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the end: %v\n%s", err, server.log.String())
	}
	if n, err := supervisor.Read(heard); err != nil || string(heard[:n]) != "STOPPING=1" {
		t.Errorf("the supervisor was told %q, %v", heard[:n], err)
	}
}

// Without a certificate SIGHUP does nothing to a server. It ends a demo, whose folder goes with it.
func TestHangupWithout(t *testing.T) {
	t.Parallel()
	server, cmd := inProcessOfItsOwn(t, nil, "serve", "--db", dbtest.Place(t), "--http-address", "127.0.0.1:0")
	address := server.wait(t, &server.log, `address=(\S+)`)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	server.wait(t, &server.log, "(there is no certificate to load)")
	if got := get(t, "http://"+address+"/readyz", ""); got != http.StatusOK {
		t.Errorf("/readyz after SIGHUP: %d", got)
	}
	_ = cmd.Process.Kill()

	// A demo that is started while SIGHUP is ignored, as tests under nohup are, goes on after it.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	dir := t.TempDir()
	demo, cmd := inProcessOfItsOwn(t, []string{"TMPDIR=" + dir}, "demo", "--members", "50", "--http-address", "127.0.0.1:0")
	demo.wait(t, &demo.out, "(Open)")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("a demo whose terminal was closed: %v\n%s", err, demo.log.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the demo left %v, %v", left, err)
	}
}

// The unit starts, tells and reloads the server as the server does.
func TestUnit(t *testing.T) {
	t.Parallel()
	unit := read(t, "../../docs/deploy/rolecall.service")
	for _, line := range []string{"Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "RestartPreventExitStatus=2"} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit has no %s", line)
		}
	}
}
