package org_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"rolecall/db"
	"rolecall/org"
)

// A dry run of a change that reaches many lets others write as soon as the change itself would: it reads the people
// afterwards, and so counts somebody who comes to hold the role meanwhile.
func TestDryRunReadsPeopleAfterwards(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "m", "viewer")
	owner, ctx := s.as(t, "o"), t.Context()
	dryCtx, impact := org.WithDryRun(ctx)
	release := s.occupyReaders(t)
	begun, _ := s.db.WriteStats()
	done := make(chan error)
	go func() {
		done <- drop(s.PutOrganizationRole(dryCtx, owner, "default", role("viewer", "template:update")))
	}()
	for now := begun; now == begun; now, _ = s.db.WriteStats() {
		runtime.Gosched()
	}
	s.give(t, home, "oau", "viewer") // hangs if the dry run waits for readers inside the writer
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if impact.Members != 3 || impact.Affected != 3 || len(impact.Gains) != 1 || !slices.Equal(impact.Gains[0].Sample, []string{"m", "oau", "viewer"}) {
		t.Errorf("the impact is %+v", impact)
	}
	if got := s.stored(t, home, "viewer"); got != "template:read" {
		t.Errorf("the dry run stored %q", got)
	}
}

// Who is left without any role is counted, be it that one role is taken or the role itself ends.
func TestImpactCountsRoleless(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "m", "viewer")
	s.give(t, home, "oau", "viewer")
	owner := s.as(t, "o")
	for what, do := range map[string]func(ctx context.Context) error{
		"delete a role": func(ctx context.Context) error {
			return drop(s.DeleteOrganizationRole(ctx, owner, "default", "viewer"))
		},
		"take it from two of three": func(ctx context.Context) error {
			return drop(s.BulkMembers(ctx, owner, "default", given(org.Bulk{Action: org.BulkRemoveRole, Role: "viewer", Users: []string{"m", "viewer"}})))
		},
	} {
		ctx, impact := org.WithDryRun(t.Context())
		if err := do(ctx); err != nil || impact.Roleless != 2 {
			t.Errorf("%s: %d people are left without a role, error %v", what, impact.Roleless, err)
		}
	}
}

// occupyReaders takes every connection that reads. What it returns gives them back.
func (s *site) occupyReaders(t *testing.T) (release func()) {
	t.Helper()
	free := make(chan struct{})
	var wg sync.WaitGroup
	read := func(entered chan<- struct{}) {
		defer wg.Done()
		_ = s.db.Read(t.Context(), func(q *db.Queries) error {
			_, err := q.GetRevision(t.Context())
			entered <- struct{}{}
			<-free
			return err
		})
	}
	for busy := false; !busy; {
		entered := make(chan struct{}, 1)
		wg.Add(1)
		go read(entered)
		select {
		case <-entered:
		case <-time.After(100 * time.Millisecond): // it waits for a connection; or is slow, and then waits in line later
			busy = true
		}
	}
	release = sync.OnceFunc(func() {
		close(free)
		wg.Wait()
	})
	t.Cleanup(release)
	return release
}
