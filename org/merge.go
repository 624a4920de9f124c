package org

import (
	"cmp"
	"slices"

	"rolecall/rbac"
)

// What a role says about a pair of type and action.
const (
	SaysNothing = ""
	SaysAllow   = "allow"
	SaysDeny    = "deny"
)

// RoleChange is a pair about which two states of a role differ.
type RoleChange struct {
	Level      rbac.Level
	Permission rbac.Permission // the pair; it is not negated
	Was, Is    string          // what the role says
}

// RoleChanges lists the pairs about which two states of a role differ, by level, type and action.
func RoleChanges(was, is Role) []RoleChange {
	var out []RoleChange
	before, after := says(was), says(is)
	for key, said := range before {
		if after[key] != said {
			out = append(out, RoleChange{key.level, key.pair, said, after[key]})
		}
	}
	for key, said := range after {
		if before[key] == SaysNothing {
			out = append(out, RoleChange{key.level, key.pair, SaysNothing, said})
		}
	}
	slices.SortFunc(out, func(a, b RoleChange) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Permission.ResourceType, b.Permission.ResourceType),
			cmp.Compare(a.Permission.Action, b.Permission.Action))
	})
	return out
}

type rolePair struct {
	level rbac.Level
	pair  rbac.Permission
}

// says is what a role says, by pair; where it says two things, the deny counts.
func says(r Role) map[rolePair]string {
	out := map[rolePair]string{}
	for level, perms := range r.levels() {
		for _, p := range perms {
			key := rolePair{level, rbac.Permission{ResourceType: p.ResourceType, Action: p.Action}}
			if p.Negate {
				out[key] = SaysDeny
			} else if out[key] == SaysNothing {
				out[key] = SaysAllow
			}
		}
	}
	return out
}

// Clash is a pair that two people changed in two ways.
type Clash struct {
	RoleChange        // from what it was to what you want
	Theirs     string // what is stored now
}

// Merge lays your changes of a role over the state that somebody else stored meanwhile.
type Merge struct {
	Was, Theirs, Yours Role
	Kept               []RoleChange // your changes that theirs leave alone, or that they made too
	Clashes            []Clash
	NameClash          bool // both changed the display name, and not alike
	DisplayName        string
	Merged             Role // theirs with what is kept of yours: what is stored if theirs win every clash
}

// MergeRoles compares what a role was when you opened it, what somebody else made of it, and what you made of it.
func MergeRoles(was, theirs, yours Role) Merge {
	m := Merge{Was: was, Theirs: theirs, Yours: yours, DisplayName: theirs.DisplayName, Merged: theirs}
	switch {
	case yours.DisplayName == was.DisplayName || yours.DisplayName == theirs.DisplayName:
	case theirs.DisplayName == was.DisplayName:
		m.DisplayName = yours.DisplayName
	default:
		m.NameClash = true
	}
	m.Merged.DisplayName = m.DisplayName
	stored := says(theirs)
	for _, c := range RoleChanges(was, yours) {
		now := stored[rolePair{c.Level, c.Permission}]
		if now != c.Was && now != c.Is {
			m.Clashes = append(m.Clashes, Clash{c, now})
			continue
		}
		m.Kept = append(m.Kept, c)
		m.Merged.set(c)
	}
	return m
}

// set makes the role say what a change wants.
func (r *Role) set(c RoleChange) {
	list := r.at(c.Level.String())
	*list = slices.DeleteFunc(slices.Clone(*list), func(p rbac.Permission) bool {
		return p.ResourceType == c.Permission.ResourceType && p.Action == c.Permission.Action
	})
	if c.Is != SaysNothing {
		p := c.Permission
		p.Negate = c.Is == SaysDeny
		*list = append(*list, p)
	}
}
