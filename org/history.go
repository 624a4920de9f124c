package org

import (
	"time"

	"github.com/google/uuid"
)

// MaxVersions is the most versions of a role that are listed.
const MaxVersions = 200

// RoleVersion is a state that a role was stored in.
type RoleVersion struct {
	Version   int64
	CreatedAt time.Time
	CreatedBy string
	Role      Role

	RestoredFrom int64 // the version that this one restores, 0 for none
}

// RestoreReview is a role as it is stored, with the version that would be restored and whom that would affect.
type RestoreReview struct {
	View    RoleView
	Version RoleVersion
	Impact  Impact
}

// RestoreRole asks for an earlier version of a role.
type RestoreRole struct {
	Version int64
	From    Versions // one of which was the present one when the choice was made
}

// DeletedRolesFor is how long deleted roles are listed. Their deletions can be undone for as long as the audit trail keeps them.
const DeletedRolesFor = 30 * Day

// DeletedRole is a custom role that is gone, as the entry of its deletion has it.
type DeletedRole struct {
	Entry     uuid.UUID // that tells of the deletion
	DeletedAt time.Time
	DeletedBy string // "" where it is not for the caller
	Role      Role
}

// DeletedRoles is the roles of an organization or of the site that were deleted lately and whose names are free.
type DeletedRoles struct {
	Organization Organization // zero for the site
	Roles        []DeletedRole
	CanCreate    bool // the caller may make roles
}

// DeletedReview is a deleted role, and whom creating it again would affect.
type DeletedReview struct {
	Organization Organization // zero for the site
	Deleted      DeletedRole
	CanCreate    bool
	Impact       Impact
}
