package local

import "time"

// clock is the time since some moment, as a machine counts it that nobody sets. Tests have their own.
type clock interface {
	now() time.Duration
	// after returns a channel that is closed when the time has passed, and a function that gives it up.
	after(d time.Duration) (<-chan struct{}, func())
}

// machine is the clock of this machine.
type machine struct{ start time.Time }

func (m machine) now() time.Duration { return time.Since(m.start) }

func (m machine) after(d time.Duration) (<-chan struct{}, func()) {
	done := make(chan struct{})
	t := time.AfterFunc(d, func() { close(done) })
	return done, func() { t.Stop() }
}
