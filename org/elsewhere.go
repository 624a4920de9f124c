package org

import (
	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// ElsewhereOrg stands for the other organizations: which one it is makes no difference here.
var ElsewhereOrg = uuid.UUID{15: 2}

// Elsewhere reports whether a match comes from a role held in an organization that is not named: any other one, or one
// that the caller may not read.
func Elsewhere(m rbac.Match) bool { return m.Org == ElsewhereOrg }
