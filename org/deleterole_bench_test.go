package org_test

import (
	"fmt"
	"testing"

	"rolecall.example/org"
)

// BenchmarkDeleteRole deletes a role that 100,000 members hold.
func BenchmarkDeleteRole(b *testing.B) {
	s := newSite(b)
	people := make([]person, 100_000)
	for i := range people {
		people[i] = person{name: fmt.Sprintf("user%d", i), login: "none", home: []string{"viewer"}}
	}
	s.insert(b, people...)
	owner := s.as(b, "o")
	for b.Loop() {
		if _, err := s.DeleteRole(b.Context(), owner, org.In("default"), "viewer", nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBulk gives 1,000 members a role and takes it again.
func BenchmarkBulk(b *testing.B) {
	s := crowded(b, 2000)
	owner := s.as(b, "o")
	for b.Loop() {
		for _, action := range []org.BulkAction{org.BulkAddRole, org.BulkRemoveRole} {
			in := org.Bulk{Action: action, Role: "organization-auditor", Match: &org.MemberFilter{Query: "user1"}}
			if r, err := s.BulkMembers(b.Context(), owner, "default", given(in)); err != nil || len(r.Done) < 500 {
				b.Fatal(len(r.Done), err)
			}
		}
	}
}
