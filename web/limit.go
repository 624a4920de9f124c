package web

import (
	"sync"
	"time"

	"rolecall.example/org"
)

// limiter bounds how often each caller may come: a bucket of tokens that refills over a minute. It protects the machine
// from a program that runs wild. org counts guesses at passwords, where the counts survive a restart and are never
// evicted.
type limiter struct {
	perMinute float64
	mu        sync.Mutex
	buckets   map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time // when that many were in it
}

// maxBuckets bounds the memory of the buckets. When there are more, full ones go first: they hold no information.
const maxBuckets = 10_000

// newLimiter makes a limiter, nil for no limit.
func newLimiter(perMinute int) *limiter {
	if perMinute <= 0 {
		return nil
	}
	return &limiter{perMinute: float64(perMinute), buckets: map[string]*bucket{}}
}

// take takes a token of the caller, or returns how long it must wait for one.
func (l *limiter) take(caller string, now time.Time) (wait time.Duration) {
	if l == nil {
		return 0
	}
	return l.takeCost(caller, 1, now)
}

// takeMore takes n more tokens for a request that has taken one, or none and returns how long it must wait for them. A
// request that costs more than a full bucket takes all of it.
func (l *limiter) takeMore(caller string, n int, now time.Time) (wait time.Duration) {
	if l == nil {
		return 0
	}
	return l.takeCost(caller, max(0, min(float64(n), l.perMinute-1)), now)
}

func (l *limiter) takeCost(caller string, cost float64, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[caller]
	if b == nil {
		l.makeRoom(now)
		b = &bucket{tokens: l.perMinute, at: now}
		l.buckets[caller] = b
	}
	l.fill(b, now)
	if b.tokens < cost {
		return time.Duration((cost - b.tokens) / l.perMinute * float64(time.Minute))
	}
	b.tokens -= cost
	return 0
}

// fill adds the tokens of the time since the last look.
func (l *limiter) fill(b *bucket, now time.Time) {
	if elapsed := now.Sub(b.at); elapsed > 0 {
		b.tokens = min(l.perMinute, b.tokens+elapsed.Minutes()*l.perMinute)
		b.at = now
	}
}

// makeRoom drops buckets when there are too many: full ones, then any quarter.
func (l *limiter) makeRoom(now time.Time) {
	if len(l.buckets) < maxBuckets {
		return
	}
	for caller, b := range l.buckets {
		if l.fill(b, now); b.tokens >= l.perMinute {
			delete(l.buckets, caller)
		}
	}
	for caller := range l.buckets { // any: a caller with that many names gains nothing when one is dropped
		if len(l.buckets) <= maxBuckets*3/4 {
			return
		}
		delete(l.buckets, caller)
	}
}

// How much less often than anything else strangers may try to sign in: each try costs a hash.
const loginShare = 10

// limit refuses a caller that comes too often. A caller who is signed in counts as that account, wherever it comes from; a
// stranger as the network that it comes from.
func (s *Server) limit(c *call) error {
	now := s.Now()
	var wait time.Duration
	switch {
	case c.actor != nil:
		wait = s.requests.take(accountBucket(c), now)
	case c.route.Access == Public && !c.safe():
		wait = max(s.logins.take(org.Network(c.ip), now), s.requests.take(org.Network(c.ip), now))
	default:
		wait = s.requests.take(org.Network(c.ip), now)
	}
	return tooMany(wait)
}

func accountBucket(c *call) string { return "user " + c.actor.ID().String() }

// tooMany refuses a caller that must wait.
func tooMany(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return &org.Error{Kind: org.TooMany, RetryAfter: wait, Message: "Too many requests.", Detail: "Wait a moment before the next one."}
}

// checksPerToken is the number of checks that cost as much as a request. An explained check costs a request.
const checksPerToken = 20

// limitChecks takes the tokens for n checks; the request has taken the first one already.
func (s *Server) limitChecks(c *call, n int, explain bool) error {
	if !explain {
		n = (n + checksPerToken - 1) / checksPerToken
	}
	return tooMany(s.requests.takeMore(accountBucket(c), n-1, s.Now()))
}
