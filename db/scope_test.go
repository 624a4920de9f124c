package db_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// While the row of one organization is locked, a write of another one gets through, and one of the first and one of the
// site wait for it, the site for all of them.
func TestOthersDoNotWait(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	place := dbtest.Place(t)
	d, ctx := dbtest.Reopen(t, place), t.Context()
	a, b := organization("a", time.Now()), organization("b", time.Now())
	for _, o := range []db.InsertOrganizationParams{a, b} {
		if err := d.Write(ctx, func(q *db.Queries) error { return q.InsertOrganization(ctx, o) }); err != nil {
			t.Fatal(err)
		}
	}
	held, gate := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var order []string
	write := func(name string, scope db.Scope, inside func()) {
		wg.Go(func() {
			if err := d.WriteIn(ctx, scope, func(*db.Tx) error {
				if inside != nil {
					inside()
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
				return nil
			}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	write("holder", db.InOrganization(a.ID), func() { close(held); <-gate })
	<-held
	// These do not wait.
	for _, scope := range []db.Scope{db.InOrganization(b.ID), db.SigningIn} {
		if err := d.WriteIn(ctx, scope, func(*db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	looking := dbtest.SQL(t, place)
	waiting := func(n int) {
		for {
			var count int
			if err := looking.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").Scan(&count); err != nil {
				t.Error(err)
				return
			}
			if count == n {
				return
			}
		}
	}
	write("a", db.InOrganization(a.ID), nil)
	waiting(1)
	write("site", db.OnSite, nil)
	waiting(2)
	mu.Lock()
	if len(order) > 0 {
		t.Errorf("went on beside the holder: %v", order)
	}
	mu.Unlock()
	release()
	wg.Wait()
	if !slices.Equal(order, []string{"holder", "a", "site"}) {
		t.Errorf("they went in the order %v", order)
	}
}

// A write is given the row of its scope as the write before it left it.
func TestHeadIsOfTheLock(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	d, ctx := dbtest.Open(t), t.Context()
	o := organization("a", time.Now())
	if err := d.Write(ctx, func(q *db.Queries) error { return q.InsertOrganization(ctx, o) }); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if err := d.WriteIn(context.WithoutCancel(ctx), db.InOrganization(o.ID), func(tx *db.Tx) error {
					head := tx.Head()
					return tx.Writes().UpdateRevision(ctx, db.UpdateRevisionParams{OrganizationID: o.ID, ValueBefore: head.Value, Value: head.Value + 1, Roles: 1,
						SeqBefore: head.AuditSeq, Seq: head.AuditSeq + 1, Hash: []byte{1}})
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if r, err := d.GetRevision(ctx, o.ID); err != nil || r.Value != 161 || r.AuditSeq != 160 {
		t.Errorf("%+v, %v", r, err)
	}
}
