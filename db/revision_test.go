package db_test

import (
	"sync"
	"testing"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// TestRevisionIsNeverOld writes through one handle and asks a second one, as another process would, and the first, each
// right after the write was acknowledged, while both are being asked all the time.
func TestRevisionIsNeverOld(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	place := dbtest.Place(t)
	here, there := dbtest.Reopen(t, place), dbtest.Reopen(t, place)
	done := make(chan struct{})
	var busy sync.WaitGroup
	for _, d := range []*db.DB{here, there} {
		busy.Go(func() {
			for last := int64(0); ; {
				select {
				case <-done:
					return
				default:
				}
				r, err := d.Revision(ctx)
				now := r.Value
				if err != nil || now < last {
					t.Errorf("the revision went from %d to %d: %v", last, now, err)
					return
				}
				last = now
			}
		})
	}
	for i := range int64(2000) {
		floor := 1000 + 2*i
		if err := here.Write(ctx, func(q *db.Queries) error { return q.BumpRevision(ctx, floor) }); err != nil {
			t.Fatal(err)
		}
		for name, d := range map[string]*db.DB{"here": here, "there": there} {
			if got, err := d.Revision(ctx); err != nil || got.Value != floor {
				t.Fatalf("%s: got %d, %v; %d was acknowledged", name, got, err, floor)
			}
		}
	}
	close(done)
	busy.Wait()
}

func BenchmarkRevision(b *testing.B) {
	d := dbtest.Open(b)
	b.Run("looked at", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.Revision(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("asked for", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.GetRevision(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
