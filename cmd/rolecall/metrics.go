package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"rolecall.example/org/services"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rolecall.example/db"
	"rolecall.example/web"
)

// metrics are the metrics of the server, served at an address of their own. Clients cannot invent values of labels, and
// no label names a person. There is no authentication, so the address must not be the public one.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	decisions *prometheus.CounterVec
	deciding  *prometheus.HistogramVec
	took      *prometheus.HistogramVec
	entering  *prometheus.CounterVec
	slow      prometheus.Counter
}

func newMetrics(d *db.DB, service *services.Service, c *config) *metrics {
	m := &metrics{
		// Not the default registry: packages may register anything there.
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rolecall_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "code"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rolecall_decisions_total", Help: "Decisions that were asked for, by the path of the route: allow and deny; error for each request that was refused or failed.",
		}, []string{"path", "result"}),
		deciding: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rolecall_decision_seconds", Help: "How long requests for decisions took.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"path"}),
		// Fewer buckets than above: each bucket is a series for each route.
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rolecall_http_request_duration_seconds", Help: "How long answers took, without those that go on for as long as the client likes.",
			Buckets: []float64{.005, .025, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method"}),
		entering: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rolecall_sign_ins_total", Help: "Tries to get in, by the route: signing in, accepting an invitation, making the first account. Result: ok (let in, or led to the next step), wrong, throttled (too many tries) or failed.",
		}, []string{"route", "result"}),
		slow: c.slow(),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rolecall_build_info", Help: "1, with the version."}, []string{"version", "go"})
	build.WithLabelValues(version(), runtime.Version()).Set(1)
	if proof := c.certificate; proof != nil {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rolecall_certificate_expiry_timestamp_seconds", Help: "When the TLS certificate in use expires, in seconds since 1970.",
		}, func() float64 { return float64(proof.ends().Unix()) }))
	}
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "rolecall_snapshot_builds_total", Help: "Documents for applications that were made; others came from disk.",
	}, func() float64 { builds, _ := service.Snapshots.Stats(); return float64(builds) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rolecall_snapshot_bytes", Help: "Documents for applications that are kept on disk.",
	}, func() float64 { _, bytes := service.Snapshots.Stats(); return float64(bytes) }))
	if c.backupFolder != "" {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rolecall_backup_timestamp_seconds", Help: "When the newest file in the folder of backups was written, in seconds since 1970; 0 if there is none.",
		}, func() float64 { return newestIn(c.backupFolder) }))
	}
	m.registry.MustRegister(m.requests, m.decisions, m.deciding, m.took, m.entering, m.slow, build, &people{service}, &store{d, service}, &pools{d, service}, &standby{d},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts an answer. All unknown methods share a label, and so do all paths without a route: every new value
// would be a series that is kept forever.
func (m *metrics) observe(a web.Answered) {
	route, method := a.Route, a.Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(a.Status)).Inc()
	if !a.Stream {
		m.took.WithLabelValues(route, method).Observe(a.Took.Seconds())
	}
	if a.Enters {
		m.entering.WithLabelValues(route, entered(a.Status)).Inc()
	}
}

// entered names the result of an attempt to get in.
func entered(status int) string {
	switch {
	case status < http.StatusBadRequest:
		return "ok"
	case status == http.StatusTooManyRequests:
		return "throttled"
	case status >= http.StatusInternalServerError:
		return "failed"
	}
	return "wrong"
}

// decide counts the decisions of a request. route is from the table, so the number of series is bounded.
func (m *metrics) decide(route string, allowed, denied int, failed bool, took time.Duration) {
	for result, n := range map[string]int{"allow": allowed, "deny": denied} {
		m.decisions.WithLabelValues(route, result).Add(float64(n))
	}
	errors := m.decisions.WithLabelValues(route, "error") // exported even at 0, so that a rate is known from the first one on
	if failed {
		errors.Inc()
	}
	m.deciding.WithLabelValues(route).Observe(took.Seconds())
}

// serve serves the metrics, and profiles if requested, at address until the server stops. It does nothing for "".
func (m *metrics) serve(address string, profiles bool, log *slog.Logger) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	// A port in use ends the start: otherwise no one could watch the server.
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--metrics-address: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		// Bounded, since each scrape asks the database.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	}))
	if profiles {
		profile(mux)
	}
	server := newServer(mux, log)
	go func() { _ = server.Serve(l) }() // ends with Close
	log.Info("metrics", "address", l.Addr().String())
	return func() { _ = server.Close() }, nil
}
