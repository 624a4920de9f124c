package feed

import (
	"context"
	"time"
)

// Beat sends what is sent every few seconds.
func (h *Hub) Beat(ctx context.Context) {
	l := &loop{Hub: h, seen: map[int64]int64{}}
	if feed, err := h.units.DB.GetFeed(ctx); err == nil {
		l.place = place{feed.Position, feed.Base, feed.Floor}
	}
	l.beat(ctx)
}

// PruneAll is Prune of all that is older, but for some rows.
func (h *Hub) PruneAll(ctx context.Context, kept time.Duration, rows int64) (int, error) {
	return h.prune(ctx, kept, rows)
}

// Push queues an event.
func (s *Subscription) Push(e *Event) { s.push(e) }

// MaxQueue is how many events may wait.
const MaxQueue = maxQueue
