package db_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// BenchmarkWrite is acknowledged writes a second, each waiting for the disk, from so many clients at once: through one
// handle, and through two, as replicas have them. Each changes the revision, as nearly all writes of the program do.
func BenchmarkWrite(b *testing.B) {
	for _, replicas := range []int{1, 2} {
		for _, clients := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("replicas=%d/clients=%d", replicas, clients), func(b *testing.B) { benchmarkWrite(b, replicas, clients) })
		}
	}
}

func benchmarkWrite(b *testing.B, replicas, clients int) {
	place := dbtest.PlaceOnDisk(b)
	handles := make([]*db.DB, replicas)
	for i := range handles {
		handles[i] = dbtest.Reopen(b, place)
	}
	ctx := b.Context()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for client := range clients {
		d := handles[client%replicas]
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := d.Write(ctx, func(q *db.Queries) error {
					return errors.Join(q.InsertOrganization(ctx, organization(fmt.Sprint("o-", n), time.Now())), q.BumpRevision(ctx, 0))
				}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	var writes, commits int64
	for _, d := range handles {
		w, c := d.WriteStats()
		writes, commits = writes+w, commits+c
	}
	b.ReportMetric(float64(commits)/float64(writes), "commits/write")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
	if rows, err := handles[0].ListOrganizations(ctx, int64(b.N)+1); err != nil || len(rows) != b.N {
		b.Errorf("%d rows for %d acknowledged writes, error %v", len(rows), b.N, err)
	}
}
