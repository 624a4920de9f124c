package org_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"rolecall/org"
)

// crowded is a site whose first organization has n members; a third of them hold one of a dozen sets of roles, and one in
// fifty a site role.
func crowded(tb testing.TB, n int) *site {
	tb.Helper()
	s := newSite(tb)
	people := make([]person, n)
	for i := range people {
		p := person{name: fmt.Sprintf("user%d", i), login: "none", home: []string{}}
		for j, role := range []string{"viewer", "curb", "organization-auditor", "organization-template-admin"} {
			if i%(4+j*3) == 0 {
				p.home = append(p.home, role)
			}
		}
		if i%50 == 0 {
			p.site = []string{"template-admin"}
		}
		people[i] = p
	}
	s.insert(tb, people...)
	return s
}

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
