package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/services"
)

// people collects the numbers of members, owners and ending tokens at each scrape.
type people struct{ service *services.Service }

// maxOrganizations bounds the number of series in a scrape.
const maxOrganizations = 1000

var (
	membersDesc = prometheus.NewDesc("rolecall_members", "Members of an organization; of the first 1000 by name.", []string{"organization"}, nil)
	endingDesc  = prometheus.NewDesc("rolecall_tokens_ending", "API tokens that end within 7 days. Programs that use them stop then.", nil, nil)
	ownersDesc  = prometheus.NewDesc("rolecall_owners", "Active owners that can sign in and manage roles and users. 0 is an emergency.", nil, nil)
)

func (p *people) Describe(ch chan<- *prometheus.Desc) {
	ch <- membersDesc
	ch <- ownersDesc
	ch <- endingDesc
}

func (p *people) Collect(ch chan<- prometheus.Metric) {
	// A scrape passes collectors no context, and must not wait for a database that hangs.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// If a number could not be read, the scrape must say so: left out, or as 0, it would raise no alarm or a wrong one.
	if n, err := p.service.CountOwners(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(ownersDesc, prometheus.GaugeValue, float64(n))
	} else {
		ch <- prometheus.NewInvalidMetric(ownersDesc, err)
	}
	if n, err := p.service.CountTokensEnding(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(endingDesc, prometheus.GaugeValue, float64(n))
	} else {
		ch <- prometheus.NewInvalidMetric(endingDesc, err)
	}
	counts, err := p.service.MemberCounts(ctx, maxOrganizations)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(membersDesc, err)
	}
	for name, n := range counts {
		ch <- prometheus.MustNewConstMetric(membersDesc, prometheus.GaugeValue, float64(n), name)
	}
}

// store collects the figures of the database, of decisions and of password hashes.
type store struct {
	db      *db.DB
	service *services.Service
}

var (
	decisionsDesc = prometheus.NewDesc("rolecall_authz_decisions_total", "Questions that the engine answered.", []string{"decision"}, nil)
	hashesDesc    = prometheus.NewDesc("rolecall_password_hashes_total", "Password hashes computed: logins, with correct and wrong passwords.", nil, nil)
	refusalsDesc  = prometheus.NewDesc("rolecall_refusals_suppressed_total", "Refusals that the audit trail does not have, because one account had too many.", nil, nil)
	sizeDesc      = prometheus.NewDesc("rolecall_db_size_bytes", "What the data takes: the database file and its log, or the database on the server.", nil, nil)
	writesDesc    = prometheus.NewDesc("rolecall_db_writes_total", "Writes handed to the database.", nil, nil)
	commitsDesc   = prometheus.NewDesc("rolecall_db_commits_total", "Commits that they took: each waits for the disk once.", nil, nil)
	waitingDesc   = prometheus.NewDesc("rolecall_db_writes_waiting", "Writes that wait for their turn.", nil, nil)
	oldNamesDesc  = prometheus.NewDesc("rolecall_catalog_old_names_total", "Requests that named a pair as it was called before.", []string{"pair"}, nil)
	listenersDesc = prometheus.NewDesc("rolecall_feed_clients", "Programs that listen to changes.", nil, nil)
	lagDesc       = prometheus.NewDesc("rolecall_feed_lag_seconds", "How long ago changes were read last, while someone listens.", nil, nil)
	skewDesc      = prometheus.NewDesc("rolecall_clock_skew_seconds", "By how much the clock here is ahead of the database's.", nil, nil)
	failedDesc    = prometheus.NewDesc("rolecall_db_read_only", "1 after the disk failed a write or a read: until a restart, or until there is room if it was full.", nil, nil)
)

func (s *store) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{decisionsDesc, hashesDesc, refusalsDesc, oldNamesDesc, sizeDesc, writesDesc, commitsDesc, waitingDesc, listenersDesc, lagDesc, skewDesc, failedDesc} {
		ch <- d
	}
}

// Collect starts with the counts in memory: they are right even while the database is down.
func (s *store) Collect(ch chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, n int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, n int64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n))
	}
	allowed, denied := org.DecisionCounts()
	count(decisionsDesc, allowed, "allowed")
	count(decisionsDesc, denied, "denied")
	count(hashesDesc, s.service.Hashes())
	count(refusalsDesc, s.service.SuppressedRefusals())
	for pair, n := range s.service.OldNames() {
		count(oldNamesDesc, n, pair.String())
	}
	writes, commits := s.db.WriteStats()
	count(writesDesc, writes)
	count(commitsDesc, commits)
	gauge(waitingDesc, s.db.Waiting())
	gauge(listenersDesc, int64(s.service.Feed.Clients()))
	ch <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, s.service.Feed.Lag().Seconds())
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if size, err := s.db.Size(ctx); err == nil {
		gauge(sizeDesc, size)
	} else {
		ch <- prometheus.NewInvalidMetric(sizeDesc, err)
	}
	if skew, err := s.db.Skew(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(skewDesc, prometheus.GaugeValue, skew.Seconds())
	} else {
		ch <- prometheus.NewInvalidMetric(skewDesc, err)
	}
	failed := int64(0)
	if s.db.Err() != nil {
		failed = 1
	}
	gauge(failedDesc, failed)
}
