// Package feed tells programs that decide by a copy of who may do what of each change: a hub in each server, which reads the
// table of changes once for all who listen to it. Its API may change without notice.
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
	Beat    time.Duration // between two heartbeats
}

// Defaults are what a server uses.
var Defaults = Options{Clients: 10_000, Beat: 5 * time.Second}

const (
	// How often the table is looked at for what others wrote. On SQLite that is a look at the header of the log, which tells
	// whether there was a commit at all.
	pollServer = 50 * time.Millisecond
	pollFile   = 25 * time.Millisecond

	checkEvery  = time.Second     // whether the tokens of those who listen still stand
	readTimeout = 2 * time.Second // of a look at the table: one that takes longer has failed
	maxRows     = 20_000          // of one look: who has missed more than that goes on from where it was
)

// Hub hands what changes to all who listen. It is safe for concurrent use.
type Hub struct {
	units *unit.Units
	o     Options
	wake  chan struct{}
	send  sync.Mutex // held while other servers are being told

	mu       sync.Mutex
	closed   bool
	running  context.CancelFunc // nil while nobody listens
	clients  map[*Subscription]struct{}
	of       map[uuid.UUID]map[*Subscription]struct{} // by the organizations that they named
	all      map[*Subscription]struct{}
	callers  map[unit.Credential]*caller
	existing map[uuid.UUID]bool // all organizations, nil while nobody listens to all
	lastRead time.Time
}

// place is a position, and what it is made of.
type place struct{ position, base, floor int64 }

// New makes a hub. It reads nothing before somebody listens.
func New(u *unit.Units, o Options) *Hub {
	h := &Hub{
		units: u, o: o, wake: make(chan struct{}, 1), clients: map[*Subscription]struct{}{},
		of: map[uuid.UUID]map[*Subscription]struct{}{}, all: map[*Subscription]struct{}{}, callers: map[unit.Credential]*caller{},
	}
	u.OnChange(h.changed)
	return h
}

// Clients is how many listen.
func (h *Hub) Clients() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients)
}

// Backlog is how many events wait for the one of those who listen that is slowest.
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

// Tune changes the settings of a hub that nobody listens to yet.
func (h *Hub) Tune(o Options) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.o = o
}

// Lag is how long ago the table was read last, 0 while nobody listens.
func (h *Hub) Lag() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running == nil {
		return 0
	}
	return time.Since(h.lastRead)
}

// Close ends all streams with a word of it, and refuses new ones.
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
	// Outside of the transaction, which must not wait for it, and those of many commits at once.
	go func() {
		<-time.After(notifyPause)
		h.send.Unlock() // a commit from here on is told of anew
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		_ = h.units.DB.Notify(ctx) // the others look by themselves, only later
	}()
}

// notifyPause is for how long commits are gathered before other servers are told of them.
const notifyPause = 2 * time.Millisecond

// nudge has the loop look at the table now.
func (h *Hub) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// start begins to read, if nobody listened before. h.mu is held.
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

// stop ends the reading when nobody listens any more. h.mu is held.
func (h *Hub) stop() {
	if len(h.clients) == 0 && h.running != nil {
		h.running()
		h.running = nil
	}
}

// listen waits for what other servers tell, as long as that works: the table is looked at anyway.
func (h *Hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		_ = h.units.DB.Listen(ctx, h.nudge)
		select {
		case <-ctx.Done():
		case <-time.After(checkEvery):
		}
	}
}

// everyone is all who listen.
func (h *Hub) everyone() []*caller {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*caller, 0, len(h.callers))
	for _, c := range h.callers {
		list = append(list, c)
	}
	return list
}

// unavailable is the answer to somebody who wants to listen and cannot.
func unavailable(why string) error {
	return &org.Error{Kind: org.Unavailable, Message: why, RetryAfter: time.Second}
}
