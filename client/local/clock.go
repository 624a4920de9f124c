package local

import "time"

// clock tells the time since some moment, by a clock that no one can set. Tests have their own.
type clock interface {
	now() time.Duration
	// time is the time of day, which can be set.
	time() time.Time
	// after returns a channel that is closed when the time has passed, and a function that cancels this.
	after(d time.Duration) (<-chan struct{}, func())
}

// machine is the clock of this machine.
type machine struct{ start time.Time }

func (m machine) now() time.Duration { return time.Since(m.start) }

func (m machine) time() time.Time { return time.Now() }

func (m machine) after(d time.Duration) (<-chan struct{}, func()) {
	done := make(chan struct{})
	t := time.AfterFunc(d, func() { close(done) })
	return done, func() { t.Stop() }
}

// time returns the time that decides what has ended: that of the machine or of the server, whichever is later. The server's time
// takes a while to arrive, so it is never ahead. If the machine's clock is slow, nothing ends late; if it is fast, roles end
// early.
func (e *Engine) time() time.Time {
	here := e.clock.time()
	if ahead := e.ahead.Load(); ahead != 0 {
		if there := time.UnixMicro(ahead).Add(e.clock.now()); there.After(here) {
			return there
		}
	}
	return here
}

// hearsTime records what time it is on the server.
func (e *Engine) hearsTime(now time.Time) {
	if !now.IsZero() {
		e.ahead.Store(now.Add(-e.clock.now()).UnixMicro())
	}
}
