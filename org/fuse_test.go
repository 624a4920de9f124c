package org_test

import (
	"errors"
	"testing"

	"rolecall.example/org"
)

// TestFuseLimit: the limit is the greater of the two, to the person, and what is too dear to count is counted only where it decides.
func TestFuseLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fuse         org.Fuse
		lost, people int64 // people below 0: they must not be counted
		want         bool
	}{
		{org.Fuse{}, 1_000_000, -1, false},
		{org.Fuse{People: 10}, 9, -1, false},
		{org.Fuse{People: 10}, 10, -1, true},
		{org.Fuse{People: 10, Percent: 10}, 9, -1, false},
		{org.Fuse{People: 10, Percent: 10}, 10, 100, true},
		{org.Fuse{People: 10, Percent: 10}, 10, 109, true}, // 11 of 109 are more than a tenth
		{org.Fuse{People: 10, Percent: 10}, 10, 110, false},
		{org.Fuse{People: 10, Percent: 10}, 99, 1000, false},
		{org.Fuse{People: 10, Percent: 10}, 100, 1000, true},
		{org.Fuse{Percent: 50}, 0, 1, true},
		{org.Fuse{Percent: 50}, 0, 2, false},
		{org.Fuse{Percent: 100}, 4, 5, false},
	} {
		got, err := c.fuse.Blows(c.lost, func() (int64, error) {
			if c.people < 0 {
				t.Errorf("%+v after %d counts the people", c.fuse, c.lost)
			}
			return c.people, nil
		})
		if got != c.want || err != nil {
			t.Errorf("%+v after %d of %d: %v, %v", c.fuse, c.lost, c.people, got, err)
		}
	}
	broken := errors.New("broken")
	if got, err := (org.Fuse{Percent: 10}).Blows(5, func() (int64, error) { return 0, broken }); got || !errors.Is(err, broken) {
		t.Errorf("a count that fails: %v, %v", got, err)
	}
}
