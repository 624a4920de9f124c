package org_test

import (
	"fmt"
	"testing"
)

// crowded is a site whose first organization has n members; a third of them hold one of a dozen sets of roles, and one in
// fifty a site role.
func crowded(tb testing.TB, n int) *site {
	tb.Helper()
	s := newSite(tb)
	people := make([]person, n)
	for i := range people {
		p := person{name: fmt.Sprintf("user%d", i), login: "none", home: []string{}}
		for j, role := range []string{"viewer", "curb", "organization-auditor", "organization-template-admin"} {
			if i%(4+j*3) == 0 {
				p.home = append(p.home, role)
			}
		}
		if i%50 == 0 {
			p.site = []string{"template-admin"}
		}
		people[i] = p
	}
	s.insert(tb, people...)
	return s
}
