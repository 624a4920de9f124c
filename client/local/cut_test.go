package local_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rolecall.example/client"
	"rolecall.example/client/local"
)

// loaded opens an engine that holds acme and needs nothing from the server.
func loaded(t *testing.T, f *fake, o local.Options) *local.Engine {
	t.Helper()
	e := f.engine(t, o)
	e.Check(text(ada), text(acme), "report:read")
	pass(time.Second)
	expect(t, "once loaded", e.Check(text(ada), text(acme), "report:read"), true, local.Decided)
	return e
}

// states records what OnStateChange is told.
type states struct {
	mu   sync.Mutex
	list []string
}

func (s *states) add(now local.Status, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, string(now))
	if (now == local.Stale || now == local.Refused) && why == nil {
		s.list = append(s.list, "without a reason")
	}
}

func (s *states) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.list, " ")
}

// Whatever happens to the line, the engine decides for MaxStaleness and no longer, and recovers soon afterwards without fetching
// a document again.
func TestCut(t *testing.T) {
	cuts := map[string]struct{ cut, mend func(f *fake) }{
		"closed": {
			func(f *fake) { f.with(func() { f.broken = true }); f.cut() },
			func(f *fake) { f.with(func() { f.broken = false }) },
		},
		"silent": {
			func(f *fake) { f.with(func() { f.silent, f.broken = true, true }) },
			func(f *fake) { f.with(func() { f.silent, f.broken = false, false }) },
		},
	}
	for name, c := range cuts {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f *fake) {
				var told states
				e := loaded(t, f, local.Options{OnStateChange: told.add})
				documents := f.count("/organizations/" + text(acme) + "/snapshot")
				pass(4 * time.Second) // the last heartbeat was then
				c.cut(f)
				synctest.Wait()
				f.change(acme, nil, text(ada))
				pass(29 * time.Second)
				d := e.Check(text(ada), text(acme), "report:read")
				expect(t, "within MaxStaleness", d, true, local.Decided)
				if d.Age < 25*time.Second || d.Age > 30*time.Second {
					t.Errorf("the age is %s", d.Age)
				}
				pass(2 * time.Second)
				d = e.Check(text(ada), text(acme), "report:read")
				expect(t, "after MaxStaleness", d, false, local.StaleReason)
				if d.Sound() || e.Stats().Err == nil {
					t.Errorf("%+v, %+v", d, e.Stats())
				}
				c.mend(f)
				pass(7 * time.Second) // the longest pause, and some
				expect(t, "after the repair", e.Check(text(ada), text(acme), "report:read"), false, local.Decided)
				expect(t, "after the repair", e.Check(text(bob), text(acme), "report:read", local.Owner("me")), true, local.Decided)
				if n := f.count("/organizations/" + text(acme) + "/snapshot"); n != documents {
					t.Errorf("%d documents were fetched again", n-documents)
				}
				e.Close()
				if got := told.String(); got != "fresh stale fresh closed" {
					t.Errorf("the states were %s", got)
				}
				expect(t, "when closed", e.Check(text(bob), text(acme), "report:read", local.Owner("me")), false, local.IsClosed)
			})
		})
	}
}

// The clock of the server shows if a line delivers late.
func TestLate(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{MaxStaleness: 9 * time.Second})
		pass(20 * time.Second)
		expect(t, "on time", e.Check(text(ada), text(acme), "report:read"), true, local.Decided)
		f.with(func() { f.late, f.broken = 10*time.Second, true })
		pass(10 * time.Second)
		expect(t, "late", e.Check(text(ada), text(acme), "report:read"), false, local.StaleReason)
	})
}

// If a stream stays late for too long, as after the server's clock was set back, the engine opens another one.
func TestLateForGood(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{MaxStaleness: 8 * time.Second})
		pass(20 * time.Second)
		f.with(func() { f.late = 9 * time.Second })
		pass(20 * time.Second)
		expect(t, "on another stream", e.Check(text(ada), text(acme), "report:read"), true, local.Decided)
	})
}

// A server that stops says so, and the engine asks another one at once.
func TestBye(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		before := f.count("/changes")
		f.with(func() { f.bye = true })
		f.cut()
		synctest.Wait() // and no time passes
		if n := f.count("/changes"); n <= before {
			t.Errorf("%d streams after bye, %d before", n, before)
		}
		expect(t, "meanwhile", e.Check(text(ada), text(acme), "report:read"), true, local.Decided)
	})
}

// With Ask, the server decides while the engine is stale. No answer means no.
func TestAsk(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{OnStale: local.Ask})
		f.with(func() { f.silent = true })
		pass(time.Minute)
		f.with(func() { f.answers[text(ada)+"/"+text(acme)+"/read"] = true })
		expect(t, "asked", e.Check(text(ada), text(acme), "report:read"), true, local.Asked)
		f.with(func() { f.broken = true })
		expect(t, "without an answer", e.Check(text(ada), text(acme), "report:read"), false, local.StaleReason)
	})
}

// When the token ends, everything is denied at once.
func TestRevokedToken(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		var told states
		e := loaded(t, f, local.Options{OnStale: local.Ask, OnStateChange: told.add})
		f.with(func() { f.revoked = true })
		pass(200 * time.Millisecond)
		expect(t, "at once", e.Check(text(ada), text(acme), "report:read"), false, local.TokenRefused)
		expect(t, "at once", e.Check(text(ada), text(labs), "report:read"), false, local.TokenRefused)
		pass(time.Hour)
		expect(t, "for good", e.Check(text(ada), text(acme), "report:read"), false, local.TokenRefused)
		f.with(func() { f.revoked = false })
		pass(6 * time.Second)
		expect(t, "until it is accepted again", e.Check(text(ada), text(acme), "report:read"), true, local.Decided)
		if got := told.String(); got != "fresh refused fresh" {
			t.Errorf("the states were %s", got)
		}
		f.revoked = true
		if _, err := local.Open(t.Context(), f.client(), local.Options{}); client.StatusOf(err) != http.StatusUnauthorized {
			t.Errorf("Open with a token that ended: %v", err)
		}
	})
}

// The engine forgets what it may no longer read, whether the feed says so or a new stream leaves it out.
func TestDenied(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		t.Run(fmt.Sprint(quiet), func(t *testing.T) {
			inBubble(t, func(t *testing.T, f *fake) {
				f.quiet = quiet
				e := loaded(t, f, local.Options{})
				e.Check(text(ada), text(labs), "report:read")
				pass(6 * time.Second)
				expect(t, "labs", e.Check(text(ada), text(labs), "report:read"), true, local.Decided)
				f.with(func() { f.append("denied", text(labs), map[string]string{"organization": text(labs)}) })
				pass(0)
				f.with(func() { f.hidden[text(labs)] = true })
				expect(t, "after denied", e.Check(text(ada), text(labs), "report:read"), false, local.Asked)
				f.with(func() { f.hidden[text(acme)] = true })
				f.cut()
				pass(time.Second)
				expect(t, "after a new stream", e.Check(text(ada), text(acme), "report:read"), false, local.Asked)
				f.with(func() { f.hidden = map[string]bool{} })
				pass(time.Minute)
				e.Check(text(ada), text(acme), "report:read")
				pass(6 * time.Second)
				expect(t, "when it may be read again", e.Check(text(ada), text(acme), "report:read"), true, local.Decided)
			})
		})
	}
}
