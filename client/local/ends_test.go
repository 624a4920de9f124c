package local_test

import (
	"testing"
	"time"

	"rolecall.example/client/local"
)

// may checks whether a user may write reports of acme, as clerks may.
func may(t *testing.T, when string, e *local.Engine, user byte, want bool) {
	t.Helper()
	expect(t, when, e.Check(text(user), text(acme), "report:write"), want, local.Decided)
}

// What was given until a time ends at that time without any message, whether an event or a document brought it.
func TestEndsWithoutEvent(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		may(t, "before it is given", e, bob, false)
		end := time.Now().Add(20 * time.Second)
		f.lend(acme, end, map[string][]string{text(bob): {"organization-clerk"}})
		pass(time.Second)
		other := loaded(t, f, local.Options{}) // by the document
		pass(time.Until(end) - time.Microsecond)
		for _, e := range []*local.Engine{e, other} {
			may(t, "until the last microsecond", e, bob, true)
		}
		f.cut() // nothing more comes
		f.with(func() { f.broken = true })
		pass(time.Microsecond)
		for _, e := range []*local.Engine{e, other} {
			may(t, "at the end", e, bob, false)
			expect(t, "who has no end", e.Check(text(ada), text(acme), "report:write"), true, local.Decided)
		}
	})
}

// If the machine's clock is slow, nothing ends late: the server has told the engine what time it is.
func TestClockBehindEndsInTime(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		clock := local.NewSkewed()
		clock.SetBack(time.Hour)
		e := loaded(t, f, local.Options{}.By(clock))
		f.lend(acme, time.Now().Add(20*time.Second), map[string][]string{text(bob): {"organization-clerk"}})
		pass(19 * time.Second)
		may(t, "before the end", e, bob, true)
		pass(time.Second)
		may(t, "at the end", e, bob, false)
	})
}
