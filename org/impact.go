package org

import "rolecall.example/rbac"

// Impact is what a change would do to what people may do, told by a dry run.
type Impact struct {
	Members          int          // whose roles, or roles' contents, the change touches
	Affected         int          // of them, those who may do more or less afterwards
	Gains            []ImpactLine // what they may do afterwards that they may not do now
	Losses           []ImpactLine // the other way round
	KeptByOtherRoles []ImpactLine // what a role no longer gives them, and another one does
	WithoutRoles     int          // left without any role in the organization
	Warning          string       // what would be refused to anybody but a site owner, "" if nothing
}

// ImpactLine is one permission in an Impact.
type ImpactLine struct {
	Permission rbac.Permission
	OwnOnly    bool // on their own things only
	Members    int
	Sample     []string // usernames of some of them, the first by name; none if the caller may not read who they are
}
