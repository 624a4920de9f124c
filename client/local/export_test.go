package local

import (
	"sync"
	"time"
)

// Skewed is a clock that tests can put forward: it runs like the machine's, and can jump.
type Skewed struct {
	start time.Time

	mu      sync.Mutex
	ahead   time.Duration
	back    time.Duration // of the time of day
	waiting map[chan struct{}]time.Duration
}

func (s *Skewed) time() time.Time { return s.start.Add(s.now() - s.back) }

// SetBack sets the time of day back, before the clock is used.
func (s *Skewed) SetBack(d time.Duration) { s.back = d }

// NewSkewed returns a clock that has not been put forward yet.
func NewSkewed() *Skewed {
	return &Skewed{start: time.Now(), waiting: map[chan struct{}]time.Duration{}}
}

// Jump puts the clock forward.
func (s *Skewed) Jump(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
	for done, at := range s.waiting {
		if at <= time.Since(s.start)+s.ahead {
			delete(s.waiting, done)
			close(done)
		}
	}
}

func (s *Skewed) now() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.start) + s.ahead
}

func (s *Skewed) after(d time.Duration) (<-chan struct{}, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := make(chan struct{})
	s.waiting[done] = time.Since(s.start) + s.ahead + d
	fire := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, waits := s.waiting[done]; waits {
			delete(s.waiting, done)
			close(done)
		}
	}
	t := time.AfterFunc(d, fire)
	return done, func() {
		t.Stop()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, done)
	}
}

// By returns the options with another clock.
func (o Options) By(s *Skewed) Options {
	o.clock = s
	return o
}

// Settled reports whether everything that the engine holds is current, as far as it knows.
func (e *Engine) Settled() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.places {
		if p.loading || p.behind {
			return false
		}
	}
	return !e.site.loading && !e.site.behind && !e.unsure && e.connected
}
