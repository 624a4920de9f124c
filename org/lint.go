package org

import (
	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// LintFinding is something in an organization's roles or assignments that does not do what it seems to, or nothing at all.
type LintFinding struct {
	Rule       string // which of the lint rules
	Role       RoleRef
	Member     *Member // of findings about a person
	Permission rbac.Permission
	Other      string // name of the role that a duplicate is like
	Message    string
	Cause      string // of findings about people: Message without the name, so that equal ones can be shown as one
	Fix        string

	ID         string    // stays the same for as long as the finding is about the same thing
	RoleID     uuid.UUID // of a custom role
	UserID     uuid.UUID // of findings about a person
	Roles      []string  // names of the roles that make it worse if they give more, or if there are others
	People     int       // how many people it is about, if more of them make it worse
	Dismissal  *Dismissal
	MayDismiss bool // the caller may
}

// The lint rules.
const (
	LintImplied    = "implied"    // every member has the permission anyway
	LintNoEffect   = "no-effect"  // can never take effect
	LintCovered    = "covered"    // the role's own "*" says it already
	LintUnknown    = "unknown"    // the catalog does not know the permission (any more)
	LintDeprecated = "deprecated" // the catalog says that the permission will go
	LintUnused     = "unused"     // no one holds the role
	LintDuplicate  = "duplicate"  // another role says exactly the same
	LintRedundant  = "redundant"  // taking the role from this person would change nothing
	LintSuspended  = "suspended"  // a suspended person holds roles
	LintPeople     = 1000         // findings about people are told up to here
)
