package org_test

import (
	"testing"

	"rolecall.example/org"
)

// BenchmarkEachMember reads all of 100,000 members.
func BenchmarkEachMember(b *testing.B) {
	s := crowded(b, 100_000)
	owner := s.as(b, "o")
	for b.Loop() {
		n := 0
		err := s.StreamMembers(b.Context(), owner, "default", org.MemberFilter{}, func(int) error { return nil }, func(*org.Member) error { n++; return nil })
		if err != nil || n < 100_000 {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
