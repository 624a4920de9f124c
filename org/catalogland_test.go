package org_test

import (
	"testing"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// What a catalog lands in the middle of begins again: once because two versions were told, and once because the caller had asked
// by the one before.
func TestCatalogLandsWithinARead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(t, nil)
	u := unit.New(dbtest.Reopen(t, s.place), unit.Options{Now: s.clock.now})
	by := s.as(t, "o")
	runs := 0
	version, err := unit.Glance(t.Context(), u, by, func(src unit.Reader) (int64, error) {
		if _, err := src.Organization(t.Context(), by, "default"); err != nil {
			return 0, err
		}
		if runs++; runs == 1 {
			s.apply(t, renamed)
		}
		_, err := src.Organization(t.Context(), by, "beta")
		return src.Catalog().Version(), err
	})
	if err != nil || runs != 3 || version != 3 || by.Catalog.Version() != 3 {
		t.Errorf("%d runs, the last one under version %d, the caller's is %d, %v", runs, version, by.Catalog.Version(), err)
	}
}

// A request may name a pair as it was called before: in a check, in a question about people, and in a role that it writes,
// which is answered under the present name.
func TestOldNamesAreUnderstood(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(t, nil)
	s.putRole(t, "clerk", "invoice:delete")
	s.give(t, home, "m", "clerk")
	s.apply(t, renamed)
	o, m := s.as(t, "o"), s.as(t, "m")
	old := org.AuthCheck{ResourceType: "invoice", Action: "delete", OrganizationID: home.String()}
	strict := true
	for name, q := range map[string]org.AuthChecks{"plain": {}, "named": {User: "me"}, "strict": {Strict: &strict}} {
		q.Checks = map[string]org.AuthCheck{"it": old}
		if a, err := s.AuthCheck(t.Context(), m, q); err != nil || !a.Allowed["it"] {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	if d, err := s.Decide(t.Context(), o, []org.SubjectCheck{{Subject: "m", AuthCheck: old}}, true); err != nil || !d[0].Allowed {
		t.Errorf("decide: %+v, %v", d, err)
	}
	q := org.Question{ResourceType: "invoice", Action: "delete"}
	if e, err := s.Explain(t.Context(), o, "default", "m", q); err != nil || !e.Trace.Allowed || e.Question.Action != "archive" {
		t.Errorf("explain: %+v, %v", e.Question, err)
	}
	if w, err := s.WhoCan(t.Context(), o, "default", q, org.WhoCanPage{}); err != nil || w.Question.Action != "archive" {
		t.Errorf("who can: %+v, %v", w.Question, err)
	}
	if r := s.putRole(t, "clerk", "!invoice:delete", "invoice:read"); says(r) != "!invoice:archive invoice:read" {
		t.Errorf("the role says %q", says(r))
	}
	if r := s.putRole(t, "clerk", "invoice:delete", "invoice:archive"); says(r) != "invoice:archive" {
		t.Errorf("under both names the role says %q", says(r))
	}
	for p, n := range s.OldNames() {
		if p.String() != "invoice:delete" || n < 7 {
			t.Errorf("%s was counted %d times", p, n)
		}
	}
	if len(s.OldNames()) != 1 {
		t.Errorf("%v", s.OldNames())
	}
}
