// Package rbac decides who may do what. One engine serves enforcement, the assignable flag, authorization checks,
// explanations and the locks of the role editor, so they cannot disagree.
//
// A [Catalog] defines the pairs of resource type and action that exist, and the built-in roles. A [Subject] is a user
// with roles: [Subject.Authorize] decides about an [Object], and [Subject.Explain] shows how. [Subject.CheckGrant],
// [Subject.MayAssign] and [Set] derive from the same decision. [Diff], [Role.Apply] and [Merge] compare and change roles.
//
// A catalog is made from a [Document], which may change: [Succeed] makes the next version, and a [Migration] says what a
// permission that was written under one version means in another.
//
// The package does no I/O, reads no clock and imports only the standard library. All its values are read-only once made
// and safe for concurrent use.
package rbac

import (
	"cmp"
	"slices"
)

// ID identifies a user or an organization. As an alias, it accepts every uuid type that is a [16]byte. The zero ID means
// "none".
type ID = [16]byte

// Wildcard as a resource type or an action stands for all of them.
const Wildcard = "*"

// Permission allows one action on one resource type, or denies it when Negate is set. Either part may be
// [Wildcard].
type Permission struct {
	ResourceType string `json:"resource_type"`
	Action       string `json:"action"`
	Negate       bool   `json:"negate"`
}

// String returns "user:delete", with a leading "!" for a deny.
func (p Permission) String() string {
	if p.Negate {
		return "!" + p.ResourceType + ":" + p.Action
	}
	return p.ResourceType + ":" + p.Action
}

// pair returns the permission as an allow, which is the key of the catalog's maps.
func (p Permission) pair() Permission {
	p.Negate = false
	return p
}

// covers reports whether the permission applies to a concrete pair, be it an allow or a deny. It takes pointers because
// copying every permission of every role takes longer than the comparison.
func (p *Permission) covers(pair *Permission) bool {
	return (p.ResourceType == pair.ResourceType || p.ResourceType == Wildcard) &&
		(p.Action == pair.Action || p.Action == Wildcard)
}

// vote returns 1 for an allow and -1 for a deny.
func (p Permission) vote() int8 {
	if p.Negate {
		return -1
	}
	return 1
}

// SortPermissions sorts in place by resource type, then action; an allow comes before a deny of the same pair.
func SortPermissions(perms []Permission) {
	slices.SortFunc(perms, func(a, b Permission) int {
		return cmp.Or(
			cmp.Compare(a.ResourceType, b.ResourceType),
			cmp.Compare(a.Action, b.Action),
			cmp.Compare(b.vote(), a.vote()),
		)
	})
}

// Level is one of the three lists of permissions in a role. The levels vote in the order of their constants, and the
// first level with a vote decides.
type Level uint8

const (
	LevelSite         Level = iota // everywhere
	LevelOrganization              // on what belongs to the organization in which the role is held
	LevelUser                      // on what the holder owns

	levels = 3
)

// String returns "site", "organization" or "user".
func (l Level) String() string {
	switch l {
	case LevelSite:
		return "site"
	case LevelOrganization:
		return "organization"
	case LevelUser:
		return "user"
	}
	return "unknown"
}
