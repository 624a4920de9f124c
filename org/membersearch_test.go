package org_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/org/fold"
	"rolecall.example/org/unit"
)

// TestSearchesAgree compares what searches find, whichever way they go, with a filter over everybody.
func TestSearchesAgree(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rng := rand.New(rand.NewPCG(3, 4))
	names := []string{`o'neil "the hat"`, "Ærøskøbing", "山田太郎さん", "محمد علي", "aaa", "aaaaaa", "100% _under_", "ada", "ADA Lovelace", "x*y", "AND OR NOT", "👩‍🚀 star"}
	var people []person
	for i := range 300 {
		p := person{name: fmt.Sprintf("p%03d", i), home: []string{}, status: []string{"active", "active", "dormant", "suspended"}[rng.IntN(4)]}
		for _, role := range []string{"viewer", "curb"} {
			if rng.IntN(8) == 0 {
				p.home = append(p.home, role)
			}
		}
		if rng.IntN(30) == 0 {
			p.site = []string{"auditor"}
		}
		people = append(people, p)
	}
	s.insert(t, people...)
	for i, p := range people {
		if i%3 == 0 {
			s.call(t, p.name, names[rng.IntN(len(names))])
		}
	}
	everybody := s.find(t, org.MemberFilter{})
	texts := []string{"", "p", "p0", "p01", "p011", "example", "aaa", "aaaa", "o'n", `"the`, "ærø", "ÆRØSK", "山田", "山田太", "田太郎", "محمد", "100%", "_und", "x*y", "and or", "lovelace", "nobody at all", "aerosk", "👩‍🚀", "name of p1"}
	looked := 0
	for range 1500 {
		f := org.MemberFilter{Query: texts[rng.IntN(len(texts))]}
		for _, role := range []string{"viewer", "curb"} {
			if rng.IntN(4) == 0 {
				f.Roles = append(f.Roles, role)
			}
		}
		if rng.IntN(4) == 0 {
			f.Statuses = []org.Status{org.StatusSuspended, org.StatusDormant}[:1+rng.IntN(2)]
		}
		if rng.IntN(6) == 0 {
			f.SiteRoles = []string{"auditor"}
		}
		var want []string
		for _, m := range everybody {
			text := unit.SearchKey(m.Username, m.Name, m.Email)
			if strings.Contains(text, fold.Text(f.Query)) &&
				(f.Statuses == nil || slices.Contains(f.Statuses, m.Status)) &&
				(f.Roles == nil || overlap(f.Roles, m.Roles)) && (f.SiteRoles == nil || overlap(f.SiteRoles, m.SiteRoles)) {
				want = append(want, m.Username)
			}
		}
		all := len(want)
		if rng.IntN(3) == 0 {
			f.Sort = "-username"
			slices.Reverse(want)
		}
		if rng.IntN(2) == 0 {
			f.Limit, f.Offset = 1+rng.IntN(20), rng.IntN(30)
			want = want[min(all, f.Offset):min(all, f.Offset+f.Limit)]
		}
		var got []string
		count := -1
		err := s.StreamMembers(t.Context(), s.as(t, "o"), "default", f, func(n int) error { count = n; return nil }, func(m *org.Member) error {
			got = append(got, m.Username)
			return nil
		})
		if diff := cmp.Diff(want, got, cmp.Transformer("empty", func(l []string) string { return strings.Join(l, " ") })); diff != "" || count != all || err != nil {
			t.Fatalf("%+v: count %d, want %d, %v (-want +got)\n%s", f, count, all, err, diff)
		}
		looked += len(got)
	}
	if looked < 5000 {
		t.Errorf("only %d were found in all", looked)
	}
}

func overlap(names []string, held []org.RoleRef) bool {
	return slices.ContainsFunc(held, func(r org.RoleRef) bool { return slices.Contains(names, r.Name) })
}

// find is everybody whom a filter finds.
func (s *site) find(t *testing.T, f org.MemberFilter) (list []org.Member) {
	t.Helper()
	err := s.StreamMembers(t.Context(), s.as(t, "o"), "default", f, func(int) error { return nil }, func(m *org.Member) error {
		list = append(list, *m)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
