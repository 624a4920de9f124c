package org_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// A dry run of a change that reaches many lets others write as soon as the change itself would: it reads the people
// afterwards, and so counts somebody who comes to hold the role meanwhile.
func TestDryRunReadsPeopleAfterwards(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "m", "viewer")
	owner, ctx := s.as(t, "o"), t.Context()
	asking, impact := dryRun(owner)
	if _, err := s.Organization(ctx, owner, "default"); err != nil { // from now on it is known which one that is
		t.Fatal(err)
	}
	release := s.occupyReaders(t, 0)
	done := make(chan error)
	go func() {
		done <- drop(s.PutRole(ctx, asking, org.In("default"), role("viewer", "template:update")))
	}()
	s.give(t, home, "oau", "viewer") // hangs if a dry run that waits for a reader holds the writer
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
	for what, do := range map[string]func(*org.Actor) error{
		"delete a role": func(by *org.Actor) error {
			return drop(s.DeleteRole(t.Context(), by, org.In("default"), "viewer", nil))
		},
		"take it from two of three": func(by *org.Actor) error {
			return drop(s.BulkMembers(t.Context(), by, "default", given(org.Bulk{Action: org.BulkRemoveRole, Role: "viewer", Users: []string{"m", "viewer"}})))
		},
	} {
		by, impact := dryRun(owner)
		if err := do(by); err != nil || impact.WithoutRoles != 2 {
			t.Errorf("%s: %d people are left without a role, error %v", what, impact.WithoutRoles, err)
		}
	}
}

// Who reads holds one connection, and never waits for a second one: requests that did, a few at once, would wait for each
// other for ever.
func TestReadsTakeOneConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	by := s.as(t, "o")
	s.occupyReaders(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	of := map[string]org.AuthCheck{
		"a": {ResourceType: "template", Action: "read", OrganizationID: home.String()},
		"b": {ResourceType: "user", ResourceID: id("m").String(), Action: "read", OrganizationID: home.String()},
	}
	q := org.Question{ResourceType: "template", Action: "read"}
	for name, do := range map[string]func() error{
		"AuthCheck":            func() error { return drop(s.AuthCheck(ctx, by, org.AuthChecks{Checks: of})) },
		"AuthCheck of another": func() error { return drop(s.AuthCheck(ctx, by, org.AuthChecks{User: "viewer", Checks: of})) },
		"ExplainChecks":        func() error { return drop(s.ExplainChecks(ctx, by, org.AuthChecks{Checks: of})) },
		"ExplainChecks of another": func() error {
			return drop(s.ExplainChecks(ctx, by, org.AuthChecks{User: "viewer", Checks: of}))
		},
		"Explain":    func() error { return drop(s.Explain(ctx, by, "default", "viewer", q)) },
		"Effective":  func() error { return drop(s.Effective(ctx, by, "default", "viewer")) },
		"WhoCan":     func() error { return drop(s.WhoCan(ctx, by, "default", q, org.WhoCanPage{})) },
		"Lint":       func() error { _, _, err := s.Lint(ctx, by, "default"); return err },
		"Members":    func() error { return drop(s.Members(ctx, by, "default", org.MemberFilter{Query: "viewer"})) },
		"Member":     func() error { return drop(s.Member(ctx, by, "default", "viewer")) },
		"Assignment": func() error { return drop(s.MemberRoles(ctx, by, "default", "viewer")) },
		"Candidates": func() error { _, _, err := s.Candidates(ctx, by, "default", "pm@"); return err },
		"Find":       func() error { return drop(s.Search(ctx, by, "default", "viewer")) },
		"Users":      func() error { return drop(s.Users(ctx, by, org.UserFilter{})) },
		"UserView":   func() error { return drop(s.UserView(ctx, by, "viewer")) },
		"Audit":      func() error { return drop(s.Audit(ctx, by, org.AuditFilter{})) },
		"Roles":      func() error { return drop(s.Roles(ctx, by, org.In("default"))) },
		"dry run": func() error {
			return drop(s.PutRole(ctx, dry(by), org.In("default"), role("viewer", "template:update")))
		},
	} {
		if err := do(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// occupyReaders takes every connection that reads, but for so many. What it returns gives them back.
func (s *site) occupyReaders(t *testing.T, except int) (release func()) {
	t.Helper()
	free := make(chan struct{})
	var wg sync.WaitGroup
	read := func(entered chan<- struct{}) {
		defer wg.Done()
		_ = s.db.Read(t.Context(), func(q *db.Queries) error {
			_, err := q.GetRevision(t.Context(), uuid.Nil)
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
	if except > 0 {
		except++ // the one that stands in line takes the first
	}
	for range except {
		select {
		case free <- struct{}{}:
		case <-time.After(time.Minute):
			t.Fatal("nobody reads")
		}
	}
	release = sync.OnceFunc(func() {
		close(free)
		wg.Wait()
	})
	t.Cleanup(release)
	return release
}
