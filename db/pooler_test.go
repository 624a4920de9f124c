package db_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// pooler starts PgBouncer before a server, and gives the URL of a database through it.
func pooler(t *testing.T, s *dbtest.Server, mode string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	_ = l.Close()
	file := filepath.Join(t.TempDir(), "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=rolecall\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = any\npool_mode = %s\n", s.Port, address.Port, mode)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{file}
	if os.Getuid() == 0 { // it does not run as root
		args = []string{"-u", "postgres", file}
	}
	cmd := exec.CommandContext(t.Context(), "pgbouncer", args...)
	out, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = out.Close()
	})
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address.String()); err == nil {
			_ = c.Close()
			return fmt.Sprintf("postgres://rolecall@%s/postgres?sslmode=disable", address)
		}
		if time.Since(begin) > 30*time.Second {
			log, _ := os.ReadFile(out.Name())
			t.Fatalf("pgbouncer does not answer: %s", log)
		}
	}
}

// Behind a pooler that gives every client a session all works, timeouts too. One that gives a session for a transaction
// is refused, as are parameters that it does not know.
func TestPooler(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	if _, err := exec.LookPath("pgbouncer"); err != nil {
		if os.Getenv("ROLECALL_REQUIRE_ALL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	s, err := dbtest.StartServer("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	session := pooler(t, s, "session")
	d, err := db.Open(t.Context(), session)
	if err != nil {
		t.Fatalf("session pooling: %v", err)
	}
	if err := d.Write(t.Context(), func(q *db.Queries) error {
		return q.InsertOrganization(t.Context(), organization("acme"+uuid.NewString(), time.Now()))
	}); err != nil {
		t.Errorf("a write: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	transaction := pooler(t, s, "transaction")
	for place, says := range map[string]string{
		transaction:           "this looks like a pooler in transaction mode: use session pooling or connect directly",
		session + "&geqo=off": "this looks like a pooler: leave the parameter out, or name it in ignore_startup_parameters",
	} {
		for range 3 { // whatever was left behind the time before
			d, err := db.Open(t.Context(), place)
			if err == nil {
				_ = d.Close()
			}
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want %q", place, err, says)
			}
		}
	}
}
