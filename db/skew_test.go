package db_test

import (
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// A clock that is wrong by more than a few seconds is told of; one that asks the same machine is right.
func TestSkew(t *testing.T) {
	t.Parallel()
	if skew, err := dbtest.Open(t).Skew(t.Context()); err != nil || skew.Abs() > time.Second {
		t.Errorf("%v, %v", skew, err)
	}
	for skew, want := range map[time.Duration]string{
		0: "", 5 * time.Second: "", -5 * time.Second: "",
		5001 * time.Millisecond: "the clock of this machine is 5.001s ahead of that of the database: what ends, ends at another moment here; synchronize the clocks",
		-time.Minute:            "the clock of this machine is 1m0s behind that of the database: what ends, ends at another moment here; synchronize the clocks",
	} {
		if got := db.SkewWarning(skew); got != want {
			t.Errorf("%v: %q", skew, got)
		}
	}
}
