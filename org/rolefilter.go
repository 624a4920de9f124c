package org

import (
	"strings"

	"rolecall.example/rbac"
)

// The kinds of roles that a list can be narrowed to.
const (
	RoleCustom  = "custom"
	RoleBuiltIn = "built-in"
)

// RoleKinds are all kinds, and RoleSorts the keys that a list of roles can be ordered by. On pages the first one is the default.
var (
	RoleKinds = []string{RoleCustom, RoleBuiltIn}
	RoleSorts = []string{"name", "members", "updated_at"}
)

// RoleFilter narrows and orders a list of roles. The zero value is the whole list in the order of programs.
type RoleFilter struct {
	Query  string          // part of a name, a description or what a role allows or denies, in any case
	Kind   string          // "" for all
	Allows rbac.Permission // that the role allows, wildcards counted; zero: any
	Sort   string          // a key, with "-" in front for descending; custom roles come first in any case
	Limit  int             // 0: no end
	Offset int
	Counts bool // tell how many people have each role
}

// Filtered reports whether roles are left out.
func (f RoleFilter) Filtered() bool {
	return f.Query != "" || f.Kind != "" || f.Allows != rbac.Permission{}
}

// RolePage is a part of a list of roles.
type RolePage struct {
	RoleList
	Count int // that the filter lets through
	Total int // of the place
}

// CompareNatural orders names as people do, in any case: Team 2 comes before Team 10.
func CompareNatural(x, y string) int {
	a, b := FoldCase(x), FoldCase(y)
	for a != "" && b != "" {
		n, m := digits(a), digits(b)
		if n == 0 || m == 0 {
			if a[0] != b[0] {
				return int(a[0]) - int(b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		one, other := strings.TrimLeft(a[:n], "0"), strings.TrimLeft(b[:m], "0")
		if len(one) != len(other) {
			return len(one) - len(other)
		}
		if c := strings.Compare(one, other); c != 0 {
			return c
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

// digits returns how many digits a text begins with.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}
