// Package rbac decides who may do what. It is the one engine behind enforcement, the assignable flag,
// authorization checks, the explainer and the locks of the role editor, so that none of them can disagree.
//
// A [Catalog] says which pairs of resource type and action exist and which roles are built in. A [Subject] is
// somebody with roles; [Subject.Authorize] decides about an [Object], [Subject.Explain] tells why. Everything
// else ([Subject.CheckGrant], [Subject.MayAssign], [Set]) is asked of that same decision.
//
// The package is pure: standard library only, no I/O, no clock. It must not know about storage, HTTP or the
// wording of answers. All its values are read-only once made and safe for concurrent use.
package rbac

import (
	"cmp"
	"slices"
)

// ID identifies a user or an organization. It is an alias, so that any [16]byte-based uuid type can be
// assigned to it. The zero ID means "none".
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

// String is "template:delete", with a leading "!" for a deny.
func (p Permission) String() string {
	if p.Negate {
		return "!" + p.ResourceType + ":" + p.Action
	}
	return p.ResourceType + ":" + p.Action
}

// pair is the permission without its sign: what the catalog's maps are keyed by.
func (p Permission) pair() Permission {
	p.Negate = false
	return p
}

// covers reports whether the permission, allow or deny alike, speaks about that concrete pair. Pointers, because
// copying every permission of every role takes longer than the comparison.
func (p *Permission) covers(pair *Permission) bool {
	return (p.ResourceType == pair.ResourceType || p.ResourceType == Wildcard) &&
		(p.Action == pair.Action || p.Action == Wildcard)
}

// vote is what the permission says where it matches.
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

// Level is where in a role a permission stands. Levels are asked in this order and the first one with a vote
// decides: site, then organization, then user.
type Level uint8

const (
	LevelSite         Level = iota // applies everywhere
	LevelOrganization              // applies to what belongs to the organization the role is held in
	LevelUser                      // applies to what the holder owns

	levels = 3
)

// String is "site", "organization" or "user".
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
