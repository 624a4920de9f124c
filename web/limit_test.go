package web

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(60), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	take := func(cost float64, now time.Time) time.Duration {
		_, wait := l.take("a", cost, now)
		return wait
	}
	for i := range 20 {
		if left, wait := l.take("a", 3, now); wait != 0 || left != float64(57-3*i) {
			t.Fatalf("wait %v, %v are left", wait, left)
		}
	}
	if wait := take(1, now); wait != time.Second {
		t.Errorf("the 61st waits %v", wait)
	}
	if wait := take(1, now.Add(time.Second)); wait != 0 {
		t.Errorf("a second later it waits %v", wait)
	}
	if wait := take(1, now.Add(-time.Hour)); wait <= 0 { // the clock was set back
		t.Error("an earlier moment brought tokens")
	}
	now = now.Add(21 * time.Second)
	if wait := take(25, now); wait != 5*time.Second {
		t.Errorf("25 of 20 wait %v", wait)
	}
	if wait := take(20, now); wait != 0 { // who was refused has lost nothing
		t.Errorf("20 of 20 wait %v", wait)
	}
	for i := range 3 * maxBuckets {
		l.take(fmt.Sprint(i), 1, now)
	}
	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets are kept", len(l.buckets))
	}
	if newLimiter(0) != nil {
		t.Error("no limit is a limit")
	}
}
