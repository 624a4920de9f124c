package org

import (
	"time"
)

// MaxVersions is how many versions of a role are listed at most.
const MaxVersions = 200

// RoleVersion is a state that a role was stored in.
type RoleVersion struct {
	Version   int64
	CreatedAt time.Time
	CreatedBy string
	Role      Role

	RestoredFrom int64 // the version that this one restores, 0 for none
}

// RestoreReview is a role as it is stored, beside the version that would be restored and whom that would affect.
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
