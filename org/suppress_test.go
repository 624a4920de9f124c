package org_test

import (
	"testing"
	"time"

	"rolecall.example/org"
)

// TestRefusalsAreBounded: nobody fills the trail by being refused; that it was tried stays to be seen.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	refuse := func(by string) {
		t.Helper()
		kind(t, drop(s.DeleteRole(t.Context(), s.as(t, by), org.In("default"), "viewer", nil)), org.Forbidden)
	}
	entries := s.entries(t)
	for range 100 {
		refuse("m")
	}
	rows := s.audit(t, entries)
	if len(rows) != 31 {
		t.Fatalf("%d rows of 100 refusals, want 30 and one", len(rows))
	}
	for i, r := range rows {
		if r.Status != 403 || r.Actor != "m" || (len(r.Fields) > 0) != (i == 30) {
			t.Errorf("row %d: %+v", i, r)
		}
	}
	if last := rows[30].Changes["suppressed"]; last.New != true {
		t.Errorf("the last row tells %+v", rows[30].Changes)
	}
	if n := s.SuppressedRefusals(); n != 69 {
		t.Errorf("%d are counted, want 69", n)
	}
	// Neither another account nor what succeeds is held back.
	entries = s.entries(t)
	refuse("dealer")
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", roles("viewer")); err != nil {
		t.Fatal(err)
	}
	if n := s.entries(t) - entries; n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
	// The window ends by itself.
	s.clock.advance(10 * time.Minute)
	entries = s.entries(t)
	for range 40 {
		refuse("m")
	}
	if n := s.entries(t) - entries; n != 31 {
		t.Errorf("%d rows of 40 refusals in the next window, want 31", n)
	}
}
