package db

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkWrite is acknowledged writes a second, each waiting for the disk, from so many clients at once.
func BenchmarkWrite(b *testing.B) {
	for _, clients := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			d, err := Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range clients {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := insert(b.Context(), d, fmt.Sprint("o-", n)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			writes, commits := d.WriteStats()
			b.ReportMetric(float64(writes)/b.Elapsed().Seconds(), "writes/s")
			b.ReportMetric(float64(commits)/float64(writes), "commits/write")
			if rows, err := d.ListOrganizations(b.Context(), int64(b.N)+1); err != nil || len(rows) != b.N {
				b.Errorf("%d rows for %d acknowledged writes, error %v", len(rows), b.N, err)
			}
		})
	}
}
