package local

import (
	"math"
	"time"
)

// Stats is what an engine holds and has done.
type Stats struct {
	Status        Status
	Age           time.Duration // since the server last confirmed the current state
	Organizations int           // whose documents are here
	Bytes         int64         // that documents take, roughly
	Catalog       int64         // the version by which it decides
	Decisions     int64         // checks that were answered
	Asked         int64         // of them, by asking the server
	Refusals      int64         // documents that were not accepted
	Err           error         // what is wrong, if anything is
}

// Stats returns what the engine holds and has done.
func (e *Engine) Stats() Stats {
	status, _, err := e.now()
	s := Stats{Status: status, Err: err, Decisions: e.decisions.Load(), Asked: e.asked.Load()}
	if n := e.names.Load(); n != nil {
		s.Catalog = n.catalog.Version()
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	s.Age = e.clock.now() - time.Duration(e.seen.Load())
	s.Refusals, s.Bytes = e.refusals, e.bytes
	for _, p := range e.places {
		if p.revision > 0 {
			s.Organizations++
		}
	}
	return s
}

// weigh records how much memory a document takes. If all of them take too much, it drops the least recently used ones, but not
// the new one.
func (e *Engine) weigh(p *place) {
	h, _ := e.state.Load().Held(p.id)
	e.bytes += h.Bytes - p.bytes
	p.bytes = h.Bytes
	if !e.options.Organizations.onDemand() {
		return
	}
	for e.bytes > e.options.MaxBytes {
		var oldest *place
		least := int64(math.MaxInt64)
		for _, q := range e.places {
			if used := q.used.Load(); q != p && q.revision > 0 && used < least {
				oldest, least = q, used
			}
		}
		if oldest == nil {
			return
		}
		e.drop(oldest)
	}
}
