package org

import (
	"fmt"
)

// OrganizationFilter selects organizations.
type OrganizationFilter struct {
	Query  string // substring, case folded, of name or display name
	Limit  int    // 0 is no limit
	Offset int
}

// OrganizationList is one page of organizations.
type OrganizationList struct {
	Organizations []Organization
	Count         int  // of all that match
	CanCreate     bool // the caller may create organizations
}

// Plural counts things: "1 role", "2 roles".
func Plural(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
