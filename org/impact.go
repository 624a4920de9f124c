package org

import (
	"time"

	"rolecall.example/rbac"
)

// Impact is what a change would do to what people may do, told by a dry run.
type Impact struct {
	Members          int          // whose roles, or roles' contents, the change touches
	Affected         int          // of them, those who may do more or less afterwards
	Gains            []ImpactLine // what they may do afterwards that they may not do now
	Losses           []ImpactLine // the other way round
	KeptByOtherRoles []ImpactLine // what a role no longer gives them, and another one does
	WithoutRoles     int          // left without any role in the organization
	Ends             []ImpactEnd  // what ends by itself of that which the change gives or changes, the first end first
	Warning          string       // what would be refused to anyone but a site owner, "" if nothing
}

// ImpactEnd is a role, or the membership, that some people hold until a moment after the change.
type ImpactEnd struct {
	Role    RoleRef // the membership is the role RoleOrganizationUser
	Until   time.Time
	Members int
}

// ImpactLine is one permission in an Impact.
type ImpactLine struct {
	Permission rbac.Permission
	OwnOnly    bool // on their own things only
	Members    int
	Sample     []string // usernames of some of them, the first by name; none if the caller may not read who they are
}
