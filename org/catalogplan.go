package org

import (
	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// CatalogPlan is what a version of the catalog would do: to the catalog, to what is stored, and to what people may do.
type CatalogPlan struct {
	From, To   int64   // To is the number that the new version would get
	Warnings   []Field // by path in the document
	Changes    []CatalogDifference
	InUse      []CatalogUse
	Roles      []CatalogRole // the first MaxPlanRoles of them
	RolesTotal int
	Taken      []string // names of custom roles that new built-in ones would have, in words: this can not be applied
	People     CatalogPeople
	Sets       int // of holdings that were decided about, each once
}

// MaxPlanRoles is the most custom roles that a plan names. A list of them has no limit.
const MaxPlanRoles = 1_000

// What changes in a catalog.
const (
	CatalogRenamed      = "renamed" // a pair
	CatalogRemoved      = "removed"
	CatalogAdded        = "added"
	CatalogDeprecated   = "deprecated"
	CatalogUndeprecated = "undeprecated"
	CatalogLabel        = "label" // of a type, an action or a built-in role
	CatalogParent       = "parent"
	CatalogOwned        = "owned"
	CatalogRoleAdded    = "role_added" // a built-in role
	CatalogRoleRemoved  = "role_removed"
	CatalogRoleChanged  = "role_changed"
	CatalogAssigns      = "assigns"
	CatalogAuthZEN      = "authzen" // the rules for questions of the AuthZEN API
)

// CatalogDifference is one thing in which two versions differ. Which fields it has follows from its kind.
type CatalogDifference struct {
	Kind string
	What string // a pair, a type, an action or a built-in role
	To   string // of what is renamed or has another label, parent or owner
	From string
	Use  string // instead of what is deprecated

	// Of a built-in role at one level.
	Level                          string
	Gives, Takes, Denies, Undenies []string
}

// CatalogUse is something that a version takes away although it is in use.
type CatalogUse struct {
	What   string // as it is to be named to retire it: a permission without its sign, or "role:" and a built-in role
	Allows CatalogUsers
	Denies CatalogUsers
	Retire bool // it was named

	// Of a built-in role that goes.
	Holders       int64
	Organizations int
}

// CatalogUsers is how much uses something.
type CatalogUsers struct{ Roles, Organizations int }

// CatalogRole is what a version does to a custom role.
type CatalogRole struct {
	OrganizationID uuid.UUID // uuid.Nil: a role of the site
	Organization   string
	Name           string
	Holders        int64

	Renamed    []string // as they are now
	WrittenOut []string // what stands beside an action of all types from then on
	Retired    []string // as they are now, each with its sign
	Revived    []string // by a rollback
}

// Touched reports whether the version does anything to the role.
func (r CatalogRole) Touched() bool {
	return len(r.Renamed)+len(r.WrittenOut)+len(r.Retired)+len(r.Revived) > 0
}

// CatalogPeople is whose decisions a version changes. Each person counts once for each organization, and once more for things
// outside organizations.
type CatalogPeople struct {
	Members   int64 // looked at
	Affected  int64
	Gaining   int64
	Losing    int64
	Suspended int64 // would be affected, and can use nothing now
	Lines     []CatalogLine
}

// CatalogLine is a permission that people gain or lose.
type CatalogLine struct {
	Permission rbac.Permission
	Phrase     string
	Level      string // "organization", or "site" for what belongs to no organization
	Own        bool   // on own things only
	Gain       bool
	People     int64
	Sample     []string
}

// CatalogPerson is one person's part of a plan in one organization, or on the site.
type CatalogPerson struct {
	Organization   string // "" on the site
	Username, Name string
	Gains, Losses  []CatalogRight
}

// CatalogRight is a permission that one person gains or loses.
type CatalogRight struct {
	Permission rbac.Permission
	Own        bool
}
