package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rolecall.example/client"
)

// goExample is an application in Go that runs in a process of its own.
type goExample struct {
	name, url string
}

// ask sends a request as a user, "" as nobody.
func (e *goExample) ask(t *testing.T, method, path, user string) (*http.Response, string) {
	t.Helper()
	req := request(t.Context(), t, method, e.url+path, "")
	if user != "" {
		req.Header.Set("X-User", user)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// becomes asks until the answer has a status.
func (e *goExample) becomes(t *testing.T, status int, method, path, user string) *http.Response {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		res, text := e.ask(t, method, path, user)
		if res.StatusCode == status {
			return res
		}
		if time.Since(begin) > patience {
			t.Fatalf("%s: %s %s is %d, want %d: %s", e.name, method, path, res.StatusCode, status, text)
		}
	}
}

// startGoExample builds an example and starts it.
func startGoExample(t *testing.T, name string, server *client.Client) *goExample {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", program, "../../examples/"+name).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), "ROLECALL_URL="+server.BaseURL, "ROLECALL_TOKEN="+server.Token, "PORT=0", "MAX_STALENESS=7s")
	var out, log lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, at, ok := strings.Cut(out.String()+log.String(), "127.0.0.1:"); ok {
			return &goExample{name, "http://127.0.0.1:" + strings.TrimSpace(strings.SplitN(at, "\n", 2)[0])}
		}
		if time.Since(begin) > patience {
			t.Fatalf("%s says %q %q", name, out.String(), log.String())
		}
	}
}

// TestGoExamples starts the examples against a demo and asks them: who may, who may not, who is nobody; then a role is taken
// away, and at last the server is gone.
func TestGoExamples(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	demo := start(t, nil, "", "demo", "--json", "--http-address", "127.0.0.1:0", "--members", "60", "--catalog", "../../examples/catalogs/expenses.yaml")
	api := &client.Client{BaseURL: demo.wait(t, &demo.out, `"url": "(.*)"`), Token: demo.wait(t, &demo.out, `"token": "(.*)"`)}
	home, err := api.Organization(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	page, err := api.MembersPage(t.Context(), "default", client.MemberQuery{Statuses: []client.Status{client.StatusActive}, Limit: 40})
	if err != nil {
		t.Fatal(err)
	}
	var payer, reader string // two without roles of the site
	for _, m := range page.Members {
		if len(m.SiteRoles) > 0 {
			continue
		}
		role := "organization-accountant"
		if payer != "" {
			role = "organization-auditor"
		}
		if _, err := api.SetMemberRoles(t.Context(), "default", m.Username, []string{role}); err != nil {
			continue // the last administrator, say
		}
		if payer != "" {
			reader = m.UserID.String()
			break
		}
		payer = m.UserID.String()
	}
	list, pay, members := "/"+home.ID.String()+"/invoices", "/"+home.ID.String()+"/invoices/7/pay", "/"+home.ID.String()+"/members"
	examples := []*goExample{startGoExample(t, "go-nethttp", api), startGoExample(t, "go-echo", api)}
	for _, e := range examples {
		e.becomes(t, http.StatusUnauthorized, http.MethodGet, list, "")
		e.becomes(t, http.StatusOK, http.MethodGet, list, payer)
		e.becomes(t, http.StatusOK, http.MethodPost, pay, payer)
		e.becomes(t, http.StatusOK, http.MethodGet, list, reader)
		e.becomes(t, http.StatusForbidden, http.MethodPost, pay, reader)
		e.becomes(t, http.StatusForbidden, http.MethodPost, pay, "nobody")
		e.becomes(t, http.StatusOK, http.MethodGet, members, reader)
		if _, text := e.ask(t, http.MethodGet, members, reader); strings.Count(text, "\n") < 60 && strings.Count(text, ",") < 59 {
			t.Errorf("%s lists %q", e.name, text)
		}
	}
	if _, err := api.SetMemberRoles(t.Context(), "default", payer, nil); err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		e.becomes(t, http.StatusForbidden, http.MethodPost, pay, payer)
	}
	demo.stop()
	if code := demo.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, e := range examples {
		// What is loaded goes on for a while; what is not cannot be asked about.
		if res := e.becomes(t, http.StatusServiceUnavailable, http.MethodGet, fmt.Sprintf("/%s/invoices", payer), reader); res.Header.Get("Retry-After") == "" {
			t.Errorf("%s does not say when to try again", e.name)
		}
		if res := e.becomes(t, http.StatusServiceUnavailable, http.MethodGet, list, reader); res.Header.Get("Retry-After") == "" {
			t.Errorf("%s does not say when to try again", e.name)
		}
		e.becomes(t, http.StatusUnauthorized, http.MethodGet, list, "")
	}
}
