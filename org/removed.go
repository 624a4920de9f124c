package org

import "time"

// RemovedDays is how far back the list of people who were removed from an organization goes.
const RemovedDays = 30

// Removal is someone who was removed from an organization.
type Removal struct {
	AuditEntry           // that tells of it
	Person     *User     // nil if the account is gone
	Roles      []RoleRef // that the person had
	Again      bool      // the person is a member again
}

// RemovedList is a part of those, the last one first.
type RemovedList struct {
	Organization Organization
	Since        time.Time
	Removals     []Removal
	Older        int64 // the entry that the next part begins below; 0: this is the last one
}

// UndoPreview is what an undo would do.
type UndoPreview struct {
	RoleHolder          // as it would be afterwards
	Impact     Impact   // on what people may do
	Before     []string // names of the roles that it had before the change
}
