package org_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org/scim"
)

// TestDirectoryFilters: whether a filter is looked up by an index or asked of everybody, it chooses the same people and groups,
// with the members that a change without reading the group has left.
func TestDirectoryFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	filters := 150
	if deep {
		filters = 10_000
	}
	r := rand.New(rand.NewPCG(7, 3)) // the same cases each time
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	ids := []string{uuid.NewString()}
	for i := range 24 {
		mails := []string{
			"", fmt.Sprintf(`,"emails":[{"type":"work","value":"M%d@corp.example"},{"value":"second%d@corp.example"}]`, i, i%5),
			fmt.Sprintf(`,"emails":{"value":"one%d@corp.example"}`, i), fmt.Sprintf(`,"emails":["bare%d@corp.example"]`, i),
		}
		u := s.mustUser(fmt.Sprintf("U%d", i), fmt.Sprintf(`,"externalId":"X%d","displayName":"Name %d"%s`, i, i%4, mails[i%4]))
		ids = append(ids, u.ID.String())
	}
	var groups []uuid.UUID
	for i := range 6 {
		g, err := s.group(fmt.Sprintf("Group %d", i))
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g.ID)
		var all []string
		for _, id := range ids[1:] {
			if r.IntN(3) == 0 {
				all = append(all, fmt.Sprintf(`{"value":%q}`, id))
			}
		}
		if err := s.patchGroup(g.ID, `{"op":"add","path":"members","value":[`+strings.Join(all, ",")+`]}`); err != nil {
			t.Fatal(err)
		}
	}
	chosen := 0
	for range filters {
		of, terms := scim.Users, []string{
			fmt.Sprintf(`userName eq "%s%d"`, pick("u", "U"), r.IntN(26)), fmt.Sprintf(`externalId eq "%s%d"`, pick("x", "X", "X"), r.IntN(26)), `id eq "` + pick(ids...) + `"`,
			fmt.Sprintf(`displayName eq "name %d"`, r.IntN(5)), fmt.Sprintf(`emails.value eq "m%d@corp.example"`, r.IntN(26)), fmt.Sprintf(`emails eq "second%d@CORP.example"`, r.IntN(6)),
			fmt.Sprintf(`emails[type eq "work" and value eq "m%d@corp.example"]`, r.IntN(26)), `emails sw "` + pick("one", "bare", "m1") + `"`, `emails eq "` + pick("one", "bare") + fmt.Sprint(2+r.IntN(4)) + `@corp.example"`,
			`groups eq "` + groups[r.IntN(len(groups))].String() + `"`,
		}
		if r.IntN(4) == 0 {
			of, terms = scim.Groups, []string{
				fmt.Sprintf(`displayName eq "GROUP %d"`, r.IntN(7)), `members eq "` + pick(ids...) + `"`, `members[value eq "` + pick(ids...) + `"]`, `id eq "` + groups[r.IntN(len(groups))].String() + `"`, `displayName ew "` + pick("1", "2") + `"`,
			}
		}
		filter := pick(terms...)
		for range r.IntN(3) {
			filter = pick("("+filter+")", "not ("+filter+")") + pick(" and ", " and ", " or ") + pick(terms...)
		}
		chosen += s.sameByIndex(t, of, filter)
	}
	if chosen < filters/10 {
		t.Errorf("all filters together chose %d", chosen)
	}
}

// sameByIndex compares what a filter chooses with what it says of each resource, and returns how many that are.
func (s *sender) sameByIndex(t *testing.T, of scim.Type, filter string) int {
	t.Helper()
	f, err := scim.ParseFilter(filter, of)
	if err != nil {
		t.Fatal(err)
	}
	find := s.Directory.ListUsers
	if of == scim.Groups {
		find = s.Directory.ListGroups
	}
	all, err := find(t.Context(), s.c, scim.Query{Start: 1, Count: scim.MaxCount})
	if err != nil {
		t.Fatal(err)
	}
	found, err := find(t.Context(), s.c, scim.Query{Filter: f, Start: 1, Count: scim.MaxCount})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []uuid.UUID
	for i := range all.Resources {
		if f.Matches(&all.Resources[i]) {
			want = append(want, all.Resources[i].ID)
		}
	}
	for i := range found.Resources {
		got = append(got, found.Resources[i].ID)
	}
	if !slices.Equal(got, want) || found.Total != len(want) {
		t.Errorf("%s chooses %d %v, want %v", filter, found.Total, got, want)
	}
	return len(want)
}
