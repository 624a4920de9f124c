package unit

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// TestSharing: whoever asks while a reading is under way gets the next one, which all who wait for it share; and waits for it
// no longer than it wants to.
func TestSharing(t *testing.T) {
	t.Parallel()
	var s sharing[string, int64]
	readings := map[string]*atomic.Int64{"ada": {}, "wendy": {}}
	begun, goOn := make(chan struct{}, 10), make(chan struct{})
	ask := func(ctx context.Context, key string) (int64, error) {
		return s.find(ctx, key, func(context.Context) (int64, error) {
			n := readings[key].Add(1)
			begun <- struct{}{}
			<-goOn
			return n, nil
		})
	}
	var wait sync.WaitGroup
	for _, key := range []string{"ada", "wendy"} { // neither waits for the other
		wait.Go(func() {
			if got, err := ask(t.Context(), key); got != 1 || err != nil {
				t.Errorf("%s, first: got reading %d, %v", key, got, err)
			}
		})
		<-begun
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 5 { // who would be told of the first one does not get here
		if _, err := ask(gone, "ada"); !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
	}
	close(goOn)
	wait.Wait()
	if got, err := ask(t.Context(), "ada"); got < 2 || err != nil {
		t.Errorf("later: got reading %d, %v", got, err)
	}
	if got := readings["ada"].Load(); got > 3 {
		t.Errorf("%d readings of what was asked for 7 times", got)
	}
	if len(s.underway)+len(s.next) != 0 {
		t.Error("something is kept of what nobody waits for")
	}
}
