package local

import "time"

// clock is the time since some moment, on a clock that no one can set. Tests have their own.
type clock interface {
	now() time.Duration
	// time is the time of day, which can be set.
	time() time.Time
	// after returns a channel that is closed when the time has passed, and a function that gives it up.
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

// time is the time that decides what has ended: that of the machine, or that of the server, whichever is later. What the
// server said has taken a while to come, so it is never too late; a clock of the machine that is behind ends nothing too
// late, and one that is ahead ends it too early.
func (e *Engine) time() time.Time {
	here := e.clock.time()
	if ahead := e.ahead.Load(); ahead != 0 {
		if there := time.UnixMicro(ahead).Add(e.clock.now()); there.After(here) {
			return there
		}
	}
	return here
}

// hearsTime takes down what time it is on the server.
func (e *Engine) hearsTime(now time.Time) {
	if !now.IsZero() {
		e.ahead.Store(now.Add(-e.clock.now()).UnixMicro())
	}
}
