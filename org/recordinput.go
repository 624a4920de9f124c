package org

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// BadUntil is the problem of an end that is not a time.
const BadUntil = "must be an RFC 3339 time with a zone"

// Problems returns what Check finds.
func (t Terms) Problems(now time.Time) (bad FieldErrors) {
	t.Check(now, &bad)
	return bad
}

// RecordInput says what the local record of one role should be.
type RecordInput struct {
	Terms
	KeepUntil, KeepReason bool // as it is stored; of a new record there is none

	From    Versions // as in RolesInput
	IfMatch Versions
}

// Recorded is the record of one role as a request left it, with the tag of its holder.
type Recorded struct {
	Assignment
	Tag string
}

// RecordsField is where an audit entry keeps the records that a change made and ended.
const RecordsField = "assignments"

// Brief returns the record for the audit trail.
func (a *Assignment) Brief() AuditAssignment {
	return AuditAssignment{Role: a.Role, Source: a.Source, SourceRef: a.SourceRef, Reason: a.Reason, Until: a.Until}
}

// Counts reports whether the record would give its role at a moment.
func (a *AuditAssignment) Counts(now time.Time) bool { return a.Until == nil || a.Until.After(now) }

// MachineOf returns the name of the machine that made an entry, "" for people and operators. It has a colon, which no
// username has.
func MachineOf(id uuid.UUID, actor string) string {
	if id != uuid.Nil || !strings.Contains(actor, ":") {
		return ""
	}
	return actor
}
