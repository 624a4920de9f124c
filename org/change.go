package org

import (
	"slices"

	"github.com/google/uuid"
)

// HolderChange is what one account holds in a place before and after a change.
type HolderChange struct {
	Place         uuid.UUID // the organization that it is a member of; uuid.Nil: the site
	User          uuid.UUID
	Username      string
	Before, After []string // names of roles, sorted
	SiteRoles     []string // of a member: the names of its roles on the site
	Joins, Leaves bool     // the membership begins, or ends
	Suspended     bool     // the account is: what it holds does not count
	Gone          []string // built-in roles that it still holds and that are no more: they are dropped

	Origin Origin       // of what the change adds and Edits do not tell of: the membership, and roles
	Edits  []RecordEdit // by role, each once
	Ending []string     // roles, or the membership, that it holds afterwards by no record without an end, as far as the change is about them
}

// RecordEdit changes the records of one role: some are gone, and one may take their place.
type RecordEdit struct {
	Role string
	Gone []Assignment
	New  *Assignment
}

// OriginOf returns where the record of a role that the change adds comes from.
func (h *HolderChange) OriginOf(role string) Origin {
	for _, e := range h.Edits {
		if e.Role == role && e.New != nil {
			return Origin{Source: e.New.Source, Ref: e.New.SourceRef, Terms: Terms{Until: e.New.Until, Reason: e.New.Reason}}
		}
	}
	return h.Origin
}

// Touches reports whether the change makes, ends or replaces a record of a role, or of the membership.
func (h *HolderChange) Touches(role string) bool {
	return slices.Contains(h.Given(), role) || slices.ContainsFunc(h.Edits, func(e RecordEdit) bool { return e.Role == role })
}

// Ends reports whether a role, or the membership, will end after the change, as far as the change says so.
func (h *HolderChange) Ends(role string) bool {
	return slices.Contains(h.Ending, role) || slices.Contains(h.Given(), role) && h.OriginOf(role).Until != nil
}

// ForGood returns the roles that are held without an end after the change; had are those held so before.
func (h *HolderChange) ForGood(had []string) []string {
	return slices.DeleteFunc(slices.Clone(h.After), func(role string) bool {
		return h.Ends(role) || !h.Touches(role) && !slices.Contains(had, role)
	})
}

// Lends reports whether the change leaves anything that ends, as far as it says so.
func (h *HolderChange) Lends() bool {
	return len(h.Ending) > 0 || slices.ContainsFunc(h.Given(), h.Ends)
}

// Unedited returns those of some roles that no edit is about.
func (h *HolderChange) Unedited(roles []string) []string {
	return slices.DeleteFunc(slices.Clone(roles), func(n string) bool {
		return slices.ContainsFunc(h.Edits, func(e RecordEdit) bool { return e.Role == n })
	})
}

// Given returns the roles that the account gains.
func (h *HolderChange) Given() []string { return without(h.After, h.Before) }

// Taken returns the roles that the account loses.
func (h *HolderChange) Taken() []string { return without(h.Before, h.After) }

// Dropped returns all roles that are no longer stored after the change.
func (h *HolderChange) Dropped() []string { return slices.Concat(h.Taken(), h.Gone) }

// Stored returns all roles that were stored before the change.
func (h *HolderChange) Stored() []string {
	if len(h.Gone) == 0 {
		return h.Before
	}
	return slices.Sorted(slices.Values(slices.Concat(h.Before, h.Gone)))
}

// without returns the names of a list that are not in another one.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(others, n) })
}

// RoleChange is a custom role before and after a change. A zero Role means that there is none.
type RoleChange struct{ Before, After Role }

// Creates reports whether the role is new.
func (r *RoleChange) Creates() bool { return r.Before.Name == "" }

// Deletes reports whether the role is deleted.
func (r *RoleChange) Deletes() bool { return r.After.Name == "" }
