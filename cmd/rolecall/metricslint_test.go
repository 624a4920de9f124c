package main

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"rolecall.example/db/dbtest"
)

// TestMetricsAreWatched: names and units are as Prometheus wants them; and every rule and panel that comes with the program
// asks for metrics that there are, while every rule says what to do.
func TestMetricsAreWatched(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	backup := folder + "/rolecall.backup"
	if err := os.WriteFile(backup, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	written := time.Unix(1_700_000_000, 0)
	if err := os.Chtimes(backup, written, written); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder+"/cut-short", nil, 0o600); err != nil { // newer, and no backup
		t.Fatal(err)
	}
	cert, key, _ := certificate(t)
	server := start(t, nil, "", "--db", dbtest.Place(t), "--http-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0",
		"--backup-folder", folder, "--tls-cert-file", cert, "--tls-key-file", key, "--log-slow", "1ns", "--log-format", "json", "--metrics-pprof")
	server.wait(t, &server.log, `"msg":"listening","address":"([^"]+)"`)
	address := "http://" + server.wait(t, &server.log, `"msg":"metrics","address":"([^"]+)"`)
	body(t, address+"/debug/pprof/")
	text := body(t, address+"/metrics")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "rolecall_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	for _, want := range []string{
		"rolecall_backup_timestamp_seconds 1.7e+09", `rolecall_db_connections{pool="readers",state="in_use"}`, "rolecall_mails_waiting 0",
		"rolecall_feed_backlog 0", `rolecall_db_connection_waits_total{pool="readers"}`, "rolecall_certificate_expiry_timestamp_seconds",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if number(t, text, "rolecall_slow_statements_total") == 0 {
		t.Error("no statement took longer than a nanosecond")
	}
	server.wait(t, &server.log, `"level":"WARN","msg":"slow statement","query":"(\w+)","duration_ms":`)
	exists := described(text)
	for about, queries := range map[string][]string{"alerts.yaml": alertQueries(t), "dashboard.json": boardQueries(t)} {
		if len(queries) < 8 {
			t.Errorf("%s: found %d queries", about, len(queries))
		}
		for _, q := range queries {
			for _, name := range metricName.FindAllString(q, -1) {
				if base := suffix.ReplaceAllString(name, ""); !exists[name] && !exists[base] {
					t.Errorf("%s: %s is no metric: %s", about, name, q)
				}
			}
			if strings.Count(q, "(") != strings.Count(q, ")") || strings.Count(q, "{") != strings.Count(q, "}") {
				t.Errorf("%s: %s", about, q)
			}
		}
	}
}

var (
	metricName = regexp.MustCompile(`\b(?:rolecall|process|go)_[a-z_]+`)
	suffix     = regexp.MustCompile(`_(?:bucket|count|sum)$`)
)

// described is the metrics of a scrape. Those with labels that nothing has happened to yet have no series, and are named here.
func described(text string) map[string]bool {
	names := map[string]bool{
		"rolecall_standby_usable":      true, // with --read-db
		"rolecall_http_requests_total": true, "rolecall_http_request_duration_seconds": true, "rolecall_sign_ins_total": true,
		"rolecall_decisions_total": true, "rolecall_decision_seconds": true,
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
	}
	return names
}

func alertQueries(t *testing.T) (queries []string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(b, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if seen[r.Alert] || r.Alert == "" || r.Expr == "" {
				t.Errorf("%q is there twice, or asks nothing", r.Alert)
			}
			seen[r.Alert] = true
			if got := slices.Sorted(maps.Keys(r.Annotations)); !slices.Equal(got, []string{"do", "summary"}) {
				t.Errorf("%s: annotations %v, want do and summary", r.Alert, got)
			}
			if s := r.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s: severity %q", r.Alert, s)
			}
			if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
				t.Errorf("%s: %v", r.Alert, err)
			}
			queries = append(queries, r.Expr)
		}
	}
	return queries
}

func boardQueries(t *testing.T) (queries []string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/deploy/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(b, &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d (%q): its id is taken, or it has no title, asks nothing, or is too wide", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			queries = append(queries, target.Expr)
		}
	}
	return queries
}
