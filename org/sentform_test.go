package org_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rolecall.example/org"
)

// TestFormsAreSentOnce: a form makes one change, whoever answers it, however often and at once it is sent.
func TestFormsAreSentOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	with := func(form string) org.Request { return org.Request{Form: &org.Form{ID: form}} }
	token := func(r org.Request, who, name string) error {
		_, _, err := s.CreateToken(t.Context(), s.as(t, who).WithRequest(r), "me", given(org.TokenInput{Name: name}))
		return err
	}
	tokens := func() int64 { return s.number(t, "SELECT count(*) FROM api_keys") }
	before := tokens()

	var done, repeated atomic.Int64
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			switch err := token(with("form"), "m", "ci"); {
			case err == nil:
				done.Add(1)
			case org.KindOf(err) == org.Repeated:
				repeated.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 || repeated.Load() != 2 || tokens() != before+1 {
		t.Errorf("%d done, %d repeated, %d tokens", done.Load(), repeated.Load(), tokens()-before)
	}
	entries := s.entries(t)
	if err := token(with("form"), "m", "another"); org.KindOf(err) != org.Repeated || len(s.audit(t, entries)) != 0 {
		t.Errorf("the form with something else in it: %v", err)
	}
	if err := token(with("form"), "oa", "ci"); err != nil {
		t.Errorf("somebody else's form of the same id: %v", err)
	}
	if err := token(with("other"), "m", "not a name"); org.KindOf(err) != org.Invalid {
		t.Errorf("a bad name: %v", err)
	}
	one := with("other")
	if err := token(one, "m", "good"); err != nil {
		t.Errorf("a form that was refused and corrected: %v", err)
	}
	if err := token(one, "m", "good-2"); err != nil {
		t.Errorf("the second change of one request: %v", err)
	}
	s.clock.advance(24 * time.Hour)
	if err := token(with("form"), "m", "a-day-later"); err != nil {
		t.Errorf("a form of a day ago: %v", err)
	}
	if n := s.number(t, "SELECT count(*) FROM sent_forms WHERE user_id = ?", id("m")); n != 1 {
		t.Errorf("%d forms are remembered after a day", n)
	}
}
