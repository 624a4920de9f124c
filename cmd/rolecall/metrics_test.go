package main

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
)

func body(t *testing.T, url string) string {
	t.Helper()
	res, err := http.DefaultClient.Do(request(t.Context(), t, http.MethodGet, url, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, res.StatusCode, err)
	}
	return string(b)
}

// D2, D6, T72: the metrics have an address of their own, and nothing in them that a stranger put there or should not see.
func TestMetrics(t *testing.T) {
	t.Parallel()
	file := dbtest.Place(t)
	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", file, "--username", "canary-owner", "--email", "canary-owner@example.com", "--role", "owner", "--json")
	server := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0", "--rate-limit", "100")
	url := "http://" + server.wait(t, &server.log, `listening address=(\S+)`)
	metrics := "http://" + server.wait(t, &server.log, `metrics address=(\S+)`) + "/metrics"

	if got := get(t, url+"/metrics", ""); got != http.StatusNotFound {
		t.Errorf("/metrics at the public address: %d", got)
	}
	if got := signIn(t, url, ada.Email, "canary-password"); got != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d", got)
	}
	if got := get(t, url+"/canary-path?canary-query=1", "canary-token"); got != http.StatusNotFound {
		t.Errorf("an unknown path: %d", got)
	}
	if got := send(t, request(t.Context(), t, "CANARY", url+"/users", "")); got != http.StatusMethodNotAllowed {
		t.Errorf("an unknown method: %d", got)
	}
	if code, _, log := call(t, "", "members", "list", "--db", file); code != 0 { // in this process: it counts too
		t.Errorf("a decision: exit code %d, %s", code, log)
	}
	if got := send(t, request(t.Context(), t, http.MethodPost, url+"/authcheck", "")); got != http.StatusUnauthorized {
		t.Errorf("a check of a stranger: %d", got)
	}
	text := body(t, metrics)
	for _, want := range []string{
		`rolecall_decisions_total{path="/authcheck",result="error"} 1`, `rolecall_decision_seconds_count{path="/authcheck"} 1`,
		`rolecall_http_requests_total{code="401",method="POST",route="/users/login"} 1`,
		`rolecall_http_requests_total{code="404",method="GET",route="none"} 2`,
		`rolecall_http_requests_total{code="405",method="other",route="none"} 1`,
		`rolecall_sign_ins_total{result="wrong",route="/users/login"} 1`,
		`rolecall_http_request_duration_seconds_count{method="POST",route="/users/login"} 1`,
		`rolecall_members{organization="default"} 1`, "rolecall_owners 1", "rolecall_tokens_ending 0", "rolecall_password_hashes_total 1",
		`rolecall_build_info{`, "rolecall_db_read_only 0", "process_resident_memory_bytes",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, name := range []string{"rolecall_db_size_bytes", "rolecall_db_writes_total", "rolecall_db_commits_total", `rolecall_authz_decisions_total{decision="allowed"}`} {
		if number(t, text, name) <= 0 {
			t.Errorf("%s is not counted", name)
		}
	}
	for _, secret := range []string{"canary", "CANARY", ada.Password} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics tell %q", secret)
		}
	}
	for _, secret := range []string{"canary", ada.Password} {
		if strings.Contains(server.log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}

	// The limit: a tenth of it for logins.
	limited := false
	for range 12 {
		limited = signIn(t, url, fmt.Sprint("x", limited, "@example.com"), "") == http.StatusTooManyRequests || limited
	}
	if !limited {
		t.Error("12 logins in a moment were let through a limit of 10")
	}
	if got := get(t, url+"/healthz", ""); got != http.StatusOK {
		t.Errorf("/healthz counts against the limit: %d", got)
	}
	if text := body(t, metrics); !strings.Contains(text, `code="429"`) || !strings.Contains(text, `rolecall_sign_ins_total{result="throttled"`) {
		t.Error("refusals are not counted")
	}
}

func number(t *testing.T, text, name string) float64 {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		t.Errorf("there is no %s", name)
		return 0
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Error(err)
	}
	return n
}
