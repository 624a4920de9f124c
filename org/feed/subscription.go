package feed

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/google/uuid"

	"rolecall.example/rbac/snapshot"
)

// maxQueue is how many events may wait for a client.
const maxQueue = 1000

// ErrSlow ends the stream of a client that does not keep up.
var ErrSlow = errors.New("the client does not keep up")

var bye = encoded(snapshot.EventBye, 0, uuid.Nil, snapshot.Bye{})

// Subscription is one listener.
type Subscription struct {
	hub    *Hub
	caller *caller
	all    bool
	named  []uuid.UUID // the organizations, unless it listens to all

	mu     sync.Mutex
	queue  []*Event
	over   error // nil while it continues
	signal chan struct{}
}

// each calls fn for every organization that it listens to. hub.mu is held.
func (s *Subscription) each(fn func(uuid.UUID)) {
	if !s.all {
		for _, id := range s.named {
			fn(id)
		}
		return
	}
	for id := range s.hub.existing {
		fn(id)
	}
}

// take queues an event. If it is unknown whether the caller may have it, the stream ends, since none may be left
// out.
func (s *Subscription) take(e *Event) {
	if !s.caller.sure {
		s.end(nil)
		return
	}
	s.push(e)
}

func (s *Subscription) push(e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over != nil:
		return
	case len(s.queue) >= maxQueue:
		s.queue, s.over = nil, ErrSlow
	default:
		s.queue = append(s.queue, e)
	}
	s.wake()
}

// end ends the stream, with a last event if it is not nil.
func (s *Subscription) end(last *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != nil {
		return
	}
	s.queue, s.over = nil, io.EOF
	if last != nil {
		s.queue = []*Event{last}
	}
	s.wake()
}

func (s *Subscription) wake() {
	select {
	case s.signal <- struct{}{}:
	default:
	}
}

// Next waits for events. io.EOF: the stream ends, because the server is stopping or the caller may no longer listen. ErrSlow:
// too many events are waiting.
func (s *Subscription) Next(ctx context.Context) ([]*Event, error) {
	for {
		s.mu.Lock()
		events, over := s.queue, s.over
		s.queue = nil
		s.mu.Unlock()
		switch {
		case len(events) > 0:
			return events, nil
		case over != nil:
			return nil, over
		}
		select {
		case <-s.signal:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close ends the subscription.
func (s *Subscription) Close() {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, s)
	delete(h.all, s)
	for _, id := range s.named {
		if delete(h.of[id], s); len(h.of[id]) == 0 {
			delete(h.of, id)
		}
	}
	if delete(s.caller.streams, s); len(s.caller.streams) == 0 && h.callers[s.caller.id] == s.caller {
		delete(h.callers, s.caller.id)
	}
	h.stop()
}
