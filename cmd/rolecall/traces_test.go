package main

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"rolecall.example/client"
	"rolecall.example/db/dbtest"
)

// collector takes what OTLP/HTTP brings it. The first time it is too busy.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	busy   bool
	tokens []string
	spans  []*tracepb.Span
	text   string // all that came, as it can be searched
}

func newCollector(t *testing.T) *collector {
	c := &collector{busy: true}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.busy {
			c.busy = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		zip, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		message, err := io.ReadAll(zip)
		var data tracepb.TracesData
		if err != nil || proto.Unmarshal(message, &data) != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s: %v, %v", r.URL, r.Header, err)
		}
		c.tokens, c.text = append(c.tokens, r.Header.Get("X-Tenant")), c.text+data.String()
		for _, of := range data.GetResourceSpans() {
			for _, in := range of.GetScopeSpans() {
				c.spans = append(c.spans, in.GetSpans()...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// wait returns when a span of this name has come.
func (c *collector) wait(t *testing.T, name string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c.mu.Lock()
		has := slices.ContainsFunc(c.spans, func(s *tracepb.Span) bool { return s.GetName() == name })
		c.mu.Unlock()
		if has {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no span %s has come", name)
		}
	}
}

// below lists the names of the spans below one of a trace, with those of their parents before them.
func (c *collector) below(id []byte, path string) (names []string) {
	for _, s := range c.spans {
		if string(s.GetParentSpanId()) == string(id) {
			name := path + s.GetName()
			names = append(append(names, name), c.below(s.GetSpanId(), name+" > ")...)
		}
	}
	return names
}

const (
	sampledTrace   = "4bf92f3577b34da6a3ce929d0e0e4736"
	unsampledTrace = "4bf92f3577b34da6a3ce929d0e0e4737"
	parentSpan     = "00f067aa0ba902b7"
)

// A request, the units of its use cases and their statements are spans of one trace, which goes on with that of a trusted
// proxy, as does what it decided about sampling. Nothing that a client sent is in them. Lines of the log have the id.
func TestTraces(t *testing.T) {
	t.Parallel()
	file, sink := dbtest.Place(t), newCollector(t)
	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", file, "--username", "canary-owner", "--email", "canary-owner@example.com", "--role", "owner", "--json")
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": sink.URL, "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=a%20b",
		"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=testing,service.name=unused", "OTEL_SERVICE_NAME": "roles", "OTEL_BSP_SCHEDULE_DELAY": "50",
	}
	server := start(t, env, "", "--db", file, "--http-address", "127.0.0.1:0", "--trusted-proxies", "127.0.0.1")
	url := "http://" + server.wait(t, &server.log, `listening address=(\S+)`)
	in, err := (&client.Client{BaseURL: url}).Login(t.Context(), client.LoginRequest{Email: ada.Email, Password: ada.Password})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, traceparent string) {
		req := request(t.Context(), t, method, url+path, "")
		req.Header.Set("Coder-Session-Token", in.SessionToken)
		req.Header.Set("Traceparent", traceparent)
		send(t, req)
	}
	ask(http.MethodGet, "/api/v2/organizations/default/members?q=canary-query", "00-"+sampledTrace+"-"+parentSpan+"-01")
	ask(http.MethodGet, "/api/v2/organizations/default/members", "00-"+unsampledTrace+"-"+parentSpan+"-00")
	ask(http.MethodGet, "/api/v2/organizations/canary-place/members", "00-"+sampledTrace+"-"+parentSpan+"-01")
	ask(http.MethodPost, "/api/v2/users/logout", "")
	sink.wait(t, "POST /users/logout")
	server.stop()
	if code := server.exit(t); code != 0 {
		t.Errorf("exit code %d: %s", code, server.log.String())
	}
	sink.mu.Lock()
	defer sink.mu.Unlock()
	for _, secret := range []string{"canary", in.SessionToken, "127.0.0.1"} {
		if strings.Contains(sink.text, secret) {
			t.Errorf("a span has %q", secret)
		}
	}
	for _, want := range []string{`string_value:"roles"`, `string_value:"testing"`, "service.version", "http.response.status_code"} {
		if !strings.Contains(strings.ReplaceAll(sink.text, "  ", " "), want) {
			t.Errorf("no span has %s", want)
		}
	}
	if len(sink.tokens) == 0 || sink.tokens[0] != "a b" {
		t.Errorf("headers: %q", sink.tokens)
	}
	parent, _ := hex.DecodeString(parentSpan)
	const members = "GET /organizations/{organization}/members"
	got := sink.below(parent, "")
	for _, want := range []string{members, members + " > read tenant.StreamMembers", members + " > read tenant.StreamMembers > SearchMembersByUsername"} {
		if !slices.Contains(got, want) {
			t.Errorf("below the proxy's span there is no %q, but\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, s := range sink.spans {
		if trace := hex.EncodeToString(s.GetTraceId()); trace == unsampledTrace {
			t.Errorf("a span of a trace that the proxy does not sample: %s", s.GetName())
		}
	}
	if refused := slices.IndexFunc(sink.spans, func(s *tracepb.Span) bool { return strings.Contains(s.String(), "rolecall.error.status") }); refused < 0 {
		t.Error("no unit tells how its use case failed")
	}
	if !strings.Contains(server.log.String(), "trace_id="+sampledTrace) {
		t.Error("no line of the log has the id of the trace")
	}
	for _, path := range []string{"write account.", "InsertAPIKey"} {
		if !slices.ContainsFunc(sink.spans, func(s *tracepb.Span) bool { return strings.Contains(s.String(), path) }) {
			t.Errorf("signing in left no span %q: %s", path, sink.text)
		}
	}
}

// From who is no trusted proxy no trace is taken.
func TestTracesOfStrangers(t *testing.T) {
	t.Parallel()
	sink := newCollector(t)
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": sink.URL + "/v1/traces", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
		"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1", "OTEL_BSP_SCHEDULE_DELAY": "50",
	}
	server := start(t, env, "", "--db", dbtest.Place(t), "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `listening address=(\S+)`)
	req := request(t.Context(), t, http.MethodGet, url+"/api/v2/users/first", "")
	req.Header.Set("Traceparent", "00-"+sampledTrace+"-"+parentSpan+"-01")
	send(t, req)
	sink.wait(t, "GET /users/first")
	sink.mu.Lock()
	defer sink.mu.Unlock()
	for _, s := range sink.spans {
		if hex.EncodeToString(s.GetTraceId()) == sampledTrace {
			t.Errorf("%s goes on with the trace of a stranger", s.GetName())
		}
	}
}

// What is wrong with the variables is said at the start, all of it at once, and nothing of what may be secret.
func TestTraceVariables(t *testing.T) {
	t.Parallel()
	const on = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, c := range []struct {
		env  map[string]string
		want string // what is wrong, "" for nothing
		on   bool
	}{
		{map[string]string{}, "", false},
		{map[string]string{"OTEL_TRACES_SAMPLER": "always_on"}, "", false},
		{map[string]string{on: "http://localhost:4318", "OTEL_TRACES_EXPORTER": "none"}, "", false},
		{map[string]string{on: "http://localhost:4318", "OTEL_SDK_DISABLED": "true"}, "", false},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, "", true},
		{map[string]string{on: "https://collector.example.com"}, "", true},
		{map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, `OTEL_TRACES_EXPORTER: "zipkin" is none of otlp, none`, false},
		{map[string]string{on: "http://canary@collector"}, on + ": not a URL like http://collector.example.com:4318", false},
		{map[string]string{on: "collector:4318"}, on + ": not a URL", false},
		{map[string]string{on: "http://localhost:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, `OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" is not http/protobuf`, false},
		{map[string]string{on: "http://localhost:4318", "OTEL_EXPORTER_OTLP_HEADERS": "canary"}, "OTEL_EXPORTER_OTLP_HEADERS: not a list like key=value", false},
		{map[string]string{on: "http://localhost:4318", "OTEL_TRACES_SAMPLER": "most", "OTEL_BSP_SCHEDULE_DELAY": "5s"}, `OTEL_TRACES_SAMPLER: "most" is none of `, false},
		{map[string]string{on: "http://localhost:4318", "OTEL_TRACES_SAMPLER": "most", "OTEL_BSP_SCHEDULE_DELAY": "5s"}, `; OTEL_BSP_SCHEDULE_DELAY: "5s" is not a whole number`, false},
		{map[string]string{on: "http://localhost:4318", "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "NaN"}, `OTEL_TRACES_SAMPLER_ARG: "NaN" is not a number from 0 to 1`, false},
		{map[string]string{on: "http://localhost:4318", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere"}, `OTEL_EXPORTER_OTLP_CERTIFICATE: "/nowhere" is not a file`, false},
		{map[string]string{on: "http://localhost:4318", "OTEL_EXPORTER_OTLP_TIMEOUT": "-1"}, `OTEL_EXPORTER_OTLP_TIMEOUT: "-1" is not a whole number`, false},
	} {
		s, err := readTraceSettings(c.env)
		if c.want == "" && (err != nil || (s != nil) != c.on) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%v: on %v, %v; want %v, %q", c.env, s != nil, err, c.on, c.want)
		}
	}
	server := start(t, map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, "", "serve", "--db", t.TempDir()+"/roles.db")
	if code := server.exit(t); code != exitUsage || !strings.Contains(server.log.String(), "OTEL_TRACES_EXPORTER") {
		t.Errorf("exit code %d: %s", code, server.log.String())
	}
}
