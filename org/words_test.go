package org_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// What is said of a decision is what was decided: yes or no, and every role by the side that it took.
func TestWordsAreTheTrace(t *testing.T) {
	t.Parallel()
	said := map[string]int{}
	for seed := range worlds(8) {
		w := newWorld(t, seed)
		owner := w.Operator()
		for _, name := range []string{"m", "viewer", "curbed", "oau", "o"} {
			e, err := w.Effective(t.Context(), owner, "default", name)
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range e.Lines {
				q := org.Question{Action: l.Action.Name, ResourceType: l.Type.Name, Own: (i+int(seed))%2 == 0}
				if (i+int(seed))%7 != 0 {
					continue
				}
				got, err := w.Explain(t.Context(), owner, "default", name, q)
				if err != nil {
					t.Fatal(err)
				}
				said[checkWords(t, got)]++
			}
		}
	}
	for _, what := range []string{"allow", "deny", "nothing", "beaten", "below"} {
		if said[what] == 0 && deep {
			t.Errorf("no case of %q: %v", what, said)
		}
	}
}

func checkWords(t *testing.T, e org.Explanation) (kind string) {
	t.Helper()
	yes := strings.HasPrefix(e.Words.Verdict, "Yes.")
	if yes != e.Trace.Allowed || !yes && !strings.HasPrefix(e.Words.Verdict, "No.") {
		t.Errorf("%+v: %q", e.Question, e.Words.Verdict)
	}
	level, decided := e.Trace.Decided()
	kind = map[bool]string{true: "allow", false: "deny"}[yes]
	if !decided {
		kind = "nothing"
	}
	for i, l := range e.Trace.Levels {
		if len(l.Matches) == 0 && e.Words.Levels[i] == "" {
			t.Errorf("%+v: the level %s says nothing", e.Question, l.Level)
		}
		for _, m := range l.Matches {
			against := decided && l.Level > level && l.Vote > 0 != e.Trace.Allowed && m.Permission.Negate == (l.Vote < 0)
			if (l.Decides || against) && !strings.Contains(e.Words.Because, org.RoleLabel(m.Role)) {
				t.Errorf("%+v: %q does not name %s", e.Question, e.Words.Because, m.Role.Name)
			}
			if decided && l.Decides && m.Overruled && l.Vote < 0 {
				kind = "beaten"
			}
		}
		if decided && l.Level > level && l.Vote != 0 && (l.Vote > 0) != e.Trace.Allowed {
			kind = "below"
			if !strings.Contains(e.Words.Because, "level comes first") {
				t.Errorf("%+v: %q does not say that the levels disagree", e.Question, e.Words.Because)
			}
		}
	}
	if kind == "beaten" != strings.Contains(e.Words.Because, "overrides the allow of") && kind != "below" {
		t.Errorf("%+v: %q", e.Question, e.Words.Because)
	}
	return kind
}

// The operator, for whom nothing is remembered, is suggested the same as an owner.
func TestOperatorIsSuggestedTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	kinds := func(by *org.Actor) []string {
		e, err := s.Explain(t.Context(), by, "default", "curbed", org.Question{Action: "update", ResourceType: "template"})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range e.Changes {
			out = append(out, c.Label()+" "+c.Role.Name+": "+c.SideEffects())
		}
		return out
	}
	want := kinds(s.as(t, "o"))
	if !slices.Contains(want, "Allow template:update in curb: affects 1 person") {
		t.Errorf("suggested: %q", want)
	}
	if diff := cmp.Diff(want, kinds(s.Operator())); diff != "" {
		t.Error(diff)
	}
}

// Nothing of a type that never belongs to an organization is asked for in one.
func TestSiteOnlyThings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), role("odd", "license:create")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "m", roles("odd")); err != nil {
		t.Fatal(err)
	}
	q := org.Question{Action: "create", ResourceType: "license"}
	e, err := s.Explain(t.Context(), s.as(t, "o"), "default", "m", q)
	if err != nil || e.Trace.Allowed || !strings.Contains(e.Words.Levels[rbac.LevelOrganization], "does not belong to organizations") {
		t.Errorf("%+v, %v", e.Words, err)
	}
	w, err := s.WhoCan(t.Context(), s.as(t, "o"), "default", q, org.WhoCanPage{})
	if err != nil || w.Count != 1 || w.Members[0].Member.Username != "o" {
		t.Errorf("%d can, %v", w.Count, err)
	}
}

// Pages beside a bound are the pages of the whole trail.
func TestAuditBounds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 25 {
		if _, err := s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", roles([]string{"viewer", "curb"}[i%2])); err != nil {
			t.Fatal(err)
		}
	}
	owner := s.as(t, "o")
	all, err := s.Audit(t.Context(), owner, org.AuditFilter{})
	if err != nil || len(all.Entries) != 25 {
		t.Fatalf("%d entries, %v", len(all.Entries), err)
	}
	seqs := func(list []org.AuditEntry) (out []int64) {
		for _, e := range list {
			out = append(out, e.Seq)
		}
		return out
	}
	order := seqs(all.Entries)
	for _, tt := range []struct {
		f            org.AuditFilter
		want         []int64
		older, newer bool
	}{
		{org.AuditFilter{Limit: 10, SkipCount: true}, order[:10], true, false},
		{org.AuditFilter{Limit: 10, Before: order[9]}, order[10:20], true, true},
		{org.AuditFilter{Limit: 10, Before: order[19]}, order[20:], false, true},
		{org.AuditFilter{Limit: 10, After: order[20]}, order[10:20], true, true},
		{org.AuditFilter{Limit: 10, After: order[10]}, order[:10], true, false},
		{org.AuditFilter{Limit: 10, After: order[3]}, order[:3], true, false},
		{org.AuditFilter{Limit: 10, Before: order[24]}, nil, false, true},
		{org.AuditFilter{Limit: 30, SkipCount: true}, order, false, false},
	} {
		list, err := s.Audit(t.Context(), owner, tt.f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, seqs(list.Entries)); diff != "" || list.Older != tt.older || list.Newer != tt.newer {
			t.Errorf("%+v: older %v, newer %v\n%s", tt.f, list.Older, list.Newer, diff)
		}
		if want := 25; !tt.f.SkipCount && list.Count != want {
			t.Errorf("%+v: count %d", tt.f, list.Count)
		}
	}
	var each []int64
	if err := s.StreamAudit(t.Context(), owner, org.AuditFilter{Query: "m", Limit: 3}, func(e *org.AuditEntry) error {
		each = append(each, e.Seq)
		return nil
	}); err != nil || !slices.Equal(each, order) {
		t.Errorf("one by one: %v, %v", each, err)
	}
	err = s.StreamAudit(t.Context(), s.as(t, "m"), org.AuditFilter{}, func(*org.AuditEntry) error { return nil })
	kind(t, err, org.Forbidden)
	err = s.StreamAudit(t.Context(), s.as(t, "pa"), org.AuditFilter{}, func(e *org.AuditEntry) error {
		t.Errorf("pa reads %+v", e)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestQueryTerms(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                                    "",
		"ada":                                 "ada",
		"action:write  ada":                   "action:write ada",
		`resource_target:"two words" x`:       `resource_target:"two words" x`,
		`"a b" username:`:                     `"a b"`,
		"date_from:2026-01-01 search:\"x y\"": `date_from:2026-01-01 search:"x y"`,
	} {
		if got := org.FormatQuery(org.ParseQuery(query)); got != want {
			t.Errorf("%q becomes %q, want %q", query, got, want)
		}
	}
}

func TestCompareRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	for _, list := range [][]string{{"template:read"}, {"template:read", "!template:delete"}} {
		if _, err := s.PutRole(t.Context(), owner, org.In("default"), role("fresh", list...)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := s.CompareRoles(t.Context(), s.as(t, "m"), "default", org.RoleVersionRef{Name: "fresh", Version: 1}, org.RoleVersionRef{Name: "fresh"})
	if err != nil {
		t.Fatal(err)
	}
	want := []rbac.Difference{{Level: rbac.LevelOrganization, ResourceType: "template", Action: "delete", From: rbac.Unset, To: rbac.Denied}}
	if diff := cmp.Diff(want, c.Lines); diff != "" || c.Same != 1 || c.From.Version != 1 || c.To.Version != 2 {
		t.Errorf("same %d, versions %d and %d\n%s", c.Same, c.From.Version, c.To.Version, diff)
	}
	for _, bad := range []struct{ by, organization, name string }{
		{"x", "default", "fresh"}, {"m", "default", "nobody"}, {"m", "beta", "beta-only"}, {"m", "default", "site-reader"},
	} {
		_, err := s.CompareRoles(t.Context(), s.as(t, bad.by), bad.organization, org.RoleVersionRef{Name: bad.name}, org.RoleVersionRef{Name: bad.name})
		kind(t, err, org.NotFound)
	}
	if _, err := s.CompareRoles(t.Context(), owner, "", org.RoleVersionRef{Name: "auditor"}, org.RoleVersionRef{Name: "site-reader"}); err != nil {
		t.Error(err)
	}
	_, err = s.CompareRoles(t.Context(), owner, "default", org.RoleVersionRef{Name: "organization-auditor", Version: 1}, org.RoleVersionRef{Name: "fresh"})
	kind(t, err, org.NotFound)
}
