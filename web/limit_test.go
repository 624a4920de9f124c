package web

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(60), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for range 60 {
		if wait := l.take("a", now); wait != 0 {
			t.Fatalf("wait %v", wait)
		}
	}
	if wait := l.take("a", now); wait != time.Second {
		t.Errorf("the 61st waits %v", wait)
	}
	if wait := l.take("a", now.Add(time.Second)); wait != 0 {
		t.Errorf("a second later it waits %v", wait)
	}
	if wait := l.take("a", now.Add(-time.Hour)); wait <= 0 { // the clock was set back
		t.Error("an earlier moment brought tokens")
	}
	for i := range 3 * maxBuckets {
		l.take(fmt.Sprint(i), now)
	}
	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets are kept", len(l.buckets))
	}
	if wait := newLimiter(0).take("a", now) + newLimiter(0).takeMore("a", 1000, now); wait != 0 {
		t.Error("no limit is a limit")
	}
}

func TestLimiterTakesMore(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(60), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if wait := l.take("a", now) + l.takeMore("a", 39, now) + l.takeMore("a", 0, now) + l.takeMore("a", -1, now); wait != 0 {
		t.Fatalf("40 of 60 wait %v", wait)
	}
	if wait := l.takeMore("a", 25, now); wait != 5*time.Second {
		t.Errorf("25 more wait %v", wait)
	}
	if wait := l.takeMore("a", 20, now); wait != 0 { // who was refused has lost nothing
		t.Errorf("20 more wait %v", wait)
	}
	now = now.Add(time.Minute)
	if wait := l.take("a", now) + l.takeMore("a", 1000, now); wait != 0 {
		t.Errorf("what costs more than a full bucket waits %v", wait)
	}
	if wait := l.take("a", now); wait != time.Second {
		t.Errorf("after that, %v", wait)
	}
}
