package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rolecall.example/db"
)

// databaseOptions says who is told about statements, and which standby answers reads.
func (c *config) databaseOptions(log *slog.Logger) []db.Option {
	options := append(c.noteSlow(log), c.traces.ofStatements()...)
	if c.readDB == "" {
		return options
	}
	where := db.Describe(c.readDB)
	return append(options, db.ReadFrom(c.readDB, func(err error) {
		if err == nil {
			log.Info("the standby answers reads again", "standby", where)
			return
		}
		log.Warn("the standby cannot be used: the primary answers all reads", "standby", where, "err", err)
	}))
}

// parseReadDB does not connect yet: a standby that is down must not keep the server from starting.
func parseReadDB(c *config, v string) error {
	switch {
	case v == "":
		return nil
	case !db.IsServer(v):
		return errors.New("the postgres:// URL of a hot standby is needed")
	}
	c.readDB = v
	return db.CheckURL(v)
}

// standby counts the results of reads that a standby may answer. Without one there are no such metrics.
type standby struct{ db *db.DB }

var (
	standbyReadsDesc  = prometheus.NewDesc("rolecall_standby_reads_total", "Reads that the standby may answer, by what came of it: standby (it did); behind, failed or rested (the primary did: it was too far behind, could not be used, or one of these was a moment ago, or it was busy).", []string{"result"}, nil)
	standbyUsableDesc = prometheus.NewDesc("rolecall_standby_usable", "1 if the last read that tried to could be answered by the standby.", nil, nil)
	standbyLagDesc    = prometheus.NewDesc("rolecall_standby_lag_bytes", "How much of the log of the primary the standby has not replayed; not there while one of them cannot be asked.", nil, nil)
)

func (s *standby) Describe(ch chan<- *prometheus.Desc) {
	ch <- standbyReadsDesc
	ch <- standbyUsableDesc
	ch <- standbyLagDesc
}

// standbyScrape is how long a scrape waits for a standby, which may be down for long.
const standbyScrape = time.Second

func (s *standby) Collect(ch chan<- prometheus.Metric) {
	stats, ok := s.db.Standby()
	if !ok {
		return
	}
	for result, n := range map[string]int64{"standby": stats.Read, "behind": stats.Behind, "failed": stats.Failed, "rested": stats.Rested} {
		ch <- prometheus.MustNewConstMetric(standbyReadsDesc, prometheus.CounterValue, float64(n), result)
	}
	usable := 0.0
	if stats.Usable {
		usable = 1
	}
	ch <- prometheus.MustNewConstMetric(standbyUsableDesc, prometheus.GaugeValue, usable)
	ctx, cancel := context.WithTimeout(context.Background(), standbyScrape)
	defer cancel()
	if lag, err := s.db.StandbyLag(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(standbyLagDesc, prometheus.GaugeValue, float64(lag))
	}
}
