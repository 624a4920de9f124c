package org

import (
	"rolecall.example/rbac"
)

// Merge combines your changes of a role with the state that someone else stored meanwhile.
type Merge struct {
	Was, Theirs, Yours Role
	Kept               []rbac.Difference // your changes that theirs leave alone, or that they made too
	Conflicts          []rbac.Conflict
	NameConflict       bool // both changed the display name, and not alike
	DisplayName        string
	AboutConflict      bool // the same of the description
	Description        string
	Merged             Role // theirs with what is kept of yours: what is stored if theirs win every conflict
}

// MergeRoles compares what a role was when you opened it, what someone else made of it, and what you made of it.
func MergeRoles(was, theirs, yours Role) Merge {
	merged := rbac.Merge(was.Rules(), theirs.Rules(), yours.Rules())
	m := Merge{
		Was: was, Theirs: theirs, Yours: yours, Kept: merged.Kept, Conflicts: merged.Conflicts,
		Merged: theirs,
	}
	m.DisplayName, m.NameConflict = mergeText(was.DisplayName, theirs.DisplayName, yours.DisplayName)
	m.Description, m.AboutConflict = mergeText(was.Description, theirs.Description, yours.Description)
	m.Merged.DisplayName, m.Merged.Description = m.DisplayName, m.Description
	m.Merged.Site, m.Merged.Organization, m.Merged.User = merged.Role.Site, merged.Role.Organization, merged.Role.User
	return m
}

// mergeText takes your text if only you changed it. If both did, and differently, it is theirs for now.
func mergeText(was, theirs, yours string) (merged string, conflict bool) {
	switch {
	case yours == was || yours == theirs:
		return theirs, false
	case theirs == was:
		return yours, false
	}
	return theirs, true
}
