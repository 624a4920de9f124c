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

// limiter bounds how many requests, or decisions, each caller may have: a bucket of tokens that refills over a minute.
// It protects the machine from runaway programs. Guesses at passwords are counted in org, where the counts survive a
// restart and are never evicted.
type limiter struct {
	perMinute float64
	mu        sync.Mutex
	buckets   map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time // when the bucket had this many
}

// maxBuckets bounds the memory of the buckets. If there are more, full ones are dropped first: they hold no
// information.
const maxBuckets = 10_000

// newLimiter makes a limiter; nil if there is no limit.
func newLimiter(perMinute int) *limiter {
	if perMinute <= 0 {
		return nil
	}
	return &limiter{perMinute: float64(perMinute), buckets: map[string]*bucket{}}
}

// take takes cost tokens from the caller's bucket. If there are too few, it takes none and returns how long to wait.
// left is what remains.
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

// owe takes cost tokens even if there are too few, but never causes a wait of more than a minute.
func (l *limiter) owe(caller string, cost float64, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.of(caller, now)
	b.tokens = max(b.tokens-cost, -l.perMinute)
}

// of returns the bucket of a caller, filled up to now.
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

// time returns how long it takes until this many tokens have been added.
func (l *limiter) time(tokens float64) time.Duration {
	return time.Duration(tokens / l.perMinute * float64(time.Minute))
}

// fill adds the tokens for the time since the last update.
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
	for caller := range l.buckets { // any: a caller with that many names gains nothing if one of them is dropped
		if len(l.buckets) <= maxBuckets*3/4 {
			return
		}
		delete(l.buckets, caller)
	}
}

// By how much the limit for sign-in attempts of strangers is lower: each attempt costs a hash.
const loginShare = 10

// limit refuses a caller that sends too many requests. A signed-in caller counts as its account, whatever its address;
// a directory as its token; a stranger as its network.
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

// enters reports whether the request is a stranger's attempt to get in.
func (c *call) enters() bool {
	return c.route.Access == Public && (!c.safe() || strings.HasSuffix(c.route.Path, "/callback"))
}

func accountBucket(c *call) string { return "user " + c.actor.ID().String() }

func networkBucket(c *call) string { return org.Network(c.ip) }

// decisions returns the limiter for the decisions of the caller: a service asks on behalf of all its users. nil: no
// limit.
func (c *call) decisions() *limiter {
	if c.actor.Limits().Decides || c.actor.User.LoginType == org.LoginNone {
		return c.server.serviceChecks
	}
	return c.server.checks
}

// spend takes tokens of a caller for this request, or refuses it if there are too few.
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

// tellLimit sends what is left: in the headers that clients of Coder's API read, where the reset is a moment, and in
// those of the IETF draft, where it is a number of seconds until the bucket is full again. The names are in the form in
// which Go sends them, so that none has to be converted for each answer.
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

// The cost of requests, in decisions.
const (
	explainedCost = 20  // an explained check
	snapshotCost  = 100 // a snapshot
	rowsADecision = 10  // rows of a list of who may do something
)

// spendDecisions takes the tokens for n decisions of a request before they are made. The request itself has already
// taken one. One that costs more than a full bucket takes all of it. TooMany: there are too few tokens.
func (c *call) spendDecisions(n int) error {
	l := c.decisions()
	if l == nil || n <= 1 {
		return nil
	}
	return c.spend(l, accountBucket, min(float64(n), l.perMinute)-1)
}

// oweDecisions takes the tokens for n more decisions after they were made: the cost of a list is only known at its end.
// The next request has to wait for missing tokens.
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

// tally counts answers for the metrics.
func (c *call) tally(answers map[string]bool) {
	for _, allowed := range answers {
		if allowed {
			c.allowed++
		} else {
			c.denied++
		}
	}
}
