package unit

import (
	"context"
	"sync"
)

// sharing lets callers who read the same at once share a reading. Each gets one that begins after its call: a caller that comes
// while one is running waits for the next, with all others who do. So it shows everything acknowledged before.
type sharing[K comparable, V any] struct {
	mu       sync.Mutex
	underway map[K]*reading[V]
	next     map[K]*reading[V]
}

type reading[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// find returns what read finds. A caller who stops waiting leaves the reading to the others.
func (s *sharing[K, V]) find(ctx context.Context, key K, read func(context.Context) (V, error)) (v V, err error) {
	s.mu.Lock()
	r, ok := s.next[key]
	if !ok {
		if s.next == nil {
			s.underway, s.next = map[K]*reading[V]{}, map[K]*reading[V]{}
		}
		r = &reading[V]{done: make(chan struct{})}
		s.next[key] = r
		go s.run(context.WithoutCancel(ctx), key, r, s.underway[key], read)
	}
	s.mu.Unlock()
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

// run reads when the previous reading is over, if there is one.
func (s *sharing[K, V]) run(ctx context.Context, key K, r, before *reading[V], read func(context.Context) (V, error)) {
	if before != nil {
		<-before.done
	}
	s.mu.Lock()
	delete(s.next, key) // from here on it is too late to join
	s.underway[key] = r
	s.mu.Unlock()
	r.value, r.err = read(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.underway[key] == r {
		delete(s.underway, key)
	}
	close(r.done)
}
