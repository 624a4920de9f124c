// Package feed notifies programs that decide from a copy of who may do what: a hub in each server reads the
// table of changes once for all its listeners. Its API may change without notice.
package feed

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Options are the settings of a Hub.
type Options struct {
	Clients int           // how many may listen at once
	Beat    time.Duration // the time between two heartbeats
}

// Defaults are the settings of a server.
var Defaults = Options{Clients: 10_000, Beat: 5 * time.Second}

const (
	// How often the table is checked for what others wrote. On SQLite this checks the header of the log, which shows whether
	// there was a commit at all.
	pollServer = 50 * time.Millisecond
	pollFile   = 25 * time.Millisecond

	checkEvery  = time.Second     // whether the tokens of listeners are still valid
	readTimeout = 2 * time.Second // for a read of the table: a longer one has failed
	maxRows     = 20_000          // in one read: a listener that missed more continues from its position
)

// Hub distributes changes to all listeners. It is safe for concurrent use.
type Hub struct {
	units *unit.Units
	o     Options
	wake  chan struct{}
	send  sync.Mutex // held while other servers are being told

	mu       sync.Mutex
	closed   bool
	running  context.CancelFunc // nil if nobody listens
	clients  map[*Subscription]struct{}
	of       map[uuid.UUID]map[*Subscription]struct{} // by the organizations they named
	all      map[*Subscription]struct{}
	callers  map[unit.Credential]*caller
	existing map[uuid.UUID]bool // all organizations, nil if nobody listens to all
	lastRead time.Time
}

// place is a position, and what it is made of.
type place struct{ position, base, floor int64 }

// New makes a hub. It reads nothing until somebody listens.
func New(u *unit.Units, o Options) *Hub {
	h := &Hub{
		units: u, o: o, wake: make(chan struct{}, 1), clients: map[*Subscription]struct{}{},
		of: map[uuid.UUID]map[*Subscription]struct{}{}, all: map[*Subscription]struct{}{}, callers: map[unit.Credential]*caller{},
	}
	u.OnChange(h.changed)
	return h
}

// Clients returns the number of listeners.
func (h *Hub) Clients() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients)
}

// Backlog returns how many events are waiting for the slowest listener.
func (h *Hub) Backlog() (most int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.clients {
		s.mu.Lock()
		most = max(most, len(s.queue))
		s.mu.Unlock()
	}
	return most
}

// Tune changes the settings of a hub without listeners.
func (h *Hub) Tune(o Options) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.o = o
}

// Lag returns how long ago the table was last read, 0 if nobody listens.
func (h *Hub) Lag() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running == nil {
		return 0
	}
	return time.Since(h.lastRead)
}

// Close ends all streams after a last event, and refuses new ones.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for s := range h.clients {
		s.end(bye)
	}
	h.mu.Unlock()
}

// changed is called after each commit of this server.
func (h *Hub) changed() {
	h.nudge()
	if !h.units.DB.Shared() || !h.send.TryLock() {
		return
	}
	// Outside the transaction, which must not wait for it, and once for many commits.
	go func() {
		<-time.After(notifyPause)
		h.send.Unlock() // a commit from here on is announced again
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		_ = h.units.DB.Notify(ctx) // the others find out by themselves, only later
	}()
}

// notifyPause is how long commits are collected before other servers are notified.
const notifyPause = 2 * time.Millisecond

// nudge makes the loop read the table now.
func (h *Hub) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// start begins reading, if this is the first listener. h.mu is held.
func (h *Hub) start(ctx context.Context) error {
	if h.running != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	feed, err := h.units.DB.GetFeed(ctx)
	if err != nil {
		return err
	}
	l := &loop{Hub: h, place: place{feed.Position, feed.Base, feed.Floor}, seen: map[int64]int64{}}
	h.lastRead, h.existing = time.Now(), nil
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.running = stop
	go l.run(background)
	if h.units.DB.Shared() {
		go h.listen(background)
	}
	return nil
}

// stop ends reading when the last listener has gone. h.mu is held.
func (h *Hub) stop() {
	if len(h.clients) == 0 && h.running != nil {
		h.running()
		h.running = nil
	}
}

// listen waits for notifications of other servers, as long as that works: the table is read anyway.
func (h *Hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		_ = h.units.DB.Listen(ctx, h.nudge)
		select {
		case <-ctx.Done():
		case <-time.After(checkEvery):
		}
	}
}

// everyone returns all listeners.
func (h *Hub) everyone() []*caller {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*caller, 0, len(h.callers))
	for _, c := range h.callers {
		list = append(list, c)
	}
	return list
}

// unavailable returns the error for a caller that cannot listen now.
func unavailable(why string) error {
	return &org.Error{Kind: org.Unavailable, Message: why, RetryAfter: time.Second}
}
