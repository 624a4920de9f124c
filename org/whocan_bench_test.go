//go:build unix

package org_test

import (
	"syscall"
	"testing"
	"time"

	"rolecall.example/org"
)

// BenchmarkWhoCan finds who of 100,000 members may do something: a page of them, and how many there are.
func BenchmarkWhoCan(b *testing.B) {
	s := crowded(b, 100_000)
	owner := s.as(b, "o")
	q := org.Question{Action: "update", ResourceType: "template"}
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	for b.Loop() {
		w, err := s.WhoCan(b.Context(), owner, "default", q, org.WhoCanPage{Limit: 25})
		if err != nil || w.Total < 100_000 || w.Count < 2_000 || len(w.Members) != 25 {
			b.Fatalf("%d of %d, %v", w.Count, w.Total, err)
		}
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	spent := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	b.ReportMetric(float64(spent.Milliseconds())/float64(b.N), "cpu-ms/op")
}
