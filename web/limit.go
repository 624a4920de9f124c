package web

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"rolecall.example/org"
)

// limiter bounds how often each caller may come, or how much it may have decided: a bucket of tokens that refills over a minute. It
// protects the machine from a program that runs wild. Guesses at passwords are counted in org, where the counts survive a
// restart and are never evicted.
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

// take takes so many tokens of the caller, or none and returns how long it must wait for them. left is what remains.
func (l *limiter) take(caller string, cost float64, now time.Time) (left float64, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.of(caller, now)
	if b.tokens < cost {
		return b.tokens, l.time(cost - b.tokens)
	}
	b.tokens -= cost
	return b.tokens, 0
}

// owe takes so many tokens, be they there or not, but leaves no more than a minute to wait for.
func (l *limiter) owe(caller string, cost float64, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.of(caller, now)
	b.tokens = max(b.tokens-cost, -l.perMinute)
}

// of is the bucket of a caller, as full as it is now.
func (l *limiter) of(caller string, now time.Time) *bucket {
	b := l.buckets[caller]
	if b == nil {
		l.makeRoom(now)
		b = &bucket{tokens: l.perMinute, at: now}
		l.buckets[caller] = b
	}
	l.fill(b, now)
	return b
}

// time is how long it takes until there are so many tokens more.
func (l *limiter) time(tokens float64) time.Duration {
	return time.Duration(tokens / l.perMinute * float64(time.Minute))
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
// directory as its token; a stranger as the network that it comes from.
func (s *Server) limit(c *call) error {
	switch {
	case c.directory != nil:
		return c.spend(s.scimRequests, directoryBucket, 1)
	case c.actor != nil && c.route.Offers(Decides):
		return c.spend(c.decisions(), accountBucket, 1)
	case c.actor != nil:
		return c.spend(s.requests, accountBucket, 1)
	case c.enters() && !c.safe():
		err := c.spend(s.requests, networkBucket, 1)
		return cmp.Or(c.spend(s.logins, networkBucket, 1), err)
	default:
		return c.spend(s.requests, networkBucket, 1)
	}
}

// enters reports whether the request is the try of a stranger to get in.
func (c *call) enters() bool {
	return c.route.Access == Public && (!c.safe() || strings.HasSuffix(c.route.Path, "/callback"))
}

func accountBucket(c *call) string { return "user " + c.actor.ID().String() }

func networkBucket(c *call) string { return org.Network(c.ip) }

// decisions is what limits the decisions of the caller: a program asks for all of its users. nil: nothing does.
func (c *call) decisions() *limiter {
	if c.actor.Limits().Decides || c.actor.User.LoginType == org.LoginNone {
		return c.server.serviceChecks
	}
	return c.server.checks
}

// spend takes tokens of a caller for this request, or refuses it when there are too few.
func (c *call) spend(l *limiter, bucketOf func(*call) string, cost float64) error {
	if l == nil {
		return nil
	}
	now := c.server.Now()
	left, wait := l.take(bucketOf(c), cost, now)
	c.tellLimit(l, left, now)
	if wait == 0 {
		return nil
	}
	message := "Too many requests."
	if l == c.server.checks || l == c.server.serviceChecks {
		message = "Too many decisions."
	}
	return &org.Error{Kind: org.TooMany, RetryAfter: wait, Message: message, Detail: "Wait a moment before the next one."}
}

// tellLimit tells what is left: in the headers that clients of Coder's API read, where the reset is a moment, and in those
// of the IETF's draft, where it is a number of seconds. It is when the bucket is full again. The names are written as Go
// sends them, so that none has to be rewritten for each answer.
func (c *call) tellLimit(l *limiter, left float64, now time.Time) {
	full := l.time(l.perMinute - left)
	limit, remaining := strconv.Itoa(int(l.perMinute)), strconv.Itoa(max(0, int(left)))
	c.header("X-Ratelimit-Limit", limit)
	c.header("X-Ratelimit-Remaining", remaining)
	c.header("X-Ratelimit-Reset", strconv.FormatInt(now.Add(full+time.Second-1).Unix(), 10))
	c.header("Ratelimit-Limit", limit)
	c.header("Ratelimit-Remaining", remaining)
	c.header("Ratelimit-Reset", strconv.Itoa(int(math.Ceil(full.Seconds()))))
}

// What requests cost, in decisions.
const (
	explainedCost = 20  // an explained check
	snapshotCost  = 100 // a snapshot
	rowsADecision = 10  // rows of a list of who may do something
)

// spendDecisions takes the tokens for n decisions of a request to a route that decides, before they are made. The request
// has taken one already, and one that costs more than a full bucket takes all of it. TooMany: there are too few.
func (c *call) spendDecisions(n int) error {
	l := c.decisions()
	if l == nil || n <= 1 {
		return nil
	}
	return c.spend(l, accountBucket, min(float64(n), l.perMinute)-1)
}

// oweDecisions takes the tokens for n decisions more, once they are made: what a list costs is known at its end. The next
// request waits for what is missing.
func (c *call) oweDecisions(n int) {
	if l := c.decisions(); l != nil && n > 0 {
		l.owe(accountBucket(c), float64(n), c.server.Now())
	}
}

// limitChecks takes the tokens for n checks.
func (s *Server) limitChecks(c *call, n int, explain bool) error {
	if explain {
		n *= explainedCost
	}
	return c.spendDecisions(n)
}

// tally notes answers for the metrics.
func (c *call) tally(answers map[string]bool) {
	for _, allowed := range answers {
		if allowed {
			c.allowed++
		} else {
			c.denied++
		}
	}
}
