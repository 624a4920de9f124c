package db_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// Reads and writes that take longer than the bound are told, by their names and with nothing that they were asked with.
// Others are not.
func TestSlowStatements(t *testing.T) {
	place := dbtest.Place(t)
	for _, c := range []struct {
		over time.Duration
		want bool
	}{{time.Nanosecond, true}, {time.Hour, false}} {
		var mu sync.Mutex
		told := map[string]bool{}
		d, err := db.Open(t.Context(), place, db.NoteSlow(c.over, func(query string, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			if took <= c.over || strings.Contains(query, "canary") {
				t.Errorf("%q: %v", query, took)
			}
			for name := range strings.SplitSeq(query, ", ") {
				told[name] = true
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.GetPassword(t.Context(), "canary"); !db.IsNotFound(err) {
			t.Error(err)
		}
		err = d.Write(t.Context(), func(q *db.Queries) error {
			return q.UpsertLoginFailures(context.Background(), db.UpsertLoginFailuresParams{Door: "canary", Failures: 1, WindowStart: time.Now()})
		})
		if err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		for _, name := range []string{"GetPassword", "UpsertLoginFailures"} {
			if told[name] != c.want {
				t.Errorf("%s took longer than %v: told %v, want %v", name, c.over, told[name], c.want)
			}
		}
	}
}

// Who waits for a turn to read a snapshot is counted.
func TestPools(t *testing.T) {
	d := dbtest.Open(t)
	for _, p := range d.Pools() {
		if p.Most == 0 || p.InUse > p.Most || p.Waits != 0 {
			t.Errorf("%+v", p)
		}
	}
	err := d.View(t.Context(), func(db.Reads) error {
		for _, p := range d.Pools() {
			if p.Name != "writers" && p.InUse != 1 {
				t.Errorf("within a snapshot: %+v", p)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
