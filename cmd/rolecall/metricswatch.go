package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rolecall.example/db"
	"rolecall.example/org/services"
)

// pools counts what is waiting: for a connection, for a mail server, for programs that listen. It is read on each
// scrape, and costs nothing otherwise.
type pools struct {
	db      *db.DB
	service *services.Service
}

var (
	openDesc    = prometheus.NewDesc("rolecall_db_connections", "Connections to the database; those of snapshots are turns to read a long list.", []string{"pool", "state"}, nil)
	mostDesc    = prometheus.NewDesc("rolecall_db_connections_limit", "How many connections there may be.", []string{"pool"}, nil)
	waitsDesc   = prometheus.NewDesc("rolecall_db_connection_waits_total", "How often a connection was waited for.", []string{"pool"}, nil)
	waitedDesc  = prometheus.NewDesc("rolecall_db_connection_wait_seconds_total", "How long connections were waited for.", []string{"pool"}, nil)
	mailsDesc   = prometheus.NewDesc("rolecall_mails_waiting", "Mails that wait to go out.", nil, nil)
	backlogDesc = prometheus.NewDesc("rolecall_feed_backlog", "Events that wait for the slowest of the programs that listen to changes. At 1000 its stream ends, and it reads anew.", nil, nil)
)

// Describe implements prometheus.Collector.
func (p *pools) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{openDesc, mostDesc, waitsDesc, waitedDesc, mailsDesc, backlogDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. What cannot be read fails the scrape, since a missing value would look as if
// nothing were waiting.
func (p *pools) Collect(ch chan<- prometheus.Metric) {
	value := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	for _, c := range p.db.Pools() {
		value(openDesc, prometheus.GaugeValue, float64(c.InUse), c.Name, "in_use")
		value(openDesc, prometheus.GaugeValue, float64(c.Open-c.InUse), c.Name, "idle")
		value(mostDesc, prometheus.GaugeValue, float64(c.Most), c.Name)
		value(waitsDesc, prometheus.CounterValue, float64(c.Waits), c.Name)
		value(waitedDesc, prometheus.CounterValue, c.Waited.Seconds(), c.Name)
	}
	value(backlogDesc, prometheus.GaugeValue, float64(p.service.Feed.Backlog()))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if n, err := p.service.Invite.CountMails(ctx); err == nil {
		value(mailsDesc, prometheus.GaugeValue, float64(n))
	} else {
		ch <- prometheus.NewInvalidMetric(mailsDesc, err)
	}
}

// newestIn returns when the newest file in a folder was written, 0 if there is none, so that an alert about its age
// also fires then.
func newestIn(folder string) float64 {
	var newest time.Time
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		// Neither a folder nor an empty file is a backup.
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Size() > 0 && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	if newest.IsZero() {
		return 0
	}
	return float64(newest.Unix())
}

// profile serves the runtime's own profiles. They reveal memory, which contains secrets, so they are only served if the
// operator asked for them, and only at the address of the metrics, which the public cannot reach.
func profile(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}

// slow counts slow statements; it exists before the metrics do.
func (c *config) slow() prometheus.Counter {
	if c.slowStatements == nil {
		c.slowStatements = prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rolecall_slow_statements_total", Help: "Statements that took longer than --log-slow.",
		})
	}
	return c.slowStatements
}

// noteSlow logs and counts slow statements by name, since their arguments may be secret.
func (c *config) noteSlow(log *slog.Logger) []db.Option {
	if c.logSlow == 0 {
		return nil
	}
	count := c.slow()
	return []db.Option{db.NoteSlow(c.logSlow, func(query string, took time.Duration) {
		count.Inc()
		log.Warn("slow statement", "query", query, "duration_ms", float64(took.Microseconds())/1000)
	})}
}

// parseBackupFolder does not require the folder to exist: if a disk is not mounted, the metric shows it.
func parseBackupFolder(c *config, v string) error {
	if info, err := os.Stat(v); v != "" && err == nil && !info.IsDir() || v != "" && err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.New("the name of a folder is needed")
	}
	c.backupFolder = v
	return nil
}
