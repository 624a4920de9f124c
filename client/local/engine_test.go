package local_test

import (
	"testing"
	"time"

	"rolecall.example/client/local"
)

// expect checks a decision.
func expect(t *testing.T, what string, d local.Decision, allowed bool, reason local.Reason) {
	t.Helper()
	if d.Allowed != allowed || d.Reason != reason {
		t.Errorf("%s: %+v, want %v, %s", what, d, allowed, reason)
	}
}

func TestOnDemand(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := f.engine(t, local.Options{})
		read := e.Must("report", "read")
		f.answers[text(ada)+"/"+text(acme)+"/read"] = true
		expect(t, "the first question", e.Check(text(ada), text(acme), read), true, local.Asked)
		pass(time.Second)
		f.answers = nil
		expect(t, "the second", e.Check(text(ada), text(acme), read), true, local.Decided)
		expect(t, "of a plain member", e.Check(text(bob), text(acme), read), false, local.Decided)
		expect(t, "on one's own", e.Check(text(bob), text(acme), read, local.Owner(text(bob))), true, local.Decided)
		expect(t, "on one's own", e.Check(text(bob), text(acme), read, local.Owner("me")), true, local.Decided)
		expect(t, "on somebody else's", e.Check(text(bob), text(acme), read, local.Owner(text(ada))), false, local.Decided)
		expect(t, "of a stranger", e.Check(text(eve), text(acme), read, local.Owner("me")), false, local.Decided)
		expect(t, "a deny", e.Check(text(ada), text(acme), "report:void"), false, local.Decided)
		f.change(acme, map[string][]string{text(bob): {"organization-clerk"}}, text(ada))
		pass(0)
		expect(t, "after a change", e.Check(text(ada), text(acme), read), false, local.Decided)
		expect(t, "after a change", e.Check(text(bob), text(acme), read), true, local.Decided)
		if s := e.Stats(); s.Status != local.Fresh || s.Organizations != 1 || s.Bytes == 0 || s.Asked != 1 || s.Err != nil {
			t.Errorf("%+v", s)
		}
	})
}
