package main

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	lineDelay = 50 * time.Millisecond // how long a line waits for others at most
	lineBytes = 32 << 10              // as many bytes are written without waiting
)

// lines writes several lines of a log at once: a system call per line would be a tenth of the cost of a request. A
// crash loses at most the lines of the last lineDelay.
type lines struct {
	mu      sync.Mutex
	out     io.Writer
	pending []byte
}

// Write adds one or more lines.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) == 0 {
		// The first line sets the timer, so an idle server has none.
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
	_, _ = l.out.Write(l.pending) // a log that cannot be written cannot report that
	l.pending = l.pending[:0]
}

// log returns the log in the chosen format. flush writes the waiting lines before the program ends. The log goes to
// standard error; standard output is for answers.
func (c *config) log(t *terminal) (log *slog.Logger, flush func()) {
	out := &lines{out: t.err}
	options := &slog.HandlerOptions{Level: c.logLevel}
	if c.json {
		return slog.New(slog.NewJSONHandler(out, options)), out.flush
	}
	return slog.New(slog.NewTextHandler(out, options)), out.flush
}

func parseLogLevel(c *config, v string) error {
	if levels := []string{"debug", "info", "warn", "error"}; !slices.Contains(levels, v) { // slog accepts more: "info+2"
		return fmt.Errorf("%q is none of %s", v, strings.Join(levels, ", "))
	}
	return c.logLevel.UnmarshalText([]byte(v))
}

func parseLogSlow(c *config, v string) (err error) {
	if v == "0" {
		return nil
	}
	if c.logSlow, err = time.ParseDuration(v); err != nil || c.logSlow <= 0 {
		return fmt.Errorf("%q is neither 0 nor a duration like 500ms", v)
	}
	return nil
}

func parseProfiles(c *config, v string) (err error) {
	c.profiles, err = parseTruth(v)
	return err
}
