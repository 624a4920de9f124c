package local_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// line is a proxy in front of an address. Tests cut, stop and mend it.
type line struct {
	listener net.Listener
	to       string

	mu     sync.Mutex
	cut    bool          // connections are closed, and new ones at once
	held   chan struct{} // nothing goes through until it is closed; nil: all goes through
	open   map[net.Conn]bool
	opened int
}

// lineTo starts a proxy to an address.
func lineTo(t testing.TB, address string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &line{listener: l, to: address, open: map[net.Conn]bool{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); p.close() })
	return p
}

func (p *line) address() string { return p.listener.Addr().String() }

// enter records a connection, unless the line is cut.
func (p *line) enter(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.cut {
		p.open[c] = true
		p.opened++
	}
	return !p.cut
}

func (p *line) carry(from net.Conn) {
	defer from.Close()
	if !p.enter(from) {
		return
	}
	to, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer to.Close()
	if !p.enter(to) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.copy(to, from) })
	both.Go(func() { p.copy(from, to) })
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, from)
	delete(p.open, to)
}

func (p *line) copy(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		held := p.held
		p.mu.Unlock()
		if held != nil {
			<-held
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = from.Close()
			}
			return
		}
	}
}

// close closes all connections.
func (p *line) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}

// sever closes the line until it is mended.
func (p *line) sever() {
	p.mu.Lock()
	p.cut = true
	p.mu.Unlock()
	p.close()
}

// hold stops all data. Connections stay open, and new ones can be made.
func (p *line) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = make(chan struct{})
	}
}

// release lets the held data through.
func (p *line) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}

// eventually waits for something to come true, however long this machine takes.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for begin := time.Now(); !ok(); time.Sleep(2 * time.Millisecond) { //nolint:forbidigo // between two looks
		if time.Since(begin) > 4*time.Minute {
			t.Fatalf("it did not come true in four minutes: %s", what)
		}
	}
}
