package local

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"rolecall.example/client"
	"rolecall.example/rbac/snapshot"
)

const (
	// silence is how long a stream may say nothing before it counts as cut.
	silence = 15 * time.Second
	// The pause before the next attempt lies between these two, so that not all clients of a server come at once.
	minPause = 500 * time.Millisecond
	maxPause = 5 * time.Second
	// quickPause bounds the pause after a stream that had worked: the server may have gone, or no longer accept the token, and
	// the engine should know at once.
	quickPause = 100 * time.Millisecond
	// maxDelay is how far a stream may fall behind before another one is opened, unless half of Options.MaxStaleness is less: a
	// stream whose news is always older than MaxStaleness would keep the engine stale for as long as it lasts.
	maxDelay = 10 * time.Second
)

// errBye ends a stream whose server stops.
var errBye = errors.New("the server stops")

// errLate ends a stream that brings news too late.
var errLate = errors.New("what the feed says is late")

// errSilent ends a stream that brings nothing.
var errSilent = errors.New("the feed has been silent for 15 s")

// follow keeps a stream open until the engine is closed.
func (e *Engine) follow(ctx context.Context) {
	for ctx.Err() == nil {
		opened := e.clock.now()
		began, err := e.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		e.cut(err)
		pause := jitter(minPause, maxPause)
		switch lasted := e.clock.now()-opened > time.Second; { // without this it could reconnect all the time
		case lasted && errors.Is(err, errBye):
			pause = 0
		case lasted && began && !errors.Is(err, errSilent):
			pause = jitter(0, quickPause)
		}
		e.sleep(ctx, pause)
	}
}

// jitter returns a random time between two.
func jitter(least, most time.Duration) time.Duration {
	return least + rand.N(most-least) //nolint:gosec // no one gains by knowing it
}

// sleep waits, and returns false if ctx ended first.
func (e *Engine) sleep(ctx context.Context, d time.Duration) bool {
	done, stop := e.clock.after(d)
	defer stop()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// stream is one connection to the feed.
type stream struct {
	opened time.Duration // when it was requested: what the server says on it is not older
	began  time.Time     // what the server's clock said at the beginning
	hello  bool
	after  int64 // the position that it was asked to continue from
	// What hello names is as of a position, and changes up to there follow it: it counts as told once the stream has got there.
	until int64
	named map[snapshot.ID]int64
	// late is how late the last heartbeat was, as far as that can be measured.
	late time.Duration
	last atomic.Int64 // when the last byte came
}

// listen opens a stream and handles its events until it ends. began says whether there was a hello.
func (e *Engine) listen(ctx context.Context) (began bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &stream{opened: e.clock.now(), after: e.reached(0)}
	s.last.Store(int64(s.opened))
	e.mu.Lock()
	e.hangUp = cancel
	e.mu.Unlock()
	e.wg.Go(func() { e.watch(ctx, s, cancel) })

	res, err := e.fetch(ctx, http.MethodGet, e.feedAddress(s.after), acceptStream, nil)
	if err != nil {
		e.noneLeft(err)
		return false, cause(ctx, err)
	}
	defer res.Body.Close()
	if !strings.HasPrefix(res.Header.Get("Content-Type"), acceptStream) {
		return false, errors.New("the feed is no stream of events")
	}
	s.began, _ = http.ParseTime(res.Header.Get("Date"))
	lines := newEvents(&heard{res.Body, s, e.clock})
	for {
		ev, err := lines.next()
		if err == nil {
			err = e.take(s, ev)
		}
		if err != nil {
			return s.hello, cause(ctx, err)
		}
	}
}

// cause returns why a request was cancelled, or err if it was not.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}

// heard records when bytes arrive.
type heard struct {
	io.Reader
	s     *stream
	clock clock
}

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Reader.Read(b)
	if n > 0 {
		h.s.last.Store(int64(h.clock.now()))
	}
	return n, err
}

// watch cancels a stream that is silent for too long.
func (e *Engine) watch(ctx context.Context, s *stream, cancel context.CancelCauseFunc) {
	for {
		left := time.Duration(s.last.Load()) + silence - e.clock.now()
		if left <= 0 {
			cancel(errSilent)
			return
		}
		if !e.sleep(ctx, left) {
			return
		}
	}
}

// feedAddress returns the address of a stream about the organizations of the options, from a position on.
func (e *Engine) feedAddress(after int64) (path string) {
	q := url.Values{"organizations": {e.subjects()}, "after": {strconv.FormatInt(after, 10)}}
	return "changes?" + q.Encode()
}

// subjects returns the organizations that the feed is asked about.
func (e *Engine) subjects() string {
	if len(e.listed) > 0 {
		return strings.Join(e.listed, ",")
	}
	return "all"
}

// noneLeft forgets all organizations if an error says that none of them may be read any more.
func (e *Engine) noneLeft(err error) {
	if client.StatusOf(err) != http.StatusNotFound {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.places {
		if p.revision > 0 {
			e.forget(p)
		}
	}
}

// take handles one event.
func (e *Engine) take(s *stream, ev event) error {
	if ev.name == snapshot.EventHello {
		return decoded(ev, func(h snapshot.Hello) error { return e.hello(s, h) })
	}
	if !s.hello {
		return errors.New("the feed does not begin with hello")
	}
	err := e.dispatch(s, ev)
	if err != nil {
		return err
	}
	e.confirm(e.clock.now() - s.late)
	if at, err := strconv.ParseInt(ev.id, 10, 64); err == nil {
		e.reached(at)
		e.arrives(s, at)
	}
	return nil
}

// decoded decodes the data of an event and passes it to a function.
func decoded[T any](ev event, to func(T) error) error {
	var v T
	if err := json.Unmarshal(ev.data, &v); err != nil {
		return errors.Join(errors.New("the feed sent an event "+ev.name+" that is not understood"), err)
	}
	return to(v)
}

// dispatch handles an event after hello. It ignores unknown ones, which later versions may understand.
func (e *Engine) dispatch(s *stream, ev event) error {
	switch ev.name {
	case snapshot.EventChange, snapshot.EventSite:
		return decoded(ev, e.change)
	case snapshot.EventReload:
		return decoded(ev, e.reload)
	case snapshot.EventCatalog:
		return decoded(ev, e.catalogMoves)
	case snapshot.EventKeys:
		return decoded(ev, func(k snapshot.Keys) error { e.keys.replace(k.Set()); return nil })
	case snapshot.EventDenied:
		return decoded(ev, e.denied)
	case snapshot.EventHeartbeat:
		return decoded(ev, func(h snapshot.Heartbeat) error { return e.heartbeat(s, h) })
	case snapshot.EventBye:
		return errBye
	}
	return nil
}

// heartbeat handles the news that the server has read its database. If the connection delays everything, the news only looks
// new: the server's own clock, compared with the beginning of the stream, tells by how much.
func (e *Engine) heartbeat(s *stream, h snapshot.Heartbeat) error {
	s.late = 0
	e.hearsTime(h.Now)
	if !s.began.IsZero() && !h.Now.IsZero() {
		s.late = max(0, e.clock.now()-(s.opened+h.Now.Sub(s.began)))
	}
	if s.late > min(maxDelay, e.options.MaxStaleness/2) {
		return errLate
	}
	e.reached(h.Position)
	e.arrives(s, h.Position)
	e.sweep()
	return nil
}
