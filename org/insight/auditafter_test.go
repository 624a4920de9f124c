package insight

import (
	"testing"
	"time"

	"rolecall.example/db"
)

// What stands behind a number that may still turn up waits, unless it is so old that it never will, or nobody else writes.
func TestSettledUpTo(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	rows := []db.ListAuditSeqsRow{{Seq: 6, Time: now}, {Seq: 8, Time: now.Add(-time.Hour)}, {Seq: 9, Time: now}, {Seq: 11, Time: now}, {Seq: 12, Time: now}}
	for _, c := range []struct {
		what   string
		after  int64
		shared bool
		closed int64
		want   int64
	}{
		{"a young gap at 10, an old one at 7", 5, true, 0, 9},
		{"a young gap at once", 4, true, 0, 4},
		{"a young gap that is closed", 4, true, 9, 9},
		{"one process writes", 5, false, 0, 12},
	} {
		if got := settledUpTo(rows, c.after, c.shared, c.closed, now.Add(-settleTime)); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}
