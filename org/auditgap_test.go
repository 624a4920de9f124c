package org_test

import (
	"database/sql"
	"testing"
	"time"

	"rolecall.example/db/dbtest"
)

// TestAuditGaps: an entry behind a number that was given back is told of at once, and one behind a number whose write is not over
// waits for it.
func TestAuditGaps(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	s := newSite(t)
	owner := s.as(t, "o")
	c, err := sql.Open("pgx", s.place)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	tx, err := c.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const take = "SELECT pg_current_xact_id(), nextval(pg_get_serial_sequence('audit_logs', 'seq'))"
	if _, err := tx.ExecContext(t.Context(), take); err != nil { // as a write does: its transaction has a number, and takes one for an entry
		t.Fatal(err)
	}
	if err := drop(s.SetMemberRoles(t.Context(), owner, "default", "m", roles("viewer"))); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if entries, upTo, err := s.AuditAfter(t.Context(), owner, "", 0); err != nil || len(entries) != 0 || upTo != 0 {
			t.Fatalf("before a write that is not over: %d entries up to %d, %v", len(entries), upTo, err)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	// Other tests have transactions on this server too, which are waited for.
	for begun := time.Now(); ; {
		entries, upTo, err := s.AuditAfter(t.Context(), owner, "", 0)
		if err == nil && len(entries) == 1 && upTo == entries[0].Seq {
			return
		}
		if err != nil || time.Since(begun) > time.Minute {
			t.Fatalf("after it: %d entries up to %d, %v", len(entries), upTo, err)
		}
	}
}
