package org

import (
	"rolecall.example/rbac"
)

// Merge lays your changes of a role over the state that somebody else stored meanwhile.
type Merge struct {
	Was, Theirs, Yours Role
	Kept               []rbac.Difference // your changes that theirs leave alone, or that they made too
	Conflicts          []rbac.Conflict
	NameConflict       bool // both changed the display name, and not alike
	DisplayName        string
	Merged             Role // theirs with what is kept of yours: what is stored if theirs win every conflict
}

// MergeRoles compares what a role was when you opened it, what somebody else made of it, and what you made of it.
func MergeRoles(was, theirs, yours Role) Merge {
	merged := rbac.Merge(was.Rules(), theirs.Rules(), yours.Rules())
	m := Merge{
		Was: was, Theirs: theirs, Yours: yours, Kept: merged.Kept, Conflicts: merged.Conflicts,
		DisplayName: theirs.DisplayName, Merged: theirs,
	}
	switch {
	case yours.DisplayName == was.DisplayName || yours.DisplayName == theirs.DisplayName:
	case theirs.DisplayName == was.DisplayName:
		m.DisplayName = yours.DisplayName
	default:
		m.NameConflict = true
	}
	m.Merged.DisplayName = m.DisplayName
	m.Merged.Site, m.Merged.Organization, m.Merged.User = merged.Role.Site, merged.Role.Organization, merged.Role.User
	return m
}
