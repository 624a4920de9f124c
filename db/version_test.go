package db_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// known is the revision of the site as somebody finds it who asks again only when the version of the data is another one.
type known struct {
	d       *db.DB
	mu      sync.Mutex
	version db.Version
	value   int64
}

func (k *known) revision(ctx context.Context) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	version, ok := k.d.Version()
	if ok && version == k.version {
		return k.value, nil
	}
	r, err := k.d.GetRevision(ctx, uuid.Nil)
	if ok && err == nil {
		k.version, k.value = version, r.Value
	}
	return r.Value, err
}

// TestVersionIsNeverOld writes through one handle and asks a second one, as another process would, and the first, each
// right after the write was acknowledged, while both are being asked all the time.
func TestVersionIsNeverOld(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	place := dbtest.Place(t)
	here, there := &known{d: dbtest.Reopen(t, place)}, &known{d: dbtest.Reopen(t, place)}
	done := make(chan struct{})
	var busy sync.WaitGroup
	for _, d := range []*known{here, there} {
		busy.Go(func() {
			for last := int64(0); ; {
				select {
				case <-done:
					return
				default:
				}
				now, err := d.revision(ctx)
				if err != nil || now < last {
					t.Errorf("the revision went from %d to %d: %v", last, now, err)
					return
				}
				last = now
			}
		})
	}
	rounds := int64(500) // two processes that only read take both cores meanwhile
	if testing.Short() {
		rounds = 100
	}
	for i := range rounds {
		floor := 1000 + 2*i
		if err := here.d.Write(ctx, func(q *db.Queries) error { return q.BumpRevision(ctx, floor) }); err != nil {
			t.Fatal(err)
		}
		for name, d := range map[string]*known{"here": here, "there": there} {
			if got, err := d.revision(ctx); err != nil || got != floor {
				t.Fatalf("%s: got %d, %v; %d was acknowledged", name, got, err, floor)
			}
		}
	}
	close(done)
	busy.Wait()
}

func BenchmarkVersion(b *testing.B) {
	d := dbtest.Open(b)
	b.Run("looked at", func(b *testing.B) {
		for b.Loop() {
			if _, ok := d.Version(); !ok {
				b.Skip("this engine has none")
			}
		}
	})
	b.Run("asked for", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.GetRevision(b.Context(), uuid.Nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
