//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/db/dbtest"
)

// TestAuditForward runs the script of docs/deploy twice: the second run goes on where the first was, and an entry that the
// collector did not take comes again.
func TestAuditForward(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		leaveOut(t, err)
	}
	place, dir := dbtest.Place(t), t.TempDir()
	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", place, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	code, token, log := call(t, "", "tokens", "create", "--db", place, "--username", "ada", "--scope", "audit_log:read", "--quiet")
	if code != 0 {
		t.Fatal(log)
	}
	file, state := filepath.Join(dir, "token"), filepath.Join(dir, "seq")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	server := start(t, nil, "", "--db", place, "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `listening address=(\S+)`)
	took, refuse := make(chan client.AuditEntry, 100), true
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e client.AuditEntry
		b, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(b, &e); err != nil || refuse && e.Seq == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		took <- e
	}))
	t.Cleanup(collector.Close)
	forward := func() *exec.Cmd {
		c := exec.CommandContext(t.Context(), "sh", "../../docs/deploy/audit-forward")
		c.Env = append(os.Environ(), "URL="+url, "TOKEN_FILE="+file, "STATE="+state, "COLLECTOR="+collector.URL)
		c.WaitDelay = time.Second // curl may wait for what comes next
		return c
	}
	if err := forward().Run(); err == nil {
		t.Fatal("it goes on although the collector takes nothing")
	}
	refuse = false
	second := forward()
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for len(got) < 2 {
		select {
		case e := <-took:
			got = append(got, strconv.FormatInt(e.Seq, 10))
		case <-time.After(patience):
			t.Fatalf("it forwards no more than %v", got)
		}
	}
	_ = second.Process.Kill()
	_ = second.Wait()
	if s := strings.Join(got, " "); s != "1 2" {
		t.Errorf("forwarded %s", s)
	}
	if b, err := os.ReadFile(state); err != nil || len(b) == 0 {
		t.Errorf("the state: %q, %v", b, err)
	}
}
