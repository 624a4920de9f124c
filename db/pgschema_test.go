package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// A newer program changes the schema under a server that is at work. That one writes and reads nothing from then on, with the
// connections that it has or with others, and says why. Once the schema is as it was it goes on by itself.
func TestOlderServerStops(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	place := dbtest.Place(t)
	d := dbtest.Reopen(t, place)
	known, err := db.Known()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	l := &load{d: d}
	var wg sync.WaitGroup
	wg.Go(func() { l.run(ctx, 4) })
	l.until(t, 20)
	// What is there when the migration runs is what is there in the end.
	if err := db.MigrateBeyond(t.Context(), place, "CREATE TABLE frozen AS SELECT count(*) AS organizations FROM organizations"); err != nil {
		t.Fatal(err)
	}
	for refused, deadline := l.failed.Load(), time.Now().Add(time.Minute); l.failed.Load() < refused+8; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the older server goes on")
		}
	}
	stop()
	wg.Wait()
	if got := dbtest.Rows(t, place, "SELECT (SELECT organizations FROM frozen) = (SELECT count(*) FROM organizations)")[0][0]; got != "true" && got != "1" && got != "t" {
		t.Errorf("the older server has written to the newer schema (%s)", got)
	}
	var other *db.SchemaError
	if err := d.Ping(t.Context()); !errors.As(err, &other) || other.Stored != known+1 || !db.IsUnavailable(err) || !strings.Contains(err.Error(), "run a newer version") {
		t.Errorf("asked whether it is ready: %v", err)
	}
	for _, statement := range []string{"DROP TABLE frozen", fmt.Sprint("DELETE FROM goose_db_version WHERE version_id > ", known)} {
		if _, err := dbtest.SQL(t, place).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Errorf("with its own schema: %v", err)
	}
	l.check(t, d)
}
