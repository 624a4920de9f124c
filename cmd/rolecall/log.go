package main

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	lineDelay = 50 * time.Millisecond // the longest that a line waits for others
	lineBytes = 32 << 10              // as many are written without waiting
)

// lines writes the lines of a log together: a system call for each would be a tenth of the cost of a request.
type lines struct {
	mu      sync.Mutex
	out     io.Writer
	pending []byte
}

// Write takes one line, or several.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) == 0 {
		time.AfterFunc(lineDelay, l.flush)
	}
	if l.pending = append(l.pending, p...); len(l.pending) >= lineBytes {
		l.write()
	}
	return len(p), nil
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write()
}

func (l *lines) write() {
	_, _ = l.out.Write(l.pending) // there is nowhere to say that the log cannot be written
	l.pending = l.pending[:0]
}

// log is the program's log in the chosen format. flush writes out what still waits, before the program ends.
func (c *config) log(t *terminal) (log *slog.Logger, flush func()) {
	out := &lines{out: t.err}
	if c.json {
		return slog.New(slog.NewJSONHandler(out, nil)), out.flush
	}
	return slog.New(slog.NewTextHandler(out, nil)), out.flush
}
