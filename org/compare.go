package org

import (
	"rolecall.example/rbac"
)

// RoleVersionRef names a role as it is, or as it was at a version.
type RoleVersionRef struct {
	Name    string
	Version int64 // 0: as it is
}

// Comparison is two roles side by side, or one at two times.
type Comparison struct {
	Organization Organization // zero for the site
	From, To     Role
	Lines        []rbac.Difference // where they differ
	Same         int               // permissions that both have alike
}
