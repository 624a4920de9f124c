package org

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// BadUntil is what is wrong with an end that is no time.
const BadUntil = "must be an RFC 3339 time with a zone"

// Problems is what Check finds.
func (t Terms) Problems(now time.Time) (bad FieldErrors) {
	t.Check(now, &bad)
	return bad
}

// RecordInput says what the local record of one role shall be.
type RecordInput struct {
	Terms
	KeepUntil, KeepReason bool // as it is stored; of a new record there is none

	From    Versions // as in RolesInput
	IfMatch Versions
}

// Recorded is the record of one role as a request has left it, with the tag of whose it is.
type Recorded struct {
	Assignment
	Tag string
}

// RecordsField is where an entry of the trail keeps the records that a change made and ended.
const RecordsField = "assignments"

// Brief is the record for the trail.
func (a *Assignment) Brief() AuditAssignment {
	return AuditAssignment{Role: a.Role, Source: a.Source, SourceRef: a.SourceRef, Reason: a.Reason, Until: a.Until}
}

// Counts reports whether the record would give its role at a moment.
func (a *AuditAssignment) Counts(now time.Time) bool { return a.Until == nil || a.Until.After(now) }

// MachineOf is the name of what made an entry where no account did; "" for people and operators. It has a colon, which no
// username has.
func MachineOf(id uuid.UUID, actor string) string {
	if id != uuid.Nil || !strings.Contains(actor, ":") {
		return ""
	}
	return actor
}
