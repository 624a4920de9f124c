package org_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"rolecall.example/org"
)

// lintOf is the findings of the default organization, by rule and what they are about.
func (s *site) lintOf(t *testing.T, as *org.Actor) map[string]org.LintFinding {
	t.Helper()
	_, found, err := s.Lint(t.Context(), as, "default")
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]org.LintFinding{}
	for _, f := range found {
		if of[f.Rule+" "+f.Subject()].ID != "" && f.Permission.Action == "" {
			t.Fatalf("told twice: %s %s", f.Rule, f.Subject())
		}
		of[f.Rule+" "+f.Subject()] = f
	}
	return of
}

// dismiss dismisses findings of the default organization.
func (s *site) dismiss(ctx context.Context, t *testing.T, as *org.Actor, about ...string) (org.Dismissal, error) {
	t.Helper()
	in := org.Dismissing{Reason: " they are on leave "}
	of := s.lintOf(t, s.as(t, "o"))
	for _, key := range about {
		if of[key].ID == "" {
			t.Fatalf("no finding %q among %d", key, len(of))
		}
		in.Findings = append(in.Findings, of[key].ID)
	}
	in, err := s.FindingsToDismiss(ctx, as, "default", in)
	d, _, err := s.DismissFindings(ctx, as, "default", org.NewInput(in, err))
	return d, err
}

// TestDismissedFindings: a dismissed finding is not counted, and it is open again once it is worse, is brought back, or 90 days
// have gone by.
func TestDismissedFindings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	s.putRole(t, "idle", "group:read")
	s.putRole(t, "small", "group:create")
	s.putRole(t, "large", "group:create", "group:update")
	s.insert(t, person{name: "fi-sue", status: string(org.StatusSuspended), home: []string{"small"}}, person{name: "fi-max", home: []string{"small", "large"}})
	o, err := s.Organization(t.Context(), owner, "default")
	if err != nil {
		t.Fatal(err)
	}
	count := func() int {
		t.Helper()
		n, err := s.Findings(t.Context(), s.as(t, "o"), &o)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	isOpen := func(key string, want bool) {
		t.Helper()
		f := s.lintOf(t, s.as(t, "o"))[key]
		if f.ID == "" || (f.Dismissal == nil) != want {
			t.Errorf("%s: id %q, dismissal %+v, want open: %t", key, f.ID, f.Dismissal, want)
		}
	}
	all := count()
	if told := len(s.lintOf(t, owner)); told != all {
		t.Fatalf("%d findings are counted and %d told", all, told)
	}
	about := []string{"unused idle", "suspended fi-sue", "redundant fi-max"}
	d, err := s.dismiss(t.Context(), t, owner, about...)
	if err != nil || d.Reason != "they are on leave" || d.Findings != 3 || !d.Until.Equal(d.At.Add(90*24*time.Hour)) {
		t.Fatalf("dismissed: %+v, %v", d, err)
	}
	for _, key := range about {
		isOpen(key, false)
	}
	if got := s.lintOf(t, owner)["suspended fi-sue"].Dismissal; got == nil || got.By != "o" || got.Reason != "they are on leave" || got.Findings != 3 {
		t.Errorf("told of the dismissal: %+v", got)
	}
	if n := count(); n != all-3 {
		t.Errorf("%d findings are counted of %d with three dismissed", n, all)
	}

	// A role that gives less makes nothing worse, one that gives more does; so does another role of a suspended person.
	s.putRole(t, "idle", "group:read", "group:create")
	isOpen("unused idle", true)
	s.putRole(t, "idle", "!group:read")
	isOpen("unused idle", false)
	if _, err := s.SetMemberRoles(t.Context(), owner, "default", "fi-sue", org.Given(org.RolesInput{Roles: []string{"small", "idle"}})); err != nil {
		t.Fatal(err)
	}
	isOpen("suspended fi-sue", true)
	if n := len(s.lintOf(t, owner)); count() != n-1 { // fi-max alone: idle is not unused now
		t.Errorf("%d of %d findings are counted with one dismissed", count(), n)
	}

	if err := s.BringBackFindings(t.Context(), owner, "default", d.ID.String()); err != nil {
		t.Fatal(err)
	}
	isOpen("redundant fi-max", true)
	if err := s.BringBackFindings(t.Context(), owner, "default", d.ID.String()); org.KindOf(err) != org.NotFound {
		t.Errorf("brought back twice: %v", err)
	}
	if _, err := s.dismiss(t.Context(), t, owner, "redundant fi-max"); err != nil {
		t.Fatal(err)
	}
	before := count()
	s.clock.advance(90 * 24 * time.Hour)
	isOpen("redundant fi-max", true)
	if n := count(); n != before+1 {
		t.Errorf("%d findings are counted after 90 days, want %d", n, before+1)
	}
}

// TestWhoDismissesFindings: whoever may not repair what a finding is about, or is its subject, may not hide it.
func TestWhoDismissesFindings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	s.putRole(t, "idle", "group:read")
	s.putRole(t, "keeper", "assign_org_role:read", "assign_org_role:unassign", "organization_member:read", "organization:read")
	s.putRole(t, "editor", "assign_org_role:read", "assign_org_role:update", "organization_member:read", "organization:read")
	s.putRole(t, "reader", "assign_org_role:read", "organization_member:read", "organization:read")
	s.insert(t,
		person{name: "fi-keeps", home: []string{"keeper", "reader"}}, person{name: "fi-edits", home: []string{"editor"}}, person{name: "fi-reads", home: []string{"reader"}},
		person{name: "fi-plain", home: none}, person{name: "fi-max", home: []string{"keeper", "reader"}}, person{name: "fi-sue", status: string(org.StatusSuspended), home: []string{"organization-admin"}})
	for _, c := range []struct {
		as, about string
		want      org.Kind
	}{
		{"fi-keeps", "redundant fi-max", 0}, {"fi-edits", "unused idle", 0}, {"oa", "suspended fi-sue", 0},
		{"fi-keeps", "unused idle", org.Forbidden}, {"fi-edits", "redundant fi-max", org.Forbidden},
		{"fi-keeps", "suspended fi-sue", org.Forbidden}, {"fi-keeps", "redundant fi-keeps", org.Forbidden},
		{"fi-reads", "unused idle", org.Forbidden}, {"fi-plain", "unused idle", org.NotFound},
	} {
		_, err := s.dismiss(t.Context(), t, s.as(t, c.as), c.about)
		if got := org.KindOf(err); got != c.want || (err == nil) != (c.want == 0) {
			t.Errorf("%s dismisses %q: %v, want %d", c.as, c.about, err, c.want)
		}
		if c.want == org.NotFound {
			continue
		}
		_, found, err := s.Lint(t.Context(), s.as(t, c.as), "default")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if f.Rule+" "+f.Subject() == c.about && f.MayDismiss != (c.want == 0) {
				t.Errorf("%s is told that they may dismiss %q: %t", c.as, c.about, f.MayDismiss)
			}
		}
	}
	d, err := s.dismiss(t.Context(), t, owner, "unused idle")
	if err != nil {
		t.Fatal(err)
	}
	for as, want := range map[string]org.Kind{"fi-reads": org.Forbidden, "fi-plain": org.NotFound} {
		if err := s.BringBackFindings(t.Context(), s.as(t, as), "default", d.ID.String()); org.KindOf(err) != want {
			t.Errorf("%s brings findings back: %v", as, err)
		}
	}
	in, err := s.FindingsToDismiss(t.Context(), owner, "default", org.Dismissing{Findings: []string{"none", "nor this"}, Reason: " "})
	_, _, err = s.DismissFindings(t.Context(), owner, "default", org.NewInput(in, err))
	var fields []string
	for _, f := range org.FieldsOf(err) {
		fields = append(fields, f.Field)
	}
	if want := []string{"reason", "findings[0]", "findings[1]"}; !slices.Equal(fields, want) {
		t.Errorf("wrong are %q (%v), want %q", fields, err, want)
	}
}
