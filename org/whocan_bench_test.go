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
	s.exec(tb, fmt.Sprintf(`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < %d)
		INSERT INTO users SELECT printf('%%08x-0000-4000-8000-000000000000', n), 'user' || n, 'user' || n, n || '@example.com', n || '@example.com',
			'', '', 'user' || n, '', 'active', 'none', '', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', NULL FROM i`, n))
	s.exec(tb, "INSERT INTO organization_members SELECT ?, id, username_key, 1, created_at, updated_at FROM users WHERE username LIKE 'user%'", home.String())
	for i, role := range []string{"viewer", "curb", "organization-auditor", "organization-template-admin"} {
		s.exec(tb, "INSERT INTO member_roles SELECT ?, id, ? FROM users WHERE username LIKE 'user%' AND CAST(substr(username, 5) AS integer) % ? = 0",
			home.String(), role, 4+i*3)
	}
	s.exec(tb, "INSERT INTO user_roles SELECT id, 'template-admin' FROM users WHERE username LIKE 'user%' AND CAST(substr(username, 5) AS integer) % 50 = 0")
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
		w, err := s.WhoCan(b.Context(), owner, "default", q, 25, 0)
		if err != nil || w.Total < 100_000 || w.Count < 2_000 || len(w.Members) != 25 {
			b.Fatalf("%d of %d, %v", w.Count, w.Total, err)
		}
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	spent := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	b.ReportMetric(float64(spent.Milliseconds())/float64(b.N), "cpu-ms/op")
}
